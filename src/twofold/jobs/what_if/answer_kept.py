"""The process that answers one kept question: `python -m twofold.jobs.what_if.answer_kept RUN_FOLDER WORKSPACE`.

It runs what `twofold what-if` runs, and writes into its own folder only. Stopping it leaves nothing behind.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from twofold.jobs.in_background import work
from twofold.jobs.progress import ProgressReporter
from twofold.jobs.what_if.ask import ask
from twofold.jobs.what_if.kept import ANSWER_FILE, MARKDOWN_FILE, PAGE_FILE, SCOPE_FOLDER, read_question
from twofold.jobs.what_if.states import Asked
from twofold.reports.what_if import WhatIf
from twofold.reports.what_if_memo import memo_sections
from twofold.reports.what_if_pages import memo_html, memo_markdown
from twofold.scope.what_if.questions import read_questions
from twofold.vault.blobs.written_file import replace_file


def answer(folder: Path, root: Path, report: ProgressReporter) -> None:
    """Answer the question of a run's folder: the memo as Markdown, as a page and as plain values."""
    question = read_question(folder)
    questions = read_questions({option: tuple(texts) for option, texts in question.questions.items()})
    scope = folder / SCOPE_FOLDER
    asked = Asked(scope if scope.exists() else None, questions, tuple(question.control_tests))
    found = ask(root, asked, actor=question.asked_by, at=question.asked_at, report=report)
    replace_file(folder / MARKDOWN_FILE, memo_markdown(found).encode())
    replace_file(folder / PAGE_FILE, memo_html(found).encode())
    replace_file(folder / ANSWER_FILE, orjson.dumps(_sections(found)))


def _sections(found: WhatIf) -> dict[str, Any]:
    return {
        "sections": [
            {
                "title": section.title,
                "sentences": [
                    {"text": each.text, "rule": each.rule.rule, "source": each.rule.source}
                    for each in section.statements
                ],
                "table": section.table
                and {
                    "heads": section.table.heads,
                    "rows": section.table.rows,
                    "numbers": sorted(section.table.numbers),
                },
            }
            for section in memo_sections(found)
        ]
    }


if __name__ == "__main__":
    work(Path(sys.argv[1]), partial(answer, Path(sys.argv[1]), Path(sys.argv[2])))
