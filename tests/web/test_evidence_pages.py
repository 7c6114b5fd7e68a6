"""The list of evidence and its filters, one piece with its proof, near duplicates, what hostile files cannot do."""

import html
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from twofold.model.evidence import Provenance
from twofold.records.workspace import Workspace
from twofold.vault.evidence import CaptureItem
from twofold.web.company.preview import pixels_of, preview_of

from .test_acts import LINE, UPLOAD, said
from .test_pages import AT, captured, text

As = Callable[[str], Any]


def png(wide: int, high: int) -> bytes:
    """Return a PNG of this size; its rows are only there where it is small."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress((b"\0" + b"\xff" * wide) * high) if wide * high < 10_000 else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def dated(root: Path, name: str, *, run_at: datetime, period: tuple[datetime, datetime] | None = None) -> str:
    """Capture a table of incidents that speaks for a period."""
    given = root.parent / "dated"
    given.write_bytes(LINE + name.encode())
    provenance = Provenance(
        source="csvtable",
        kind="incident",
        run_by="p",
        run_at=run_at,
        query="dated",
        period_from=period[0] if period else None,
        period_to=period[1] if period else None,
    )
    with Workspace.open(root) as workspace:
        return workspace.vault.capture_batch([CaptureItem(given, name, provenance)], captured_by="p", at=run_at)[
            0
        ].evidence_id


def test_the_list_narrows_by_framework_period_and_state(as_role: As, site_workspace: Path) -> None:
    client = as_role("viewer")
    march = (datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))
    dated(site_workspace, "dated/old.csv", run_at=AT, period=march)
    dated(site_workspace, "dated/new.csv", run_at=timezone.now() - timedelta(days=1))
    both = "/evidence/?words=dated"
    assert "dated/old.csv" in text(client, both)
    assert "dated/new.csv" in text(client, both)
    overlaps = {
        "since=2025-03-31": True,
        "until=2025-03-01": True,
        "since=2025-04-01": False,
        "until=2025-02-28": False,
    }
    for asked, there in overlaps.items():
        assert ("dated/old.csv" in text(client, f"{both}&{asked}")) is there, asked
    assert "dated/old.csv" in text(client, f"{both}&state=stale")
    assert "dated/new.csv" not in text(client, f"{both}&state=stale")
    assert "dated/new.csv" in text(client, f"{both}&state=counts")
    assert "dated/new.csv" not in text(client, f"{both}&state=replaced")
    for lens in ("soc2", "sox"):
        assert "incident.csv" in text(client, f"/evidence/?lens={lens}&words=incident.csv")
        assert "dated/old.csv" not in text(client, f"{both}&lens={lens}")
    for wrong in (
        "since=yesterday",
        "until=9999-12-31",
        "lens=none",
        "state=none",
        "before=-1",
        f"before={'9' * 5000}",
    ):
        assert client.get(f"/evidence/?{wrong}").status_code == 200


def test_a_piece_says_until_when_it_counts_and_what_each_lens_makes_of_it(as_role: As, site_workspace: Path) -> None:
    client = as_role("tester")
    with Workspace.open(site_workspace) as workspace:
        incident = next(each for each in workspace.vault.list_evidence() if each.name == "incident.csv")
    shown = text(client, f"/evidence/{incident.evidence_id}/")
    for question in ("What changed?", "Who approved it?", "What happened after?"):
        assert question in shown
    assert "it counts no longer" in shown
    assert "31 days old" in shown
    assert "deviate" in shown.split("Controls that it serves")[2]
    assert "OP-02" in shown
    assert "No control asks this kind" in text(client, f"/evidence/{captured(site_workspace, 't.csv', b'a')}/")


def test_the_commands_on_the_page_check_the_proof(as_role: As, site_workspace: Path, tmp_path: Path) -> None:
    content = b"a,b\n1,2\n"
    evidence_id = captured(site_workspace, "checked/it's.csv", content)
    client = as_role("compliance")
    shown = html.unescape(text(client, f"/evidence/{evidence_id}/"))
    program = re.search(r"<<'END'\n(.*?)\nEND</pre>", shown, re.DOTALL)
    assert program
    (tmp_path / "it's.csv").write_bytes(content)
    entry = client.get(f"/evidence/{evidence_id}/entry")
    (tmp_path / f"{evidence_id}.entry.json").write_bytes(entry.content)
    told = subprocess.run([sys.executable, "-c", program[1]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True"] * 3
    (tmp_path / "it's.csv").write_bytes(b"other")
    told = subprocess.run([sys.executable, "-c", program[1]], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True", "True"]


def test_almost_the_same_is_told_before_it_is_captured(as_role: As, site_workspace: Path) -> None:
    client = as_role("compliance")
    rows = "".join(f"T-{number},sev3,product\n" for number in range(40))
    given = {**UPLOAD, "kind": "vendor", "query": "near"}

    def upload(content: str, **more: str) -> str:
        return said(
            client, "/evidence/upload", {**given, **more, "files": [SimpleUploadedFile("n.csv", content.encode())]}
        )

    head = "id,severity,systems\n"
    upload(head + rows)
    with Workspace.open(site_workspace) as workspace:
        before = workspace.vault.size
    assert "the same bytes as ev-" in upload(head + rows)
    assert "% of its lines are those of ev-" in html.unescape(upload(head + rows + "T-41,sev1,product\n"))
    with Workspace.open(site_workspace) as workspace:
        assert workspace.vault.size == before
    upload(head + rows + "T-41,sev1,product\n", although_alike="1")
    with Workspace.open(site_workspace) as workspace:
        newest = workspace.vault.list_evidence()[-1].evidence_id
    assert "Almost the same as" not in text(client, f"/evidence/{newest}/")


def test_two_names_for_almost_the_same_are_told_on_the_page(as_role: As, site_workspace: Path) -> None:
    rows = b"".join(b"Z-%d,one\n" % number for number in range(30))
    captured(site_workspace, "alike/one.csv", b"id,what\n" + rows)
    second = captured(site_workspace, "alike/two.csv", b"id,what\n" + rows + b"Z-99,two\n")
    shown = text(as_role("viewer"), f"/evidence/{second}/")
    assert "Almost the same as" in shown
    assert "alike/one.csv" in shown.split("Almost the same as")[1].split("</p>")[0]


def test_an_image_is_shown_by_its_bytes_and_can_run_nothing(as_role: As, site_workspace: Path) -> None:
    evidence_id = captured(site_workspace, "shot.html", png(8, 8))
    client = as_role("tester")
    assert f'src="/evidence/{evidence_id}/image"' in text(client, f"/evidence/{evidence_id}/")
    answer = client.get(f"/evidence/{evidence_id}/image")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert as_role("viewer").get(f"/evidence/{evidence_id}/image").status_code == 403
    assert as_role("owner").get(f"/evidence/{evidence_id}/image").status_code == 403


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bomb.png", png(60_000, 60_000)),
        ("cut.png", b"\x89PNG\r\n\x1a\n"),
        ("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("x.pdf", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"),
        ("deep.json", b"[" * 60_000),
        ("wide.csv", b'"' + b"x" * 60_000),
        ("lone.csv", b'a,b\r1,"2\n'),
        ("late.gif", b"GIF89a"),
        ("zip.xlsx", b"PK\x03\x04" + bytes(40)),
        ("utf16.csv", "a,b\n1,2\n".encode("utf-16")),
        ("jpeg.jpg", b"\xff\xd8\xff\xe0\x00\x00\xff"),
    ],
)
def test_hostile_files_are_named_and_never_run(as_role: As, site_workspace: Path, name: str, content: bytes) -> None:
    evidence_id = captured(site_workspace, name, content)
    client = as_role("compliance")
    shown = text(client, f"/evidence/{evidence_id}/")
    assert "<svg xmlns='http://www.w3.org/2000/svg' onload" not in shown
    assert "<script>alert" not in shown
    assert "<img class" not in shown
    assert client.get(f"/evidence/{evidence_id}/image").status_code == 404


def test_what_a_preview_says() -> None:
    pdf = preview_of(b"%PDF-1.7 /JavaScript /EmbeddedFile", name="a.pdf", size=40)
    assert pdf.note == "A PDF. It has a script, files inside it: open it only in a reader that runs nothing."
    assert pdf.is_empty
    flat = preview_of(b'[{"a": 1, "b": null}, {"a": 2, "c": "x"}]', name="a.json", size=42)
    assert flat.rows == (("a", "b", "c"), ("1", "", ""), ("2", "", "x"))
    nested = preview_of(b'{"a": {"b": [1]}}', name="a.json", size=17)
    assert nested.text.splitlines()[1] == '  "a": {'
    assert preview_of(b'{"a": ', name="a.json", size=6).text == '{"a": '
    assert preview_of(b"a\tb\n1\t2\n", name="A.TSV", size=8).rows == (("a", "b"), ("1", "2"))
    assert preview_of(b"\xff\xfe\x00", name="a", size=3).is_empty
    assert preview_of(b"line\n" * 40, name="a.txt", size=200).cut
    assert preview_of(b"", name="a", size=0).is_empty


def test_sizes_of_images_are_read_from_their_first_bytes() -> None:
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x10\x00\x20\x03" + bytes(9)
    webp = b"RIFF\x00\x00\x00\x00WEBPVP8X" + bytes(8) + (31).to_bytes(3, "little") + (15).to_bytes(3, "little")
    lossless = b"RIFF\x00\x00\x00\x00WEBPVP8L" + bytes(5) + (31 | 15 << 14).to_bytes(4, "little")
    lossy = b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(10) + struct.pack("<HH", 32, 16)
    for image in (png(32, 16), b"GIF89a" + struct.pack("<HH", 32, 16), jpeg, webp, lossless, lossy):
        assert pixels_of(image) == 512, image[:16]
    assert pixels_of(b"text") is None
