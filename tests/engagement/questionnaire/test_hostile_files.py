"""What a hostile sender may try: each is refused in a sentence, and nothing is opened, asked for or evaluated."""

import io
import zipfile

import pytest

from twofold.engagement.questionnaire.office import OfficeLimits, open_parts
from twofold.engagement.questionnaire.reading import ReadOptions, read_questionnaire
from twofold.engagement.questionnaire.sheets import read_sheets
from twofold.model.problem import UserError

from .sample_files import QUESTIONS, as_document, caiq_like

BOMB = b"\0" * (9 * 1024 * 1024)


def changed(content: bytes, part: str, body: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, body if name == part else old.read(name))
        if part not in old.namelist():
            new.writestr(part, body)
    return target.getvalue()


def test_a_bomb_is_stopped_while_it_unpacks() -> None:
    with pytest.raises(UserError, match="unpacks to far more"):
        read_sheets(changed(caiq_like(), "xl/media/image1.png", BOMB), name="bomb.xlsx")


def test_the_total_counts_beside_the_ratio() -> None:
    content = changed(caiq_like(), "a", b"x" * 2000)
    with pytest.raises(UserError, match="unpacks to far more"):
        open_parts(content, name="large.xlsx", limits=OfficeLimits(unpacked_bytes=10_000))
    with pytest.raises(UserError, match="at most 3"):
        open_parts(content, name="many.xlsx", limits=OfficeLimits(parts=3))


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (caiq_like(), "xl/worksheets/sheet2.xml"),
        (caiq_like(), "xl/workbook.xml"),
        (caiq_like(), "_rels/.rels"),
        (as_document(), "word/document.xml"),
    ],
    ids=["sheet", "workbook", "relations", "document"],
)
def test_an_entity_is_never_expanded(content: bytes, part: str) -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    with pytest.raises(UserError, match="declares a document type or an entity"):
        read_sheets(changed(content, part, evil), name="xxe")


def test_other_encodings_and_deep_tags_are_refused() -> None:
    with pytest.raises(UserError, match="not UTF-8"):
        read_sheets(changed(caiq_like(), "xl/workbook.xml", "<a/>".encode("utf-16")), name="u.xlsx")
    deep = b"<a>" * 5000 + b"</a>" * 5000
    with pytest.raises(UserError, match="deep"):
        read_sheets(changed(caiq_like(), "xl/workbook.xml", deep), name="d.xlsx")


def test_a_cell_in_the_last_corner_costs_nothing() -> None:
    sheet = b'<c r="XFD1048576" t="inlineStr"><is><t>Do you?</t></is></c></row><row r="x"><c r="!"/></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(caiq_like())) as archive:
        body = archive.read("xl/worksheets/sheet2.xml").replace(b"</row></sheetData>", sheet)
    read = read_questionnaire(
        changed(caiq_like(), "xl/worksheets/sheet2.xml", body), name="c.xlsx", options=ReadOptions()
    )

    assert len(read.questions) == len(QUESTIONS)


def test_very_many_merged_blocks_are_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(caiq_like())) as archive:
        body = archive.read("xl/worksheets/sheet2.xml")
    many = b'<mergeCell ref="A1:B1"/>' * 20_001
    with pytest.raises(UserError, match="merged blocks"):
        read_sheets(
            changed(caiq_like(), "xl/worksheets/sheet2.xml", body.replace(b"</mergeCells>", many + b"</mergeCells>")),
            name="m.xlsx",
        )


def test_paths_that_lead_out_are_refused() -> None:
    with pytest.raises(UserError, match="leads out of the file"):
        read_sheets(changed(caiq_like(), "../../etc/passwd", b"x"), name="p.xlsx")


def test_links_to_other_files_are_not_followed() -> None:
    relations = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="http://x/officeDocument" Target="http://example.com/b" TargetMode="External"/>'
        b'<Relationship Id="rId2" Type="http://x/officeDocument" Target="../../../etc/passwd"/></Relationships>'
    )
    with pytest.raises(UserError, match="holds no workbook"):
        read_sheets(changed(caiq_like(), "_rels/.rels", relations), name="l.xlsx")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old binary office file"),
        (b"PK\x03\x04 broken", "could not be read"),
        (b"a,b\n\0,1\n", "a zero byte"),
    ],
)
def test_other_files_are_refused_by_their_bytes(content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_questionnaire(content, name="x.xlsx", options=ReadOptions())
