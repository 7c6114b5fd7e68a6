"""Steps 11 to 13 of the check: evidence is what was captured, nothing relied on is missing, nothing came too late."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from twofold.controltests.run_record import COMPLETENESS_FILE, RUN_FILE
from twofold.reports.bag import DATA
from twofold.reports.evidence_files import EVIDENCE_HEADER, evidence_rows, payload_files_of
from twofold.reports.redacted_data import WITHHELD_FILE
from twofold.reports.rows_as_text import cell_text
from twofold.reports.under_check import INDEX, CheckedStep, UnderCheck
from twofold.reports.verify_log import RECORDS_PLACE
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import evidence_id_of
from twofold.vault.order import order_flags

EVIDENCE = f"{DATA}/evidence"
EVIDENCE_TABLE = f"{DATA}/evidence.csv"
_EVIDENCE_ID = re.compile(r"ev-(?:0|[1-9][0-9]{0,15})")
_NAMING = frozenset(
    {
        EntryKind.SCOPE_APPLY,
        EntryKind.RUN,
        EntryKind.ANSWER,
        EntryKind.SIGN_OFF,
        EntryKind.DISPOSITION,
        EntryKind.SAMPLE_CHANGE,
    }
)
"""Kinds whose bodies name evidence that must be here. A capture names older ones, which need not be."""


def check_evidence(bag: UnderCheck) -> list[str]:
    """Step 11: each payload is here once with its hash, or withheld with a reason; nothing else is here."""
    withheld = {str(each["sha256"]): str(each["reason"]) for each in bag.index["withheld"]}
    files = payload_files_of(bag.records)
    captured = set(files)
    held = {place.removeprefix(f"{EVIDENCE}/") for place in bag.places if place.startswith(f"{EVIDENCE}/")}
    faults = [f"{EVIDENCE}/{name}: no record speaks of it" for name in sorted(held - set(files.values()))]
    for sha256, name in sorted(files.items()):
        place = f"{EVIDENCE}/{name}"
        if name in held and bag.hash_of(place) != sha256:
            faults.append(f"{place}: its bytes are not those that were captured")
        elif name not in held and sha256 not in withheld:
            faults.append(f"{place}: a record speaks of it, and it is missing")
        elif name in held and sha256 in withheld:
            faults.append(f"{place}: {INDEX} says that it is withheld")
    faults += [f"{INDEX}: it withholds {sha256}, which no record names" for sha256 in sorted(set(withheld) - captured)]
    bag.unshown += [f"evidence {sha256} is withheld: {reason}" for sha256, reason in sorted(withheld.items())]
    present = {sha256 for sha256, name in files.items() if name in held}
    if bag.text(EVIDENCE_TABLE) != _evidence_table(bag.records, present):
        faults.append(f"{EVIDENCE_TABLE}: it says something else than the records")
    return faults


def check_nothing_missing(bag: UnderCheck) -> list[str]:
    """Step 12: every run, judgement and piece of evidence that the package rests on has its record, and they agree."""
    captured = {evidence_id_of(each.index): str(each.body["sha256"]) for each in bag.of_kind(EntryKind.CAPTURE)}
    faults = []
    runs = {entry.body["run_id"]: entry for entry in bag.of_kind(EntryKind.RUN)}
    for folder, run in _runs(bag):
        entry = runs.get(run["run_id"])
        if entry is None:
            faults.append(f"{folder}/{RUN_FILE}: no record of {run['run_id']} is here")
        elif entry.body["run_sha256"] != bag.hash_of(f"{folder}/{RUN_FILE}"):
            faults.append(f"{folder}/{RUN_FILE}: it is not the run that entry {entry.index} records")
        faults += _extraction_faults(bag, f"{folder}/{COMPLETENESS_FILE}", captured)
    judgements = {entry.body["engagement"]: entry for entry in bag.of_kind(EntryKind.JUDGEMENT)}
    for engagement in bag.index["engagements"]:
        place = f"{DATA}/{engagement['folder']}/judgement.json"
        entry = judgements.get(engagement["id"])
        if entry is None:
            faults.append(f"{place}: no record of this judgement is here")
        elif not bag.has(place) or entry.body["judgement_sha256"] != bag.hash_of(place):
            faults.append(f"{place}: it is not the judgement that entry {entry.index} records last")
    for entry in bag.records:
        if entry.kind in _NAMING:
            missing = sorted(set(evidence_named(entry.body)) - set(captured))
            faults += [
                f"{RECORDS_PLACE}: entry {entry.index} names {name}, of which no record is here" for name in missing
            ]
    faults += _unrecorded(bag, judgements.values(), set(captured))
    recorded = dict(_recorded_files(bag, judgements))
    return faults + [
        f"{place}: it is missing, or not the file that the log records"
        for place, sha256 in sorted(recorded.items())
        if not bag.has(place) or bag.hash_of(place) != sha256
    ]


def _unrecorded(bag: UnderCheck, judgements: Iterable[Entry], captured: set[str]) -> Iterator[str]:
    """Find captures that a judgement in force or one of its runs lists, and of which no record is here."""
    in_force = {index for each in judgements for index in (each.index, *(run[2] for run in each.body["runs"]))}
    for entry in bag.records:
        spans = (entry.body.get("evidence") or []) if entry.index in in_force else []
        listed = {evidence_id_of(number) for first, last in spans for number in range(first, last + 1)}
        for name in sorted(listed - captured):
            yield f"{RECORDS_PLACE}: entry {entry.index} rests on {name}, of which no record is here"


def _recorded_files(bag: UnderCheck, judgements: Mapping[Any, Entry]) -> Iterator[tuple[str, str]]:
    """Give place and recorded hash of scope, findings and verdicts, but of what a redaction changed or left out."""
    for entry in bag.of_kind(EntryKind.SCOPE_APPLY):
        yield f"{DATA}/scope/scope.json", entry.body["scope_sha256"]
    for engagement in bag.index["engagements"]:
        judgement = judgements.get(engagement["id"])
        if judgement is None:
            continue
        if not bag.has(f"{DATA}/{WITHHELD_FILE}"):  # else withheld values are taken out of the findings
            yield f"{DATA}/{engagement['folder']}/findings.json", judgement.body["findings_sha256"]
        verdicts = dict(judgement.body["verdicts"])
        for test in bag.index["control_tests"]:
            place = f"{DATA}/{test['folder']}/{test['verdicts'].get(engagement['id'])}"
            if engagement["id"] in test["verdicts"] and place not in bag.left_out:
                yield place, verdicts.get(f"{test['control_id']}-{test['control_test']}", "")


def check_order(bag: UnderCheck) -> list[str]:
    """Step 13: no judgement or sign-off is older than what it rests on, or the package says which is."""
    known = {entry.index: entry for entry in bag.records}
    found = [(flag.entry, flag.text) for flag in order_flags(bag.records, entry_of=known.get)]
    told = {each["entry"]: each["text"] for each in bag.index["order_flags"]}
    bag.notes += [f"order: {text}" for text in told.values()]
    # The company may say more than its records here show, since it sees the entries that are not shown; never less.
    return [f"{RECORDS_PLACE}: {text} {INDEX} does not say so." for entry, text in found if entry not in told]


def evidence_named(value: Any) -> Iterator[str]:
    """Give every evidence id in the body of an entry."""
    match value:
        case str() if _EVIDENCE_ID.fullmatch(value):
            yield value
        case dict():
            for each in value.values():
                yield from evidence_named(each)
        case list():
            for each in value:
                yield from evidence_named(each)
        case _:
            pass


def _evidence_table(records: list[Entry], held: set[str]) -> str:
    buffer = io.StringIO()
    rows = ([cell_text(cell) for cell in row] for row in evidence_rows(records, held))
    csv.writer(buffer, lineterminator="\n").writerows([EVIDENCE_HEADER, *rows])
    return buffer.getvalue()


def _runs(bag: UnderCheck) -> Iterator[tuple[str, dict[str, Any]]]:
    for test in bag.index["control_tests"]:
        folder = f"{DATA}/{test['folder']}"
        yield folder, orjson.loads(bag.read(f"{folder}/{RUN_FILE}"))


def _extraction_faults(bag: UnderCheck, place: str, captured: dict[str, str] | dict[Any, str]) -> Iterator[str]:
    for each in orjson.loads(bag.read(place))["extractions"]:
        if each["evidence_id"] not in captured:
            yield f"{place}: it rests on {each['evidence_id']}, which is not in the package"
        elif captured[each["evidence_id"]] != each["file_hash"]:
            yield f"{place}: it names another hash for {each['evidence_id']} than the record"


EVIDENCE_STEPS: tuple[CheckedStep, ...] = (
    ("each evidence file is the one that was captured", check_evidence),
    ("nothing that a conclusion rests on is missing", check_nothing_missing),
    ("no conclusion is older than what it rests on", check_order),
)
