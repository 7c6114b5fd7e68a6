"""Say what an item's outcome means: confirmed, a data error, or a scope error (audit-domain 4.0).

The outcome of the rule is not touched: machine verdict and human disposition are two things. A disposition that is
softer than the rule needs a reason and a second person; one that is harsher needs a reason.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from twofold.model.outcome import Outcome, ReasonCode
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason, need_second
from twofold.records.acts.recording import recording
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.store import Vault

_DEVIATES = frozenset({Outcome.EXCEPTION, Outcome.CANNOT_TEST})


class DispositionKind(StrEnum):
    """What a person says. There is no override to pass: the input is mended and the test is run again."""

    CONFIRMED = "confirmed"
    DATA_ERROR = "data_error"
    SCOPE_ERROR = "scope_error"


@dataclass(frozen=True, slots=True)
class Disposition:
    """What was said of one item of one run. `current`: it is the newest word, and on the newest run of its test."""

    entry: int
    item: str
    control_test: str
    run_id: str
    codes: tuple[tuple[str, str], ...]
    kind: DispositionKind
    reason: str
    given_by: str
    second_person: str | None
    given_at: datetime
    current: bool


def dispose(  # noqa: PLR0913  who says what of which item, and with whom
    vault: Vault,
    *,
    item: str,
    control_test: str,
    run_id: str,
    codes: Mapping[str, str],
    kind: DispositionKind,
    reason: str,
    second_person: str | None,
    acting_user: str,
    at: datetime,
) -> Disposition:
    """Record a disposition. `codes`: attribute letter -> reason code that the run gave the item.

    Raises UserError when the run is not in the log, when a reason or the second person is missing, and when an item
    that does not deviate is confirmed.
    """
    deviates = any(ReasonCode.parse(code).outcome in _DEVIATES for code in codes.values())
    second, said = _agreed(deviates, kind, reason, second_person, acting_user)
    with recording(vault) as recorder:
        run = _newest_run(vault, control_test, run_id)
        body: dict[str, Json] = {
            "codes": [[letter, code] for letter, code in sorted(codes.items())],
            "control_test": control_test,
            "disposition": str(kind),
            "item": item,
            "reason": said,
            "run": run.index,
            "run_id": run_id,
            "second_person": second,
        }
        entry = recorder.append(EntryKind.DISPOSITION, body=body, acting_user=acting_user, at=at)
    return _disposition(entry, current=True)


def dispositions(vault: Vault) -> Sequence[Disposition]:
    """Return every disposition in order of the log, with those that still count marked `current`."""
    entries = list(vault.entries(kind=EntryKind.DISPOSITION))
    if not entries:
        return []
    runs = {str(entry.body["control_test"]): str(entry.body["run_id"]) for entry in vault.entries(kind=EntryKind.RUN)}
    newest = {(each.body["control_test"], each.body["item"]): each.index for each in entries}
    return [
        _disposition(
            each,
            current=newest[each.body["control_test"], each.body["item"]] == each.index
            and runs.get(each.body["control_test"]) == each.body["run_id"],
        )
        for each in entries
    ]


def _agreed(
    deviates: bool, kind: DispositionKind, reason: str, second: str | None, acting_user: str
) -> tuple[str | None, str]:
    """Return the second person (None where none is needed) and the reason, as the rule asks for them."""
    if kind is DispositionKind.CONFIRMED:
        if not deviates:
            found = "the item passes or does not apply, so there is nothing to confirm"
            raise UserError(Problem("ITEM", found, "an item that deviates", "see 'twofold explain ITEM'"))
        return None, reason.strip()
    said = need_reason(reason, why=f"why this is a {kind.value.replace('_', ' ')}")
    if not deviates:
        return None, said
    why = "a second person, since this is softer than the rule"
    return need_second(second, first=acting_user, why=why), said


def _newest_run(vault: Vault, control_test: str, run_id: str) -> Entry:
    wanted = (entry for entry in vault.entries(kind=EntryKind.RUN) if entry.body["control_test"] == control_test)
    newest = deque(wanted, maxlen=1)
    if not newest or newest[0].body["run_id"] != run_id:
        found = f"{run_id} is not the newest run of {control_test} in the log"
        raise UserError(Problem("--control-test", found, "the newest run", "run 'twofold test', then look again"))
    return newest[0]


def _disposition(entry: Entry, *, current: bool) -> Disposition:
    body = entry.body
    return Disposition(
        entry=entry.index,
        item=body["item"],
        control_test=body["control_test"],
        run_id=body["run_id"],
        codes=tuple((letter, code) for letter, code in body["codes"]),
        kind=DispositionKind(body["disposition"]),
        reason=body["reason"],
        given_by=entry.actor,
        second_person=body["second_person"],
        given_at=entry.at,
        current=current,
    )
