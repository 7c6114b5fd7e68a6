"""What the audits of a workspace cost and how long they take: its own counts, and the figures that it captured."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from twofold.catalog.entries import Frequency
from twofold.catalog.load import load_catalog
from twofold.engagement.cost.compare import ActualRow, compare, read_actuals
from twofold.engagement.cost.counting import count, hand_and_connector, is_by_hand
from twofold.engagement.cost.estimate import make_estimate, sensitivity
from twofold.engagement.cost.figures import (
    Figure,
    FigureRow,
    Figures,
    PublishedRange,
    figure_kinds,
    published_ranges,
    read_figures,
)
from twofold.engagement.cost.report import CostReport
from twofold.engagement.cost.timeline import timeline
from twofold.jobs.control_tests import require_applied_scope
from twofold.jobs.cost_numbers import company_numbers, is_an_export, spans
from twofold.jobs.normalise import clock_of, evidence_to_read
from twofold.jobs.told_rows import FORMULA, ToldRow, capture_told, csv_text, read_lines, told_rows
from twofold.model.ids import EvidenceId
from twofold.model.instant import zone_named
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import AppliedScope, Workspace
from twofold.scope.engagement import Engagement
from twofold.scope.nearest import nearest
from twofold.tables.schema import canonical_tables
from twofold.vault.entry import EntryKind

FIGURE, ACTUAL = "cost_figure", "cost_actual"
_BLANK = ("low", "likely", "high")
_ACTS = (
    EntryKind.SCOPE_APPLY,
    EntryKind.CAPTURE,
    EntryKind.RUN,
    EntryKind.JUDGEMENT,
    EntryKind.DISPOSITION,
    EntryKind.REQUEST,
    EntryKind.SIGN_OFF,
    EntryKind.PACKAGE,
)


def cost(workspace: Workspace, wanted: Sequence[str], *, published: str = "") -> CostReport:
    """Estimate the wanted engagements (all when empty).

    published: name of a published range that stands in where no fee was given; "" = none.
    Raises UserError without an applied scope or engagement, and for an unknown name.
    Rows that do not fit, or no more since the scope changed, are set aside.
    """
    applied = require_applied_scope(workspace)
    engagements = _wanted(applied, wanted)
    told = told_rows(workspace, FIGURE, ACTUAL)
    own, unfit = read_figures(map(_figure_row, told[FIGURE]), known=_known(applied))
    spent, odd = read_actuals(map(_actual_row, told[ACTUAL]))
    figures = Figures([*own, *_published(published, engagements, Figures(own))])
    numbers = company_numbers(workspace, applied, engagements)
    counts = count(numbers, tools=[each.applies_to for each in figures.named("tool_licence")])
    estimate = make_estimate(counts, figures)
    zone = zone_named(workspace.settings.reporting_zone)
    exports = [each for each in workspace.vault.list_evidence() if is_an_export(each)]
    acts = {
        str(kind): [
            (entry.at.astimezone(zone).date(), str(entry.body.get("engagement", "")))
            for entry in workspace.vault.entries(kind=kind)
        ]
        for kind in _ACTS
    }
    held = {each.type or each.lens for each in engagements}
    return CostReport(
        company=workspace.settings.company,
        as_of=clock_of(evidence_to_read(workspace), applied).astimezone(zone).date(),
        engagements=tuple(each.id for each in engagements),
        numbers=numbers,
        estimate=estimate,
        by_hand=hand_and_connector(counts),
        swings=sensitivity(estimate),
        comparisons=compare(estimate, spent),
        captured=dict(Counter("by hand" if is_by_hand(each.provenance) else "by connector" for each in exports)),
        steps=timeline(spans(engagements), figures, acts),
        set_aside=(*unfit, *odd),
        published=[each for each in published_ranges().values() if held & set(each.kinds) or not each.kinds],
    )


def give_figures(workspace: Workspace, file: Path, *, actor: str, at: datetime) -> tuple[EvidenceId, ...]:
    """Check a file of figures and capture it as evidence of the actor; raises UserError with every problem."""
    known = _known(require_applied_scope(workspace))

    def check(lines: Sequence[ToldRow]) -> list[Problem]:
        return read_figures(map(_figure_row, lines), known=known)[1]

    lines = read_lines(file, FIGURE, check, blank=_BLANK)
    return capture_told(
        workspace, {FIGURE: lines}, name="figures", said=f"figures given with {file.name}", actor=actor, at=at
    )


def give_actuals(workspace: Workspace, file: Path, *, actor: str, at: datetime) -> tuple[EvidenceId, ...]:
    """Check a file of what was spent and capture it as evidence of the actor; raises UserError with every problem."""
    lines = read_lines(file, ACTUAL, lambda rows: read_actuals(map(_actual_row, rows))[1])
    return capture_told(
        workspace,
        {ACTUAL: lines},
        name="spent",
        said=f"hours and money spent, given with {file.name}",
        actor=actor,
        at=at,
    )


def figures_template(workspace: Workspace, *, today: date) -> str:
    """Return a CSV with a line for each figure: those in force filled in, the others empty.

    Rows that stay without numbers are skipped when the file is given.
    """
    applied = require_applied_scope(workspace)
    given = {(str(row["figure"]), _text(row["applies_to"])): row for row in told_rows(workspace, FIGURE)[FIGURE]}
    lines: list[dict[str, str]] = []
    for name, kind in figure_kinds().items():
        targets = [""]
        if {"engagement", "report"} & set(kind.per):
            audits = applied.scope.engagements
            targets = [each.id for each in audits if "engagement" in kind.per or each.lens == "soc2"]
        elif "tool" in kind.per:
            targets = ["name of the tool"]
        held = [target for figure, target in given if figure == name]
        for target in dict.fromkeys([*held, *(targets if not held or targets != [""] else [])]):
            row = given.get((name, target), {})
            blank = {"unit": kind.unit.replace("CUR", "USD"), "as_of": today.isoformat()}
            cells = {column: _plain(row[column]) for column in row if column in canonical_tables()[FIGURE].column_named}
            lines.append({"figure": name, "applies_to": target, **(cells or blank)})
    return csv_text(canonical_tables()[FIGURE], lines)


def _wanted(applied: AppliedScope, wanted: Sequence[str]) -> list[Engagement]:
    known = {each.id: each for each in applied.scope.engagements}
    if not known:
        raise UserError(Problem("scope", "no engagement is defined", "at least one", "add 'engagements:' and apply it"))
    problems = [
        Problem("--engagement", f"there is no engagement {name!r}", "one of " + ", ".join(known), nearest(name, known))
        for name in wanted
        if name not in known
    ]
    if problems:
        raise UserError(problems)
    return [known[name] for name in wanted or known]


def _known(applied: AppliedScope) -> dict[str, frozenset[str]]:
    return {
        "control": frozenset(map(str, load_catalog().controls)),
        "frequency": frozenset(map(str, Frequency)),
        "engagement": frozenset({*(each.id for each in applied.scope.engagements), "type1", "type2", "sox"}),
        "report": frozenset(
            {*(each.id for each in applied.scope.engagements if each.lens == "soc2"), "type1", "type2"}
        ),
    }


def _published(name: str, engagements: Iterable[Engagement], own: Figures) -> list[Figure]:
    """Return the published range as a fee of each engagement that it speaks of and that has no fee of its own."""
    if not name:
        return []
    fitting = {key: each for key, each in published_ranges().items() if each.kinds}
    if name not in fitting:
        expected = "one of " + ", ".join(fitting)
        raise UserError(
            Problem("--published", f"there is no published range {name!r}", expected, nearest(name, fitting))
        )
    page: PublishedRange = fitting[name]
    return [
        Figure(
            name="audit_fee",
            applies_to=each.id,
            value=page.value,
            unit=page.currency,
            currency=page.currency,
            origin=f"{page.publisher}: {page.says}; {page.source}",
            as_of=page.as_of,
            where=f"published {page.name}",
            published=True,
        )
        for each in engagements
        if (each.type or each.lens) in page.kinds
        and own.closest("audit_fee", (each.id, each.type or each.lens)) is None
    ]


def _figure_row(row: ToldRow) -> FigureRow:
    return FigureRow(**{name: _text(row.get(name)) for name in FigureRow.__dataclass_fields__})


def _actual_row(row: ToldRow) -> ActualRow:
    return ActualRow(**{name: _text(row.get(name)) for name in ActualRow.__dataclass_fields__})


def _plain(value: object) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    text = _text(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _text(value: object) -> str:
    return "" if value is None else str(value)
