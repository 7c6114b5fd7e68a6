"""The comparison of SOC 2 and SOX as one self-contained page: no script, nothing loaded; rules beside sentences."""

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from twofold.model.statement import NOT_AN_OPINION, AdviceRule, told_source
from twofold.reports.framework_comparison import LENSES, Comparison, about, counts, sharing
from twofold.reports.framework_comparison_text import introduction, told
from twofold.reports.html_report import CONCLUSION_MARKS
from twofold.reports.pages import TEMPLATES_FOLDER


def comparison_page(comparison: Comparison) -> str:
    """Return the page; the same comparison gives the same bytes."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["told_source"] = told_source
    intro = introduction(comparison)
    words = {each.control.control_id: told(comparison, each) for each in comparison.controls}
    said = [*intro]
    for each in words.values():
        said += [*each.sides["soc2"], *each.sides["sox"], *each.shared]
    return environment.get_template("framework_comparison.html.j2").render(
        comparison=comparison,
        introduction=intro,
        words=words,
        lenses=LENSES,
        about={lens: about(lens) for lens in LENSES},
        counts=counts,
        sharing=sharing,
        marks=CONCLUSION_MARKS,
        rules=_listed({each.rule for each in said}),
        note=NOT_AN_OPINION,
        style=(TEMPLATES_FOLDER / "report.css").read_text(encoding="utf-8"),
    )


def _listed(rules: set[AdviceRule]) -> list[tuple[str, str, str]]:
    return sorted((rule.rule, rule.source, rule.as_of.isoformat()) for rule in rules)
