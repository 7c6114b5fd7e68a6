"""Order proof: whether each conclusion came after what it rests on. Pure over entries of a log.

A conclusion is a judgement or a sign-off. Two orders are compared. The place in the log cannot be forged once a
checkpoint has left the machine. The time that an entry states is what the machine's clock said; a clock that was set
back is found where it contradicts the place. A flag is a sentence, not a verdict: late evidence may have a good reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from twofold.vault.entry import Entry, EntryKind, instant_text
from twofold.vault.evidence import index_of
from twofold.vault.evidence_list import evidence_numbers
from twofold.vault.reliance import EntryOf, runs_of

_NAMED = 5
"""Pieces of evidence that a sentence names; it counts the others."""


class Disorder(StrEnum):
    """What can be out of order."""

    RUN_MISSING = "run_missing"
    RUN_LATER = "run_later"
    INPUT_LATER = "input_later"
    EVIDENCE_LATER = "evidence_later"
    ASKED_LATER = "asked_later"
    JUDGEMENT_MISSING = "judgement_missing"
    JUDGEMENT_LATER = "judgement_later"
    JUDGED_AGAIN = "judged_again"
    ANSWER_LATER = "answer_later"
    DISPOSITION_LATER = "disposition_later"


@dataclass(frozen=True, slots=True)
class OrderFlag:
    """One thing out of order. `entry` is the conclusion's. `current`: no later conclusion took its place."""

    entry: int
    engagement: str
    disorder: Disorder
    sentence: str
    current: bool

    @property
    def text(self) -> str:
        """The sentence, with a remark where a later conclusion took the place of this one."""
        return self.sentence if self.current else f"{self.sentence} A later conclusion took its place."


ORDER_KINDS = (
    EntryKind.RUN,
    EntryKind.JUDGEMENT,
    EntryKind.DISPOSITION,
    EntryKind.SIGN_OFF,
    EntryKind.REQUEST,
    EntryKind.ANSWER,
)
"""The kinds that `order_flags` reads in order; captures and scope entries it asks for by number."""


def order_flags(entries: Iterable[Entry], *, entry_of: EntryOf, engagement: str | None = None) -> list[OrderFlag]:
    """Return what is out of order, by conclusion in order of the log.

    entries: all of `ORDER_KINDS`, in order (others are passed over). entry_of: gives an entry by number; evidence that
    it does not know, as in a package that shows only some, is passed over. engagement: only its conclusions.
    """
    told = _Told(entries, entry_of)
    found: list[OrderFlag] = []
    for conclusion in told.conclusions:
        if engagement in {None, conclusion.body["engagement"]}:
            check = _of_judgement if conclusion.kind == EntryKind.JUDGEMENT else _of_sign_off
            found += [
                OrderFlag(
                    entry=conclusion.index,
                    engagement=str(conclusion.body["engagement"]),
                    disorder=disorder,
                    sentence=f"{_name(conclusion)}: {sentence}",
                    current=told.newest[_subject(conclusion)] == conclusion.index,
                )
                for disorder, sentence in check(conclusion, told)
            ]
    return found


class _Told:
    """What the entries tell, gathered once."""

    def __init__(self, entries: Iterable[Entry], entry_of: EntryOf) -> None:
        self.entry_of = entry_of
        self.conclusions: list[Entry] = []
        self.newest: dict[tuple[str, ...], int] = {}
        self.judgements: dict[str, list[Entry]] = {}
        self.dispositions: dict[str, list[Entry]] = {}
        self.answers: list[tuple[Mapping[str, Any], Entry]] = []
        self._runs: dict[int, Entry] = {}
        self._inputs: dict[int, list[_Input]] = {}
        self._captures: dict[int, _Input | None] = {}
        requests: dict[str, Mapping[str, Any]] = {}
        for entry in entries:
            match entry.kind:
                case EntryKind.RUN:
                    self._runs[entry.index] = entry
                case EntryKind.JUDGEMENT | EntryKind.SIGN_OFF:
                    self.conclusions.append(entry)
                    self.newest[_subject(entry)] = entry.index
                    if entry.kind == EntryKind.JUDGEMENT:
                        self.judgements.setdefault(str(entry.body["engagement"]), []).append(entry)
                case EntryKind.DISPOSITION:
                    self.dispositions.setdefault(str(entry.body["run_id"]), []).append(entry)
                case EntryKind.REQUEST if entry.body["act"] == "open":
                    requests[f"rq-{entry.index}"] = entry.body
                case EntryKind.ANSWER if entry.body["request"] in requests:
                    self.answers.append((requests[entry.body["request"]], entry))

    def run(self, index: int) -> Entry | None:
        """Return a run's entry, None where there is none."""
        return self._runs.get(index)

    def inputs(self, run: Entry) -> list["_Input"]:
        """Return the known captures that the entry of a run or a judgement lists."""
        if run.index not in self._inputs:
            found = map(self._input, evidence_numbers(run))
            self._inputs[run.index] = [each for each in found if each is not None]
        return self._inputs[run.index]

    def _input(self, number: int) -> "_Input | None":
        """Read a capture once, however many runs rest on it; None for what is unknown, or no capture."""
        if number not in self._captures:
            entry = self.entry_of(number)
            self._captures[number] = None
            if entry is not None and entry.kind == EntryKind.CAPTURE:
                asked_at = datetime.fromisoformat(entry.body["provenance"]["run_at"])
                self._captures[number] = _Input(number, entry.at, asked_at)
        return self._captures[number]


@dataclass(frozen=True, slots=True)
class _Input:
    """One capture that a run read: its entry, when it was captured, and when the source was asked."""

    index: int
    captured_at: datetime
    asked_at: datetime


_Found = Iterator[tuple[Disorder, str]]


def _of_judgement(judgement: Entry, told: _Told) -> _Found:
    for test, run_id, index, _ in runs_of(judgement, told.run):
        run = None if index is None else told.run(index)
        if run is None or run.body["run_id"] != run_id:
            yield (
                Disorder.RUN_MISSING,
                f"it names the run {run_id} of {test}, which the log does not hold where it says.",
            )
            continue
        if _after(run, judgement):
            yield Disorder.RUN_LATER, f"the run of {test} ({_place(run)}) came after it."
        inputs = told.inputs(run)
        late = [each for each in inputs if each.index > run.index or each.captured_at > run.at]
        if late:
            yield Disorder.INPUT_LATER, f"the run of {test} ({_place(run)}) is older than its inputs: {_names(late)}."
        yield from _late_inputs(judgement, test, inputs)
    yield from _late_inputs(judgement, "what people said", told.inputs(judgement))


def _of_sign_off(sign_off: Entry, told: _Told) -> _Found:
    engagement = str(sign_off.body["engagement"])
    judged = told.judgements.get(engagement, [])
    named = next((each for each in judged if each.index == sign_off.body["judgement"]), None)
    if named is None or named.body["judgement_sha256"] != sign_off.body["judgement_sha256"]:
        yield Disorder.JUDGEMENT_MISSING, "the log does not hold the judgement that it concludes on."
        return
    if _after(named, sign_off):
        yield Disorder.JUDGEMENT_LATER, f"it came before the judgement that it concludes on ({_place(named)})."
    newer = judged[-1]
    if newer.index > sign_off.index and newer.body["judgement_sha256"] != sign_off.body["judgement_sha256"]:
        yield Disorder.JUDGED_AGAIN, f"another judgement was made after it ({_place(newer)}), and it is not signed off."
    for test, _, index, _ in runs_of(named, told.run):
        if index is not None and (run := told.run(index)) is not None:
            yield from _late_inputs(sign_off, test, told.inputs(run))
            yield from _late_dispositions(sign_off, told.dispositions.get(str(run.body["run_id"]), []))
    yield from _late_inputs(sign_off, "what people said", told.inputs(named))
    yield from _late_answers(sign_off, told)


def _late_inputs(conclusion: Entry, test: str, inputs: Iterable[_Input]) -> _Found:
    late = [each for each in inputs if each.index > conclusion.index or each.captured_at > conclusion.at]
    if late:
        yield Disorder.EVIDENCE_LATER, f"evidence of {test} was captured after it: {_names(late)}."
    asked = [each for each in inputs if each.asked_at > conclusion.at and each not in late]
    if asked:
        text = f"evidence of {test} says that its source was asked after it: {_names(asked)}."
        yield Disorder.ASKED_LATER, text


def _late_dispositions(sign_off: Entry, dispositions: Iterable[Entry]) -> _Found:
    late = [each for each in dispositions if _after(each, sign_off)]
    if late:
        items = ", ".join(f"{each.body['item']} ({_place(each)})" for each in late[:_NAMED])
        yield Disorder.DISPOSITION_LATER, f"items were disposed of after it: {items}{_more(len(late))}."


def _late_answers(sign_off: Entry, told: _Told) -> _Found:
    """Find answers to requests about what was signed that came after it."""
    engagement, control = sign_off.body["engagement"], sign_off.body["control"]
    for request, answer in told.answers:
        about = request["engagement"] == engagement and (control is None or request["control"] in {None, control})
        if about and _after(answer, sign_off):
            evidence = ", ".join(answer.body["evidence"][:_NAMED]) + _more(len(answer.body["evidence"]))
            text = f"the request {answer.body['request']} was answered after it ({_place(answer)}) with {evidence}."
            yield Disorder.ANSWER_LATER, text
        elif about and (late := [each for each in _answered(answer, told.entry_of) if _after(each, sign_off)]):
            text = f"evidence of the answer to {answer.body['request']} was captured after it ({_place(late[0])})."
            yield Disorder.EVIDENCE_LATER, text


def _answered(answer: Entry, entry_of: EntryOf) -> Iterator[Entry]:
    for name in answer.body["evidence"]:
        if (number := index_of(name)) is not None and (entry := entry_of(number)) is not None:
            yield entry


def _after(entry: Entry, conclusion: Entry) -> bool:
    """Whether an entry came after a conclusion, by place in the log or by the times they state."""
    return entry.index > conclusion.index or entry.at > conclusion.at


def _subject(conclusion: Entry) -> tuple[str, ...]:
    body = conclusion.body
    if conclusion.kind == EntryKind.JUDGEMENT:
        return (conclusion.kind, body["engagement"])
    return (conclusion.kind, body["engagement"], body["control"] or "", body["role"])


def _name(conclusion: Entry) -> str:
    body = conclusion.body
    if conclusion.kind == EntryKind.JUDGEMENT:
        return f"Judgement of {body['engagement']} ({_place(conclusion)})"
    what = f"{body['control']} in {body['engagement']}" if body["control"] else body["engagement"]
    return f"Sign-off of {what} by {conclusion.actor} as {body['role']} ({_place(conclusion)})"


def _place(entry: Entry) -> str:
    return f"entry {entry.index}, {instant_text(entry.at)[:19]}Z"


def _names(inputs: list[_Input]) -> str:
    return ", ".join(f"ev-{each.index}" for each in inputs[:_NAMED]) + _more(len(inputs))


def _more(count: int) -> str:
    return f" and {count - _NAMED} more" if count > _NAMED else ""
