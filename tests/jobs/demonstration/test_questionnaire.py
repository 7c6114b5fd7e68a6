"""The questionnaire of the demonstration: its rows are those that an import of its file gives."""

import csv
import io

from twofold.engagement.questionnaire.facts import is_ref
from twofold.engagement.questionnaire.reading import ReadOptions, read_questionnaire
from twofold.engagement.trust_page.claims import word_problems
from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.questionnaire import QUESTIONNAIRE, export_questionnaire


def rows(folder: ExportFolder, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(folder.exports[f"questionnaire/{table}.csv"].body.decode(), newline="")))


def test_the_rows_are_those_of_the_file() -> None:
    folder = ExportFolder()
    export_questionnaire(folder, "p-0003")

    file = next(each for path, each in folder.exports.items() if path.startswith("documents/"))
    read = read_questionnaire(file.body, name=file.path, options=ReadOptions())
    questions = rows(folder, "questionnaire_question")
    assert [each["text"] for each in questions] == [each.text for each in read.questions]
    assert {each["questionnaire"] for each in questions} == {QUESTIONNAIRE}


def test_each_answer_and_claim_names_a_source() -> None:
    folder = ExportFolder()
    export_questionnaire(folder, "p-0003")

    for each in [*rows(folder, "library_answer"), *rows(folder, "trust_claim")]:
        assert is_ref(each["sources"]), each["id"]
    for each in rows(folder, "trust_claim"):
        assert word_problems(each["text"], [each["sources"]]) == []
