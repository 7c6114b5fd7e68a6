"""One way in and one way out for the three forms of file; which one it is, its first bytes say."""

from collections.abc import Mapping
from enum import StrEnum

from twofold.engagement.questionnaire.delimited import fill_delimited, read_delimited
from twofold.engagement.questionnaire.docx import fill_docx, read_docx
from twofold.engagement.questionnaire.grid import Grid, Place
from twofold.engagement.questionnaire.office import open_parts
from twofold.engagement.questionnaire.xlsx import fill_xlsx, read_xlsx
from twofold.model.problem import Problem, UserError

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class FileForm(StrEnum):
    """The forms of a questionnaire file."""

    XLSX = "xlsx"
    DOCX = "docx"
    CSV = "csv"


_READERS = {FileForm.XLSX: read_xlsx, FileForm.DOCX: read_docx, FileForm.CSV: read_delimited}
_FILLERS = {FileForm.XLSX: fill_xlsx, FileForm.DOCX: fill_docx, FileForm.CSV: fill_delimited}


def form_of(content: bytes, *, name: str) -> FileForm:
    """Tell the form from the bytes; raises UserError for a form that is not read."""
    if content.startswith(_OLD_OFFICE):
        found = "an old binary office file, or one with a password"
        raise UserError(Problem(name, found, "xlsx, docx or csv", "save it in one of these forms without a password"))
    if content.startswith(b"PK"):
        parts = open_parts(content, name=name)
        if any(part.startswith("xl/") for part in parts):
            return FileForm.XLSX
        if any(part.startswith("word/") for part in parts):
            return FileForm.DOCX
        raise UserError(Problem(name, "an archive that is no workbook and no document", "xlsx, docx or csv"))
    if content.startswith(b"%PDF-"):
        raise UserError(Problem(name, "a PDF", "xlsx, docx or csv", "ask the sender for the file it was made from"))
    return FileForm.CSV


def read_sheets(content: bytes, *, name: str) -> list[Grid]:
    """Return everything in the file that can hold questions; raises UserError for a file that is unsafe."""
    return _READERS[form_of(content, name=name)](content, name=name)


def fill_sheets(content: bytes, answers: Mapping[str, Mapping[Place, str]], *, name: str) -> bytes:
    """Return the file with the texts in their places: grid name -> place -> text. Nothing else changes."""
    return _FILLERS[form_of(content, name=name)](content, answers, name=name)
