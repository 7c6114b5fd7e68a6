"""The memo of a what-if question as a page: Markdown that fits a comment on a pull request, and one HTML file.

Ids and reasons come from files of others, so nothing of them is markup, a link or a mention here.
"""

import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from twofold.model.statement import NOT_AN_OPINION, Statement, told_source
from twofold.reports.pages import TEMPLATES_FOLDER
from twofold.reports.what_if import WhatIf
from twofold.reports.what_if_memo import MemoTable, Section, memo_sections

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~&])")
_LINKING = {"@": "@\u200b", "://": ":\u200b//", "www.": "www\u200b."}
"""What a reader of Markdown would make a mention or a link -> the same with a space of no width in it."""
_DATA_SHOWN = 4
_ROWS_SHOWN = 60


def memo_title(found: WhatIf) -> str:
    """Return the head of the memo."""
    if found.questions:
        return "What if"
    return "What these scope files would change"


def memo_markdown(found: WhatIf) -> str:
    """Return the memo as Markdown; the same result gives the same bytes."""
    sections = memo_sections(found)
    lines = [f"# {memo_title(found)}", "", f"> {NOT_AN_OPINION}", ""]
    for section in sections:
        lines += [f"## {section.title}", ""]
        for each in section.statements:
            lines += [f"- {_escaped(each.text)}", f"  <br><sub>{_escaped(_bound(each))}</sub>"]
        if section.table:
            lines += ["", *_table_lines(section.table)]
        lines.append("")
    lines += ["## Rules", "", *_rule_lines(sections), ""]
    return "\n".join(lines)


def memo_html(found: WhatIf) -> str:
    """Return the memo as one self-contained page: no script, nothing loaded."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["told_source"] = told_source
    sections = memo_sections(found)
    return environment.get_template("what_if.html.j2").render(
        title=memo_title(found),
        found=found,
        sections=sections,
        rules=_rules(sections),
        bound=_bound,
        note=NOT_AN_OPINION,
        style=(TEMPLATES_FOLDER / "report.css").read_text(encoding="utf-8"),
    )


def _bound(statement: Statement) -> str:
    shown = "; ".join(statement.data[:_DATA_SHOWN])
    more = f"; and {len(statement.data) - _DATA_SHOWN} more" if len(statement.data) > _DATA_SHOWN else ""
    return f"rule {statement.rule.rule}, from {shown}{more}"


def _rules(sections: tuple[Section, ...]) -> list[tuple[str, str, str]]:
    """Return (name, source, day) of each rule that a sentence names, in order of name."""
    named = {each.rule for section in sections for each in section.statements}
    return sorted((rule.rule, rule.source, rule.as_of.isoformat()) for rule in named)


def _rule_lines(sections: tuple[Section, ...]) -> list[str]:
    return [f"- {_escaped(name)}: {_escaped(source)} (as of {day})" for name, source, day in _rules(sections)]


def _table_lines(table: MemoTable) -> list[str]:
    marks = ["---:" if number in table.numbers else "---" for number in range(len(table.heads))]
    rows = table.rows[:_ROWS_SHOWN]
    lines = [_row(table.heads), _row(marks), *(_row([_escaped(cell) for cell in row]) for row in rows)]
    if len(table.rows) > _ROWS_SHOWN:
        lines += ["", f"{len(table.rows) - _ROWS_SHOWN} more rows stand in the JSON output."]
    return lines


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Return text in which nothing is markup, a mention or a new line."""
    plain = " ".join(text.split())
    for linking, broken in _LINKING.items():
        plain = plain.replace(linking, broken)
    return _MARKUP.sub(r"\\\1", plain)
