"""How advice is shown: each sentence with its rule, source and data in JSON, and in text on request."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from twofold.cli.output import counted, say, say_table, say_wrapped
from twofold.jobs.advice.advise import CategoriesAdvice, PeriodAdvice, ReplyAdvice, StageAdvice
from twofold.model.problem import Problem
from twofold.model.statement import NOT_AN_OPINION, Statement
from twofold.scope.advice.categories import CategoryAdvice
from twofold.scope.advice.questions import in_words
from twofold.scope.advice.start_gate import Gate
from twofold.scope.advice.window import Candidate
from twofold.scope.advice.worded import Caution

_SHOWN_DATA = 4


class Page:
    """Prints sentences; with `sources`, rule, source and data stand under each."""

    def __init__(self, *, sources: bool) -> None:
        self.sources = sources

    def head(self, text: str) -> None:
        """Print a heading."""
        say()
        say(text)

    def sentence(self, each: Statement, mark: str = "-") -> None:
        """Print one sentence."""
        say_wrapped(f"{mark} {each.text}", indent=2, hanging=len(mark) + 1)
        if self.sources:
            indent = len(mark) + 3
            say_wrapped(f"rule {each.rule.rule}, {each.rule.as_of}: {each.rule.source}", indent=indent, hanging=2)
            more = len(each.data) - _SHOWN_DATA
            rest = f"; and {more} more with --json" if more > 0 else ""
            say_wrapped(f"from {'; '.join(each.data[:_SHOWN_DATA])}{rest}", indent=indent, hanging=2)

    def sentences(self, title: str, found: Iterable[Statement], mark: str = "-") -> None:
        """Print a heading and its sentences; nothing where there are none."""
        known = list(found)
        if known:
            self.head(title)
            for each in known:
                self.sentence(each, mark)

    def cautions(self, found: Sequence[Caution], title: str = "Warnings") -> None:
        """Print warnings with their names."""
        if found:
            self.head(f"{title}:")
            for each in found:
                self.sentence(each.statement, f"! {each.warning}:")

    def end(self, faults: Sequence[Problem]) -> None:
        """Print what could not be read, where the sources stand, and that this is no opinion."""
        if faults:
            self.head(f"{counted(len(faults), 'row')} could not be read and counts for nothing:")
            for each in faults:
                say(str(each))
        say()
        if not self.sources:
            say("Rule, source and data of each sentence: --sources, or --json.")
        say(NOT_AN_OPINION)


def print_stage(advice: StageAdvice, *, sources: bool) -> None:
    """Print stage, duties and lists."""
    page, result = Page(sources=sources), advice.result
    for stage, posture in result.postures:
        say(f"Stage{'' if result.stages.known else ', possibly'}: {stage.shown}. Priority: {stage.priority}.")
        page.sentence(posture, "Posture:")
    page.sentences("Why:", result.why)
    page.sentences("Duties under SOX:", result.duty_statements)
    page.sentences("Do first:", advice.items.do_first)
    page.sentences("Do not build yet:", advice.items.do_not_build)
    page.cautions(advice.items.warnings)
    page.sentences("What would change the answer:", (each.statement for each in result.changed))
    if advice.unanswered:
        page.head("Not answered (twofold interview):")
        say_wrapped(in_words(advice.unanswered), indent=2)
    page.end(advice.faults)


def print_categories(advice: CategoriesAdvice, *, sources: bool) -> None:
    """Print a table of verdicts, then the arguments for each category."""
    page = Page(sources=sources)
    say_table(_category_table(advice.categories))
    for each in advice.categories:
        page.head(f"{each.title}: {_verdict(each)}")
        for argument in each.arguments_for:
            page.sentence(argument, "for:")
        for argument in each.arguments_against:
            page.sentence(argument, "against:")
        for point in each.open_points:
            page.sentence(point, "open:")
        for statement in each.adds.statements if each.adds else ():
            page.sentence(statement, "adds:")
    page.cautions(advice.warnings, "Over-scoping and under-scoping")
    page.end(advice.faults)


def print_window(advice: PeriodAdvice, *, sources: bool) -> None:
    """Print type, candidates, gate and plans."""
    page, window = Page(sources=sources), advice.window
    for each in window.statements:
        page.sentence(each)
    page.head("Lengths:")
    say_table(_candidate_table(window.candidates, window.chosen))
    page.head("Start gate:")
    page.sentence(advice.gate.statement)
    if advice.gate.gate is not Gate.UNKNOWN:
        for line in advice.gate.lines:
            if line.ran is not True:
                page.sentence(line.statement, "  " + ("x" if line.ran is False else "?"))
    for plan in window.plans:
        page.head(f"Period {plan.name}, {plan.type}, {plan.first} to {plan.last}:")
        for each in plan.statements:
            page.sentence(each)
        for caution in plan.warnings:
            page.sentence(caution.statement, f"! {caution.warning}:")
        if not plan.statements and not plan.warnings:
            say("  nothing speaks against it")
    page.cautions(window.warnings)
    page.end(advice.faults)


def print_reply(advice: ReplyAdvice, *, sources: bool) -> None:
    """Print the questions, the draft, and what is left out of it."""
    page, reply = Page(sources=sources), advice.reply
    say(f"{reply.request.customer} ({reply.request.request_id}): {reply.request.words or 'no words recorded'}")
    page.sentences("Ask back:", reply.questions, "?")
    page.sentences("Draft of a reply:", reply.draft)
    page.sentences("Left out:", reply.left_out)
    page.end(advice.faults)


def stage_json(advice: StageAdvice) -> dict[str, Any]:
    """Return stage and lists as plain values."""
    result = advice.result
    return {
        "on": advice.on,
        "stage": result.stages.known,
        "possible_stages": [stage for stage, _ in result.postures],
        "postures": [{"stage": stage, "statement": said} for stage, said in result.postures],
        "duties": result.duties.known,
        "possible_duties": sorted(result.duties.possible),
        "missing": result.missing,
        "unanswered": advice.unanswered,
        "why": result.why,
        "duty_statements": result.duty_statements,
        "do_first": advice.items.do_first,
        "do_not_build": advice.items.do_not_build,
        "warnings": advice.items.warnings,
        "would_change": result.changed,
        "faults": advice.faults,
        "note": NOT_AN_OPINION,
    }


def categories_json(advice: CategoriesAdvice) -> dict[str, Any]:
    """Return the categories as plain values."""
    return {
        "on": advice.on,
        "clock": advice.clock,
        "categories": advice.categories,
        "warnings": advice.warnings,
        "faults": advice.faults,
        "note": NOT_AN_OPINION,
    }


def window_json(advice: PeriodAdvice) -> dict[str, Any]:
    """Return type, window and gate as plain values."""
    window = advice.window
    return {
        "on": advice.on,
        "type": window.types.known,
        "possible_types": sorted(window.types.possible),
        "missing": window.types.missing,
        "statements": window.statements,
        "candidates": window.candidates,
        "chosen": window.chosen,
        "start_gate": advice.gate,
        "plans": window.plans,
        "warnings": window.warnings,
        "faults": advice.faults,
        "note": NOT_AN_OPINION,
    }


def reply_json(advice: ReplyAdvice) -> Mapping[str, Any]:
    """Return the reply as plain values."""
    reply = advice.reply
    return {
        "on": advice.on,
        "request": reply.request.request_id,
        "customer": reply.request.customer,
        "questions": reply.questions,
        "draft": reply.draft,
        "left_out": reply.left_out,
        "faults": advice.faults,
        "note": NOT_AN_OPINION,
    }


def _verdict(each: CategoryAdvice) -> str:
    shown = {
        "always": "always in",
        "include": "include",
        "consider": "consider: only a product fact speaks for it",
        "leave_out": "leave out",
        "open": "open",
    }[each.verdict]
    return f"{shown}; {'chosen' if each.chosen else 'not chosen'} in the scope today"


def _category_table(categories: Sequence[CategoryAdvice]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("Category", "Advice", "Chosen"):
        table.add_column(name, no_wrap=True)
    for name in ("Criteria", "New controls", "New evidence", "Items 90 d", "Exceptions"):
        table.add_column(name, justify="right")
    for each in categories:
        adds = each.adds
        numbers = (
            (len(adds.criteria), len(adds.controls), len(adds.evidence), adds.items, adds.exceptions)
            if adds
            else (None,) * 5
        )
        cells = ("-" if number is None else f"{number:,}" for number in numbers)
        table.add_row(each.title, str(each.verdict).replace("_", " "), "yes" if each.chosen else "no", *cells)
    return table


def _candidate_table(candidates: Sequence[Candidate], chosen: Candidate) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for name in ("Months", "First", "Last", "Report", "Thin controls", "Customers that fit", "In time"):
        table.add_column(name, justify="right" if name in {"Months", "Thin controls", "Customers that fit"} else "left")
    for each in candidates:
        in_time = {True: "yes", False: "no", None: "-"}[each.in_time]
        table.add_row(
            Text(">" if each == chosen else ""),
            str(each.months),
            str(each.first),
            str(each.last),
            str(each.report_on),
            str(len(each.thin)),
            f"{each.fitting} of {len(each.fits)}",
            in_time,
        )
    return table
