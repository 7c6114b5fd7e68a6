"""A customer's questionnaire that came in, the company's answer library, and the claims of its trust page.

Two answers are off on purpose, so that it can be seen: one rests on a control that is not effective, one says another
number than the policy.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from twofold.engagement.questionnaire.reading import ReadOptions, read_questionnaire
from twofold.jobs.demonstration.export_folder import Export, ExportFolder
from twofold.jobs.demonstration.timeline import EXTRACTED_AT, ZONE_NAME, iso
from twofold.jobs.questionnaire.tables import as_json, question_line

_CSV: Mapping[str, Any] = {"source": "csvtable", "parameters": {"zone": ZONE_NAME}}
QUESTIONNAIRE = "globex-2026"
_FILE = "globex-vendor-questions.csv"
_ASKED: Mapping[str, Sequence[str]] = {
    "Access": (
        "Do you require MFA for all employees?",
        "If yes, does it hold for contractors too?",
        "How soon is access removed when an employee leaves?",
        "Are shared accounts allowed?",
    ),
    "Changes": (
        "Are production changes approved before release?",
        "Does a second person review each code change?",
        "How quickly are emergency changes approved afterwards?",
    ),
    "People": ("Do all employees get security training every year?",),
    "Data": ("Is customer data backed up daily?", "Do you store payment card numbers?"),
    "Reports": ("Are you SOX compliant?", "Do you have a SOC 2 Type 2 report?"),
}
_LIBRARY = (
    (
        *("mfa", "Is multi-factor authentication required for all employees?", "yes"),
        *("All staff sign in with a second factor.", "public", "control:AC-06@soc2-2026"),
    ),
    (
        *("leavers", "How quickly is access removed when an employee leaves?", ""),
        *("Access is removed within one business day of the last day.", "private", "control:AC-03@soc2-2026"),
    ),
    (
        *("changes", "Are changes to production approved before release?", "yes"),
        *("Each change is authorised and tested, and approved before its release.", "public", "control:CM-01"),
    ),
    (
        *("duties", "Is every code change reviewed by a second person?", "yes"),
        *("Author, approver and deployer of a change are different people.", "private", "control:CM-02"),
    ),
    (
        *("emergencies", "How quickly are emergency changes approved afterwards?", ""),
        *("Emergency changes are approved within 5 days.", "private", "policy:change/emergency_approval"),
    ),
    (
        *("training", "Do all employees get security awareness training every year?", "yes"),
        *("Everybody is trained on joining and each year.", "public", "control:HR-01@soc2-2026"),
    ),
    (
        *("backup", "Is customer data backed up every day?", "yes"),
        *("Backups run each day and are watched.", "private", "control:OP-04@soc2-2026"),
    ),
    (
        *("report", "Do you have a SOC 2 Type 2 report?", "no"),
        *("The examination of 2026 is under way; its report is not out yet.", "private", "scope:engagements/soc2-2026"),
    ),
)
"""Id, question, word, text, level and source of each answer."""
_ON_THE_PAGE = {"mfa": "Access", "changes": "Changes", "training": "People"}


def export_questionnaire(folder: ExportFolder, officer: str) -> None:
    """Add the questionnaire as it came, its questions, the library and the claims; `officer` keeps them."""
    content = _file()
    read = read_questionnaire(content, name=_FILE, options=ReadOptions())
    path = f"documents/{_FILE}"
    folder.exports[path] = Export(
        path,
        source="documents",
        kind="questionnaire",
        query="E-mail of Globex Bank",
        body=content,
        rows=1,
        page_size=None,
        paging_proven=None,
        moment_only=True,
    )
    row = {
        "id": QUESTIONNAIRE,
        "title": "Vendor questions 2026",
        "sender": "Globex Bank",
        "original": sha256(content).hexdigest(),
        "name": _FILE,
        "audience": "private",
        "layout": as_json([layout.as_json() for layout in read.layouts.values()]),
        "received_at": iso(EXTRACTED_AT),
        "due_on": "2026-12-15",
    }
    _add(folder, "questionnaire", [row])
    _add(folder, "questionnaire_question", [question_line(QUESTIONNAIRE, each) for each in read.questions])
    kept = {"written_by": officer, "written_at": iso(EXTRACTED_AT)}
    names = ("id", "question", "word", "text", "level", "sources")
    answers = [dict(zip(names, each, strict=True)) for each in _LIBRARY]
    _add(folder, "library_answer", [{**each, **kept} for each in answers])
    claims = [
        {
            "id": each["id"],
            "heading": _ON_THE_PAGE[each["id"]],
            "text": each["text"],
            "level": "public",
            "sources": each["sources"],
            **kept,
        }
        for each in answers
        if each["id"] in _ON_THE_PAGE
    ]
    _add(folder, "trust_claim", claims)


def _add(folder: ExportFolder, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    folder.add_csv(f"questionnaire/{table}.csv", table, "Answer library, export", rows, **_CSV)


def _file() -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["Ref", "Domain", "Question", "Response", "Comments"])
    for number, (domain, questions) in enumerate(_ASKED.items(), 1):
        writer.writerows([f"{number}.{item}", domain, each, "", ""] for item, each in enumerate(questions, 1))
    return text.getvalue().encode()
