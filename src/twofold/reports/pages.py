"""The readable text pages of a package: how to read it, how to check it, and the scope memo."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.contents import PackageContents, all_withheld, run_place, workbook_name
from twofold.reports.items import LENS_TITLES
from twofold.reports.log_files import PRINCIPAL, records_here
from twofold.reports.reperform_script import BY_HAND_TEXT
from twofold.reports.systems import LABEL_WORDS

TEMPLATES_FOLDER = Path(__file__).with_name("templates")
CHECKER = Path(__file__).with_name("check.py")
"""The stand-alone checker, copied into each package as it stands."""


def readme_page(contents: PackageContents) -> str:
    """Return readme.md: what is where, who signed, what is withheld, and how to do a test again."""
    workbooks = [
        (run.control.control_id, run.control.title, f"{run_place(run)}/{workbook_name(run)}") for run in contents.runs
    ]
    return _text_template("readme.md.j2").render(
        contents=contents,
        note=NOT_AN_OPINION,
        workbooks=workbooks,
        lens_titles=LENS_TITLES,
        here=records_here(contents.log),
        withheld=all_withheld(contents),
        by_hand=BY_HAND_TEXT if contents.tables_folder else "",
    )


def how_to_check_page(contents: PackageContents) -> str:
    """Return how-to-check.md: five checks that need none of our software, with this package's numbers filled in."""
    log = contents.log
    return _text_template("how-to-check.md.j2").render(
        note=NOT_AN_OPINION, principal=PRINCIPAL, stamped=log.stamped, witnesses=log.witnessed
    )


def _text_template(name: str) -> Template:
    # Markdown, not HTML: nothing is rendered from it here, and escaped quotes would spoil the commands.
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  a text file
    )
    return environment.get_template(name)


def scope_memo(contents: PackageContents) -> str:
    """Return memo.md: the engagements and, per label, the systems with days, reason and approver."""
    lines = [
        f"# Scope of {contents.company}",
        "",
        f"As applied, with data as of {contents.clock:%Y-%m-%d}.",
        "",
        "## Engagements",
        "",
    ]
    for each in contents.engagements:
        judgement = each.judgement
        detail = f" ({', '.join(judgement.categories)})" if judgement.categories else ""
        lines.append(
            f"- {each.id}: {judgement.lens_title} {each.type}{detail}, {each.period}, both days inclusive"
            f" ({contents.reporting_zone}); auditor: {judgement.auditor or 'not chosen yet'}"
        )
    for kind, words in LABEL_WORDS.items():
        lines += ["", f"## Systems: {words}", ""]
        held = [
            f"- {system.id} ({system.name or system.layer}):"
            f" {label.starts_on or 'always'} to {label.ends_on or 'still'};"
            f" {' '.join(label.reason.split())}; approved by {label.approver}{', inherited' if label.inherited else ''}"
            + (f"; relied on by: {label.dependents}" if label.dependents else "")
            for system in contents.systems
            for label in system.labels
            if label.label == kind
        ]
        lines += held or ["None."]
    lines += [
        "",
        "## Memo",
        "",
        contents.memo.strip() or "No memo was given: a named person states here why the scope is right.",
        "",
    ]
    return "\n".join(lines)
