"""What the body of each kind of entry holds: one table, checked when our code writes an entry, never when it reads one.

docs/formats/acts.md says the same in words; a test compares the two. A reader keeps fields that it does not know.
"""

from collections.abc import Callable, Mapping
from typing import Any

from twofold.vault.canonical import Json
from twofold.vault.entry import EntryKind

Shape = Callable[[Any], bool]


class BodyError(ValueError):
    """A body is not what its kind says: a fault of the program that writes it."""


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _or_none(shape: Shape) -> Shape:
    return lambda value: value is None or shape(value)


def _list_of(shape: Shape) -> Shape:
    return lambda value: isinstance(value, list | tuple) and all(shape(each) for each in value)


def _row(*shapes: Shape) -> Shape:
    """Return the shape of a list of exactly these values."""
    return lambda value: (
        isinstance(value, list | tuple)
        and len(value) == len(shapes)
        and all(shape(each) for shape, each in zip(shapes, value, strict=True))
    )


_TEXTS = _list_of(_text)
_NUMBERS = _list_of(_number)
_PAIRS = _list_of(_row(_text, _text))
_RANGES = _or_none(_list_of(_row(_number, _number)))

BODIES: Mapping[str, Mapping[str, Shape]] = {
    EntryKind.LOG: {"form": _text, "key": _or_none(_text), "log_id": _text, "origin": _text},
    EntryKind.CAPTURE: {
        "media_type": _text,
        "name": _text,
        "provenance": lambda value: isinstance(value, Mapping),
        "replaces": _or_none(_text),
        "same_bytes_as": _TEXTS,
        "sha256": _text,
        "size": _number,
        "version": _number,
    },
    EntryKind.SCOPE_APPLY: {
        "files": _PAIRS,
        "reason": _text,
        "reporting_zone": _text,
        "scope_sha256": _text,
        "second_person": _or_none(_text),
    },
    EntryKind.NORMALISE: {
        "clock": _text,
        "evidence": _RANGES,
        "evidence_count": _number,
        "evidence_sha256": _text,
        "records": _number,
        "scope": _number,
        "set_aside": _number,
        "tables": _PAIRS,
        "unused": _number,
    },
    EntryKind.POPULATION: {
        "completeness_sha256": _text,
        "count": _number,
        "definition_sha256": _text,
        "population": _text,
        "population_sha256": _text,
        "stops": _TEXTS,
    },
    EntryKind.RUN: {
        "control_test": _text,
        "evidence": _RANGES,
        "evidence_count": _number,
        "evidence_sha256": _text,
        "normalise": _number,
        "outcomes_sha256": _text,
        "population": _number,
        "population_sha256": _text,
        "rule_sha256": _text,
        "run_id": _text,
        "run_sha256": _text,
        "state": _text,
    },
    EntryKind.JUDGEMENT: {
        "controls": _PAIRS,
        "ends_before": _text,
        "engagement": _text,
        "evidence": _RANGES,
        "evidence_count": _number,
        "evidence_sha256": _text,
        "findings_sha256": _text,
        "judgement_sha256": _text,
        "lens": _text,
        "runs": _list_of(_row(_text, _text, _number)),
        "scope": _number,
        "starts_at": _text,
        "verdicts": _PAIRS,
    },
    EntryKind.DISPOSITION: {
        "codes": _PAIRS,
        "control_test": _text,
        "disposition": _text,
        "item": _text,
        "reason": _text,
        "run": _number,
        "run_id": _text,
        "second_person": _or_none(_text),
    },
    EntryKind.SIGN_OFF: {
        "conclusion": _text,
        "control": _or_none(_text),
        "engagement": _text,
        "judgement": _number,
        "judgement_sha256": _text,
        "prepared": _or_none(_number),
        "reason": _text,
        "role": _text,
    },
    EntryKind.REQUEST: {
        "act": _text,
        "assigned_to": _text,
        "control": _or_none(_text),
        "due_on": _or_none(_text),
        "engagement": _text,
        "note": _text,
        "request": _or_none(_text),
        "text": _text,
    },
    EntryKind.ANSWER: {"evidence": _TEXTS, "note": _text, "request": _text},
    EntryKind.TASK: {
        "about": _text,
        "about_kind": _text,
        "act": _text,
        "assigned_to": _text,
        "due_on": _or_none(_text),
        "note": _text,
        "task": _or_none(_text),
        "what": _text,
    },
    EntryKind.SAMPLE_AGREEMENT: {
        "agreed_with": _text,
        "confidence": _text,
        "control": _text,
        "engagement": _text,
        "expected": _text,
        "extension": _number,
        "reason": _text,
        "size": _number,
        "tolerable": _text,
    },
    EntryKind.SAMPLE_FREEZE: {
        "by": _or_none(_text),
        "control": _text,
        "control_test": _text,
        "ends_before": _text,
        "engagement": _text,
        "judgement": _number,
        "left_out": _list_of(_row(_text, _number)),
        "method": _text,
        "nonce_sha256": _or_none(_text),
        "root": _text,
        "run_id": _text,
        "size": _number,
        "starts_at": _text,
        "units": _number,
    },
    EntryKind.SAMPLE_DRAW: {
        "agreement": _or_none(_number),
        "by": _or_none(_text),
        "method": _text,
        "nonce": _text,
        "positions": _NUMBERS,
        "sample": _text,
        "seed": _text,
        "size": _number,
    },
    EntryKind.SAMPLE_CHANGE: {
        "act": _text,
        "evidence": _TEXTS,
        "positions": _NUMBERS,
        "reason": _text,
        "replaced": _or_none(_number),
        "sample": _text,
    },
    EntryKind.SAMPLE_RESULT: {
        "confidence": _text,
        "deviations": _NUMBERS,
        "further": _NUMBERS,
        "judgement": _number,
        "limit": _text,
        "limit_items": _number,
        "limit_items_with_replaced": _number,
        "limit_with_replaced": _text,
        "note": _text,
        "planned": _number,
        "replaced": _NUMBERS,
        "sample": _text,
        "supports": _flag,
        "supports_with_replaced": _flag,
        "tolerable": _text,
        "units": _number,
    },
    EntryKind.PACKAGE: {"engagements": _TEXTS, "package_id": _text, "tagmanifest_sha256": _text},
    EntryKind.EXPORT: {"files": _number, "log_size": _number, "name": _text, "sha256": _text, "what": _text},
    EntryKind.ACCOUNT: {"account": _text, "act": _text, "address": _text, "detail": _text, "role": _text},
    EntryKind.LOGIN: {"engagements": _TEXTS, "method": _text, "organisation": _text},
    EntryKind.DELETION: {
        "authority": _text,
        "class": _text,
        "due_at": _text,
        "evidence": _text,
        "holds_checked": _number,
        "policy": _or_none(_number),
        "policy_sha256": _text,
        "reason": _text,
        "retained_from": _text,
        "second_person": _text,
        "sha256": _text,
    },
    EntryKind.LEGAL_HOLD: {
        "act": _text,
        "authority": _text,
        "engagements": _TEXTS,
        "everything": _flag,
        "evidence": _TEXTS,
        "hold": _or_none(_text),
        "reason": _text,
        "second_person": _or_none(_text),
        "sources": _TEXTS,
    },
    EntryKind.RETENTION_POLICY: {
        "classes": _list_of(_row(_text, _number, _text)),
        "policy_sha256": _text,
        "reason": _text,
        "second_person": _or_none(_text),
    },
    EntryKind.KEY_ROTATION: {"new": _text, "note": _text, "old": _text},
    EntryKind.ROW_COMMITMENT: {
        "columns": _TEXTS,
        "commitment": _text,
        "form": _text,
        "key_sha256": _text,
        "rows": _number,
        "sha256": _text,
        "table": _text,
        "types": _TEXTS,
    },
    EntryKind.CHECKPOINT: {"key": _text},
    EntryKind.TIMESTAMP: {"request": _number, "row_sha256": _text, "size": _number, "state": _text},
    EntryKind.WITNESS: {
        "cosigned_at": _text,
        "engagement": _text,
        "lines": _TEXTS,
        "phase": _text,
        "root": _text,
        "size": _number,
        "witness": _text,
    },
    EntryKind.RESTORE: {"blobs": _number, "made_at": _text, "root": _text, "size": _number},
    EntryKind.MOVE: {"blobs": _row(_text, _text), "database": _row(_text, _text), "root": _text, "size": _number},
}
"""Kind -> field -> shape. A field that may lack a value is there and null."""


def check_body(kind: str, body: Mapping[str, Json]) -> None:
    """Raise BodyError unless the body has exactly the fields of its kind, each of its shape."""
    shapes = BODIES.get(kind)
    if shapes is None:
        msg = f"{kind!r} is no kind of vault/act_bodies.py"
        raise BodyError(msg)
    faults = [f"{name} is missing" for name in sorted(set(shapes) - set(body))]
    faults += [f"{name} is not a field" for name in sorted(set(body) - set(shapes))]
    faults += [
        f"{name} is {body[name]!r:.80}" for name, shape in shapes.items() if name in body and not shape(body[name])
    ]
    if faults:
        msg = f"the body of a {kind} entry differs from vault/act_bodies.py: {'; '.join(faults)}"
        raise BodyError(msg)
