"""The trust page and the documents behind it, as the company works on them."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]
SOC2_LABEL = "scope:systems/product/soc2"


def claim(call: Call, root: Path, name: str, text: str, *, level: str = "public", source: str = SOC2_LABEL) -> Any:
    return call("trust-page", "claim", name, "--text", text, "--level", level, "--source", source, "-w", root)


def test_a_claim_vanishes_with_what_it_rests_on(judged: Path, tmp_path: Path, call: Call) -> None:
    assert claim(call, judged, "scope", "Our product is examined each year.").code == 0
    assert claim(call, judged, "hidden", "PRIVATE WORDS.", level="private").code == 0
    assert claim(call, judged, "incidents", "Incidents are handled.", source="control:OP-02").code == 2
    assert "which is not ours to say" in claim(call, judged, "bad", "We are compliant.").err
    assert call("trust-page", "build", "--into", tmp_path / "page", "-w", judged).code == 0
    page = (tmp_path / "page" / "index.html").read_text()
    assert "Our product is examined each year." in page
    assert "PRIVATE WORDS" not in page

    scope = judged / "scope" / "all.yaml"
    scope.write_text(
        scope.read_text().replace("soc2: [{from: 2026-01-01,", "soc2: [{from: 2026-01-01, to: 2026-02-01,")
    )
    assert call("scope", "apply", "--reason", "sold", "-w", judged).code == 0
    assert call("trust-page", "build", "--into", tmp_path / "page", "-w", judged).code == 2
    said = call("trust-page", "build", "--into", tmp_path / "page", "--replace", "-w", judged)
    assert "0 of 2 claims" in said.out
    assert "Our product is examined each year." not in (tmp_path / "page" / "index.html").read_text()


def test_a_folder_with_other_files_is_left_alone(judged: Path, tmp_path: Path, call: Call) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.htm").write_text("x")
    said = call("trust-page", "build", "--into", tmp_path / "mine", "--replace", "-w", judged)

    assert said.code == 2
    assert "the folder holds other files: index.htm" in said.err


def test_who_got_which_document_is_logged(judged: Path, tmp_path: Path, call: Call) -> None:
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7 report")
    (tmp_path / "nda.pdf").write_bytes(b"%PDF-1.7 signed")

    def grant(until: str) -> Any:
        return call("trust-page", "grant", "report", "--person", "Kim", "--company", "Globex", "--agreement",
                    tmp_path / "nda.pdf", "--until", until, "--json", "-w", judged)  # fmt: skip

    assert "there is no document 'report'" in grant("2099-01-01").err
    kept = call("trust-page", "document", "report", tmp_path / "report.pdf", "--title", "Our report", "-w", judged)
    assert kept.code == 0
    assert "is over" in grant("2020-01-01").err
    made = json.loads(grant("2099-01-01").out)
    assert made["grant_id"] == "report-1"
    handed = call("trust-page", "copy", "report-1", "--into", tmp_path / "kim.zip", "--json", "-w", judged)
    access = json.loads(handed.out)["access"]
    with zipfile.ZipFile(tmp_path / "kim.zip") as archive:
        assert archive.read("report.pdf") == b"%PDF-1.7 report"
    assert call("trust-page", "copy", "report-1", "--into", tmp_path / "kim.zip", "-w", judged).code == 2
    assert call("trust-page", "revoke", "report-1", "--reason", "deal lost", "-w", judged).code == 0
    refused = call("trust-page", "copy", "report-1", "--into", tmp_path / "late.zip", "-w", judged)
    assert "the grant was revoked" in refused.err

    log = json.loads(call("trust-page", "log", "--json", "-w", judged).out)
    assert [(each["person"], each["manifest_hash"]) for each in log] == [("Kim", access["manifest_hash"])]
    page = call("trust-page", "build", "--into", tmp_path / "page", "-w", judged)
    assert page.code == 0
    assert "Our report" in (tmp_path / "page" / "index.html").read_text()
