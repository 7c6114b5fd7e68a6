"""twofold auditors need | brief | questions | import | shortlist | decide: the choice of an audit firm."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from twofold.cli.auditors_text import (
    candidate_json,
    print_check,
    print_decision,
    print_firms,
    print_need,
    print_reasons,
    problem,
    question_json,
    say_unchecked,
)
from twofold.cli.output import (
    ExitCode,
    JsonOption,
    WorkspaceOption,
    counted,
    example,
    finish,
    print_json,
    say,
    say_wrapped,
)
from twofold.engagement.auditor_choice.proposal import same_firm
from twofold.engagement.auditor_choice.questions import questions
from twofold.engagement.auditor_choice.shortlist import SCORES, by_fit
from twofold.jobs.auditor_choice import choice as jobs
from twofold.jobs.clock import actor, now
from twofold.model.problem import Problem, UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.records.workspace import Workspace
from twofold.vault.blobs.written_file import write_new_file

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="Choose an audit firm: an anonymous brief, questions, hard filters, fit, and a recorded decision.",
)
_HERE = Path()
_ENGAGEMENT = Annotated[str, typer.Option(help="Engagement id; else the only one, or the only SOC 2 one.")]
_ALLOW = Annotated[list[str] | None, typer.Option(help="A word that may stay although a name holds it; repeatable.")]


@app.callback()
def _auditors(context: typer.Context) -> None:
    """Print the help where no sub-command is given."""
    if context.invoked_subcommand is None:
        say(context.get_help())


@app.command(
    "need",
    help="Tell what you need of a firm; without options, show what was told.\n\n"
    + example(
        "twofold auditors need --industry payments --budget 20000-60000 --currency USD \\\n"
        "--start-by 2026-09-01 --report-by 2027-01-31 --first-audit -w acme",
        "twofold auditors need -w acme",
    ),
)
def need(  # noqa: PLR0913, PLR0917  one option per answer
    engagement: _ENGAGEMENT = "",
    industry: Annotated[str | None, typer.Option(help="Sector that the firm should know, such as payments.")] = None,
    budget: Annotated[str | None, typer.Option(help="Band LOW-HIGH, such as 20000-60000.")] = None,
    currency: Annotated[str | None, typer.Option(help="Currency of the budget, such as USD.")] = None,
    start_by: Annotated[str | None, typer.Option(help="Day by which the firm should begin.")] = None,
    report_by: Annotated[str | None, typer.Option(help="Day by which the report is needed.")] = None,
    first_audit: Annotated[bool | None, typer.Option(help="The company was never examined before.")] = None,
    several_products: Annotated[bool | None, typer.Option(help="The report describes several products.")] = None,
    regulated_data: Annotated[bool | None, typer.Option(help="Regulated data is in scope.")] = None,
    sox_ahead: Annotated[bool | None, typer.Option(help="SOX is in force or planned.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Capture answers, or show them."""
    given = {
        "industry": industry,
        "currency": currency,
        "start_by": start_by,
        "report_by": report_by,
        "first_audit": first_audit,
        "several_products": several_products,
        "regulated_data": regulated_data,
        "sox_ahead": sox_ahead,
    }
    values = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in given.items()
        if value is not None
    }
    if budget is not None:
        low, dash, high = budget.partition("-")
        if not dash:
            raise UserError(Problem("--budget", f"{budget!r} is no band", "LOW-HIGH, such as 20000-60000"))
        values |= {"budget_low": low.strip(), "budget_high": high.strip()}
    with Workspace.open(workspace) as opened:
        if values:
            told, _ = jobs.tell_need(opened, engagement, values, actor=actor(), at=now())
        else:
            told = jobs.need_of(opened, engagement)
    print_need(told, as_json)


@app.command(
    "brief",
    help="Write an anonymous brief of the scope for firms. It is refused when anything in it tells who you are.\n\n"
    + example(
        "twofold auditors brief -w acme",
        "twofold auditors brief --out brief.md --note 'We move to a new ledger in March.' -w acme",
        "twofold auditors brief --check mail.txt -w acme",
    ),
)
def brief(
    engagement: _ENGAGEMENT = "",
    note: Annotated[str, typer.Option(help="Words of your own at its end; checked as strictly.")] = "",
    allow: _ALLOW = None,
    check: Annotated[Path | None, typer.Option(help="Check this text instead, such as a mail to firms.")] = None,
    out: Annotated[Path | None, typer.Option(help="New file to write the brief to; else it is printed.")] = None,
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Make the brief, check it, and give it out only where it tells nobody."""
    allowed = allow or []
    with Workspace.open(workspace) as opened:
        if check is not None:
            checked = jobs.check_text(opened, engagement, check, may_stay=allowed)
            print_check(check, checked, as_json)
            finish(ExitCode.DIFFERENT if checked.told else ExitCode.OK)
            return
        checked = jobs.brief_of(opened, engagement, note=note, may_stay=allowed)
    if checked.told:
        raise UserError([problem(each) for each in checked.told])
    if out is not None:
        write_new_file(out, checked.brief.text.encode())
    if as_json:
        lines = [line.statement for line in checked.brief.lines]
        print_json({"note": NOT_AN_OPINION, "statements": lines, "names_looked_for": checked.names, "allowed": allowed})
        return
    if out is None:
        say(checked.brief.text.rstrip())
        return
    said = f"{out}: {counted(checked.names, 'name')} of the company looked for, none found"
    say(said + (f"; allowed by you: {', '.join(allowed)}" if allowed else ""))
    say_unchecked(checked)


@app.command(
    "questions",
    help="Show the questions for firms and for yourselves, also about conflicts and independence.\n\n"
    + example("twofold auditors questions -w acme", "twofold auditors questions --firm 'Example CPA LLP' -w acme"),
)
def show_questions(
    engagement: _ENGAGEMENT = "",
    firm: Annotated[str, typer.Option(help="Only what this firm's proposal leaves open.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show questions."""
    with Workspace.open(workspace) as opened:
        state = jobs.choice(opened, engagement, today=now().date())
    offers = [each.proposal for each in state.candidates if same_firm(each.proposal.firm) == same_firm(firm)]
    if firm and not offers:
        known = ", ".join(each.proposal.firm for each in state.candidates) or "none was imported yet"
        raise UserError(Problem("--firm", f"no proposal of {firm!r}", f"one of {known}", "twofold auditors import"))
    found = questions(state.need, offers[0] if offers else None)
    if as_json:
        print_json({"note": NOT_AN_OPINION, "questions": [question_json(each, state.need) for each in found]})
        return
    for to, title in (("firm", "To the firm"), ("you", "To yourselves")):
        asked = [each for each in found if each.to == to]
        if asked:
            say(f"{title}:")
        for number, each in enumerate(asked, 1):
            say_wrapped(f"{number:>2}. {each.text}", indent=2, hanging=4)
            columns = f"Answers go to {', '.join(each.columns)}. " if each.columns else ""
            say_wrapped(f"{columns}Why: {each.rule.source}", indent=6)
    if not found:
        say("No question is open.")
    say()
    say(NOT_AN_OPINION)


@app.command(
    "import",
    help="Import proposals of firms as evidence: a CSV file with the columns of firm_proposal. Empty means unknown.\n\n"
    + example(
        "twofold auditors import --template proposals.csv -w acme", "twofold auditors import proposals.csv -w acme"
    ),
)
def import_file(
    file: Annotated[Path | None, typer.Argument(help="CSV file, a line for each firm.")] = None,
    template: Annotated[Path | None, typer.Option(help="Write the columns to this new file instead.")] = None,
    engagement: _ENGAGEMENT = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Import, or write a template."""
    if (file is None) == (template is None):
        raise UserError(Problem("FILE", "neither or both of FILE and --template", "one of the two"))
    with Workspace.open(workspace) as opened:
        if template is not None:
            write_new_file(template, jobs.proposals_template(opened, engagement, today=now().date()).encode())
            told: dict[str, Any] = {"template": str(template)}
            text = f"{template}: a line for each firm; leave empty what is unknown, then: twofold auditors import FILE"
        else:
            number, evidence = jobs.import_proposals(opened, file or _HERE, actor=actor(), at=now())
            told = {"proposals": number, "evidence": evidence}
            text = f"{counted(number, 'proposal')} captured as {evidence}"
    if as_json:
        print_json(told)
    else:
        say(text)


@app.command(
    "shortlist",
    help="Show which firms pass the hard filters, which must be asked, which drop out and why; then their fit.\n\n"
    "Fit is three scores, for stage, scope and future. They are never blended, and price decides no order.\n\n"
    + example("twofold auditors shortlist -w acme", "twofold auditors shortlist --by future -w acme"),
)
def show_shortlist(
    engagement: _ENGAGEMENT = "",
    by: Annotated[Literal["", "stage", "scope", "future"], typer.Option(help="Show the order of one score.")] = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Show the shortlist."""
    with Workspace.open(workspace) as opened:
        state = jobs.choice(opened, engagement, today=now().date())
    if as_json:
        print_json(
            {
                "note": NOT_AN_OPINION,
                "engagement": state.need.engagement,
                "firms": [candidate_json(each) for each in state.candidates],
                "by_fit": {
                    score: [[each.proposal.firm for each in group] for group in by_fit(state.candidates, score)]
                    for score in SCORES
                },
                "decisions": state.decisions,
                "set_aside": state.set_aside,
            }
        )
    elif state.candidates:
        _print_shortlist(state, by)
    else:
        say("No proposal was imported yet: twofold auditors import --template proposals.csv")
    finish(ExitCode.INCOMPLETE if state.set_aside else ExitCode.OK)


def _print_shortlist(state: jobs.Choice, by: str) -> None:
    print_firms(state.candidates)
    if by:
        say()
        say(f"In order of fit for {by}, equals together:")
        for place, group in enumerate(by_fit(state.candidates, by), 1):
            say(f"  {place}. {', '.join(f'{each.proposal.firm} ({each.fits[by]})' for each in group)}")
    print_reasons(state.candidates)
    for decision in state.decisions:
        say()
        print_decision(decision)
    for each in state.set_aside:
        say_wrapped(f"set aside, {each.where}: {each.found}; expected: {each.expected}", indent=0, hanging=2)
    say()
    say(NOT_AN_OPINION)


@app.command(
    "decide",
    help="Record the decision for a firm: who, when, why, what was known, and the alternatives.\n\n"
    "A firm that does not pass every hard filter is refused, unless --despite says why; that is recorded, too.\n\n"
    + example("twofold auditors decide 'Example CPA LLP' --reason 'knows ITGC, same control language' -w acme"),
)
def decide(
    firm: Annotated[str, typer.Argument(help="Name of the firm as in its proposal.")],
    reason: Annotated[str, typer.Option(help="Why this firm; recorded.")],
    despite: Annotated[str, typer.Option(help="Why in spite of hard filters that it does not pass; recorded.")] = "",
    engagement: _ENGAGEMENT = "",
    workspace: WorkspaceOption = _HERE,
    as_json: JsonOption = False,
) -> None:
    """Decide."""
    with Workspace.open(workspace) as opened:
        decision = jobs.decide(opened, engagement, firm, reason=reason, despite=despite, actor=actor(), at=now())
    if as_json:
        print_json({"note": NOT_AN_OPINION, "decision": decision})
        return
    print_decision(decision)
    say_wrapped(
        f"Next: write 'auditor: {decision.firm}' into the engagement {decision.engagement} and apply it.", indent=0
    )
    say(NOT_AN_OPINION)
