"""Group the exceptions of a judged run into findings: condition, criterion, cause, effect, response.

Source: audit-domain 2.6 stage 0 (systematic markers) and 6 (exceptions and responses). The software proposes patterns;
cause and response are a named person's, and stay open until given.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from twofold.catalog.entries import Control
from twofold.controltests.rule import Rule, reason_sentence
from twofold.model.outcome import Outcome, ReasonCode
from twofold.model.session import sql_session
from twofold.model.sql_path import one_file

_CONCENTRATED_PERCENT = 60
_FEW = 3
OPEN = "not given yet: a named person states it"


@dataclass(frozen=True, slots=True)
class Response:
    """What a named person answered to a finding; times aware UTC, as text."""

    cause: str
    response: str
    owner: str
    due_on: str
    given_by: str
    given_at: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Exceptions of one control, attribute and reason under one lens."""

    finding_id: str
    control_id: str
    control_test: str
    attribute: str
    code: str
    lens: str
    condition: str
    criterion: str
    cause: str
    pattern: str
    effect: str
    response: str
    owner: str
    due_on: str
    items: tuple[str, ...]
    systems: tuple[str, ...]
    first_at: str
    last_at: str


@dataclass(frozen=True, slots=True)
class JudgedRun:
    """What grouping needs of one run under one lens: the rule, the control, the files, the letters that count."""

    lens: str
    control: Control
    rule: Rule
    outcomes: Path
    verdicts: Path
    required: Sequence[str]


def group_findings(judged: JudgedRun, responses: Mapping[str, Response]) -> list[Finding]:
    """Return the findings of a run under a lens: deviations (exceptions and items that cannot be tested), by reason.

    `responses` are people's answers by finding id. Items are sorted; findings are ordered by attribute and reason.
    """
    found: list[Finding] = []
    with sql_session() as session:
        for letter in judged.required:
            query = f"""
                SELECT o.{letter}, o.item, o.system, CAST(o.operating_at AS VARCHAR)
                FROM read_parquet(?) AS o JOIN read_parquet(?) AS v ON v.item = o.item
                WHERE v.verdict IN ('EXCEPTION', 'CANNOT_TEST')
                    AND o.{letter} <> 'pass' AND NOT starts_with(o.{letter}, 'na:')
                ORDER BY o.{letter}, o.item
            """  # noqa: S608  a letter of the rule
            rows = session.execute(query, [one_file(judged.outcomes), one_file(judged.verdicts)]).fetchall()
            found += [
                _finding(judged, letter, code, [row[1:] for row in group], responses)
                for code, group in groupby(rows, key=itemgetter(0))
            ]
    return found


def _finding(
    judged: JudgedRun,
    letter: str,
    code: str,
    rows: Sequence[tuple[str, str, str | None]],
    responses: Mapping[str, Response],
) -> Finding:
    control, test = judged.control, judged.rule.control_test
    parsed = ReasonCode.parse(code)
    # One word may stand for an exception and for what cannot be tested; an answer to one is none to the other.
    word = parsed.reason if parsed.outcome is Outcome.EXCEPTION else code
    finding_id = f"{control.control_id}/{test}/{letter}/{word}"
    answer = responses.get(finding_id)
    wording = judged.rule.attribute(letter).wording
    times = sorted(moment for _, _, moment in rows if moment)
    counted = "item" if len(rows) == 1 else "items"
    verb = "cannot be tested" if parsed.outcome is Outcome.CANNOT_TEST else "deviate" if len(rows) > 1 else "deviates"
    return Finding(
        finding_id=finding_id,
        control_id=control.control_id,
        control_test=test,
        attribute=letter,
        code=code,
        lens=judged.lens,
        condition=f"{len(rows)} {counted} {verb}: {reason_sentence(judged.rule, letter, code)}",
        criterion=f"{control.control_id} {control.statement} Attribute {letter}: {wording}",
        cause=answer.cause if answer else OPEN,
        pattern=_pattern(rows),
        effect=control.risk.soc2 if judged.lens == "soc2" else control.risk.financial_reporting or control.risk.soc2,
        response=answer.response if answer else OPEN,
        owner=answer.owner if answer else "",
        due_on=answer.due_on if answer else "",
        items=tuple(item for item, _, _ in rows),
        systems=tuple(sorted({system for _, system, _ in rows})),
        first_at=times[0] if times else "",
        last_at=times[-1] if times else "",
    )


def _pattern(rows: Sequence[tuple[str, str, str | None]]) -> str:
    """Say whether the items concentrate in a system or a month: a marker for a reader, not a cause."""
    if len(rows) < _FEW:
        return "too few items to show a pattern"
    systems = Counter(system for _, system, _ in rows)
    months = Counter(moment[:7] if moment else "an unknown month" for _, _, moment in rows)
    marks = []
    for noun, counted in (("on", systems), ("in", months)):
        top = max(sorted(counted), key=counted.__getitem__)
        if counted[top] == len(rows):
            marks.append(f"all {noun} {top}")
        elif counted[top] * 100 >= _CONCENTRATED_PERCENT * len(rows):
            marks.append(f"{counted[top]} of {len(rows)} {noun} {top}")
    return "; ".join(marks) or f"spread over {len(systems)} systems and {len(months)} months"
