"""How the choice of an audit firm is told: the need, what a text tells, firms with their reasons, decisions."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from twofold.cli.output import counted, print_json, say, say_table, say_wrapped
from twofold.engagement.auditor_choice.brief import Told
from twofold.engagement.auditor_choice.decision import Decision
from twofold.engagement.auditor_choice.proposal import Need
from twofold.engagement.auditor_choice.questions import Question, all_questions
from twofold.engagement.auditor_choice.shortlist import SCORES, Candidate, State, Verdict
from twofold.jobs.auditor_choice.choice import CheckedBrief
from twofold.model.problem import Problem

STATE_WORDS = {State.LISTED: "on the list", State.ASK: "ask first", State.DROPPED: "dropped out"}


def print_need(told: Need, as_json: bool) -> None:
    """Print what is needed, one fact a line."""
    shown = asdict(told)
    if as_json:
        print_json({name: sorted(value) if isinstance(value, frozenset) else value for name, value in shown.items()})
        return
    for name, value in shown.items():
        text = ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)
        known = value is not None and value not in ("", frozenset())
        say(f"{name.replace('_', ' '):<17} {text if known else 'not told'}")


def print_check(file: Path, checked: CheckedBrief, as_json: bool) -> None:
    """Print every place of a checked text that tells who the company is."""
    if as_json:
        print_json(
            {"file": str(file), "names_looked_for": checked.names, "told": [telling_json(t) for t in checked.told]}
        )
        return
    for each in checked.told:
        say_wrapped(
            f"{each.telling.where}: {each.telling.found!r} ({each.telling.kind}: {each.telling.because})",
            indent=2,
            hanging=4,
        )
    result = f"{counted(len(checked.told), 'place')} may tell who you are" if checked.told else "none found"
    say(f"{file}: {counted(checked.names, 'name')} of the company looked for, {result}")
    say_unchecked(checked)


def say_unchecked(checked: CheckedBrief) -> None:
    """Name what is too short to be looked for."""
    if checked.unchecked:
        say(f"Too short to look for, look yourself: {', '.join(checked.unchecked)}")


def problem(told: Told) -> Problem:
    """Return one telling place of the brief as a problem."""
    found = f"{told.telling.found!r} tells who you are ({told.telling.kind}: {told.telling.because})"
    remedy = "write it otherwise, or let the word stay with --allow"
    return Problem(f"{told.place}, {told.telling.where}", found, "a text that names nobody", remedy)


def telling_json(told: Told) -> dict[str, Any]:
    """Return one telling place as plain values."""
    return {"place": told.place, **asdict(told.telling)}


def question_json(question: Question, asked_for: Need) -> dict[str, Any]:
    """Return a question as plain values."""
    return {
        "question": question.name,
        "to": question.to,
        "columns": question.columns,
        "statement": question.statement(asked_for),
    }


def print_firms(candidates: Sequence[Candidate]) -> None:
    """Print a line for each firm."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Firm", "State", "Stage", "Scope", "Future", "Fee (orders nothing)"):
        table.add_column(name, overflow="fold")
    for each in candidates:
        scores = [str(each.fits[score]) for score in SCORES]
        table.add_row(*(Text(cell) for cell in (each.proposal.firm, STATE_WORDS[each.state], *scores, each.fee)))
    say_table(table)


def print_reasons(candidates: Sequence[Candidate]) -> None:
    """Print for each firm its filters that do not pass, its signals of fit, and what to ask it."""
    for each in candidates:
        say()
        say(f"{each.proposal.firm}: {STATE_WORDS[each.state]} ({each.proposal.where})")
        for verdict in (Verdict.FAIL, Verdict.ASK):
            for result in each.named(verdict):
                say_wrapped(f"{verdict:<4}  {result.title}: {result.because}", indent=2, hanging=6)
        if each.state is State.LISTED:
            say("  passes every hard filter")
        for score in SCORES:
            for signal in each.fits[score].signals:
                answer = {True: "yes", False: "no", None: "not told"}[signal.met]
                say_wrapped(f"{score:<6}  {answer:<8}  {signal.text}", indent=2, hanging=18)
        texts = [all_questions()[name].text for name in each.questions if each.state is not State.DROPPED]
        for text in texts:
            say_wrapped(f"ask: {text}", indent=2, hanging=7)


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """Return a firm with its filters and fits as plain values."""
    return {
        "firm": candidate.proposal.firm,
        "state": candidate.state,
        "filters": candidate.filters,
        "fits": {
            score: {"points": fit.points, "of": len(fit.signals), "signals": fit.signals}
            for score, fit in candidate.fits.items()
        },
        "fee": candidate.fee,
        "questions": candidate.questions,
        "proposal": candidate.proposal.where,
        "statement": candidate.statement,
    }


def print_decision(decision: Decision) -> None:
    """Print a decision with its alternatives."""
    say_wrapped(
        f"Decided for {decision.firm} by {decision.decided_by} at {decision.decided_at}: {decision.reason}",
        indent=0,
        hanging=2,
    )
    if decision.despite:
        say_wrapped(f"In spite of what it does not pass: {decision.despite}", indent=2, hanging=2)
    for each in decision.considered:
        open_points = [f"failed {name}" for name in each.failed] + [f"not told {name}" for name in each.asked]
        fits = ", ".join(f"{score} {points}" for score, points in each.fits.items())
        told = f"{each.firm}: {each.state}, {fits}, fee {each.fee}"
        say_wrapped(f"{told}{'; ' if open_points else ''}{', '.join(open_points)}", indent=2, hanging=4)
