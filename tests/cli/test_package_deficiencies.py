"""A package of a SOX engagement with a deficiency: its evaluation, the evidence behind it, and what is withheld."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Call
from .test_deficiency import CALM, FAILED, ID, Judge, hand_in, judge

__all__ = ["judge"]  # the fixture
FILES = ("deficiencies.json", "deficiencies.csv", "deficiencies-memo.md")
REDACTION = """reason = "Not needed."
decided_by = "p-0003"
[[withhold]]
evidence = "{evidence}"
"""


@pytest.fixture
def evaluated(call: Call, judged: Path, judge: Judge) -> Path:
    """Give a workspace with a deficiency that is judged to the end, once more than needed."""
    hand_in(call, judged, "not_effective")
    judge({"J_materiality": "1000000 USD"}, "sox-fy2026")
    judge({**FAILED, **CALM})
    judge({"J_uncorrected": "no"})
    return judged


def packaged(call: Call, root: Path, into: Path, *more: str | Path) -> Path:
    said = call("package", "--into", into, *more, "-w", root)
    assert said.code == 0, said.err
    assert call("verify", into).code == 0
    command = [sys.executable, "-I", str(into / "data/check.py")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    return into / "data"


def test_the_evaluation_is_in_the_package_with_its_evidence(call: Call, evaluated: Path, tmp_path: Path) -> None:
    data = packaged(call, evaluated, tmp_path / "audit")
    body = json.loads((data / "engagements/sox-fy2026/deficiencies.json").read_bytes())
    shown = json.loads(call("deficiency", "show", ID, "--json", "-w", evaluated).out)
    groups = json.loads(call("deficiency", "groups", "--json", "-w", evaluated).out)
    assert body["deficiencies"] == [shown]
    assert body["groups"] == groups

    with (data / "evidence.csv").open(encoding="utf-8", newline="") as stream:
        evidence = list(csv.DictReader(stream))
    kinds = [each["kind"] for each in evidence if each["source"] == "csvtable"]
    assert kinds.count("deficiency_judgement") == len({**FAILED, **CALM}) + 2, "older ones, too"
    assert (kinds.count("reliance"), kinds.count("reliance_test")) == (1, 1)
    assert all((data / "evidence" / each["file"].rpartition("/")[2]).is_file() for each in evidence)
    named = {step["given"]["evidence"] for step in body["deficiencies"][0]["steps"] if step["given"]}
    recorded = {f"ev-{json.loads(line)['index']}" for line in (data / "log/records.jsonl").read_bytes().splitlines()}
    assert named
    assert named <= {each["evidence_id"] for each in evidence} & recorded


def test_a_withheld_judgement_stands_nowhere(call: Call, evaluated: Path, tmp_path: Path) -> None:
    steps = json.loads(call("deficiency", "show", ID, "--json", "-w", evaluated).out)["steps"]
    exposure = next(each["given"]["evidence"] for each in steps if each["input"] == "J_max_exposure")
    redaction = tmp_path / "redact.toml"

    redaction.write_text(f'{REDACTION.format(evidence=exposure)}columns = ["value"]\n', encoding="utf-8")
    data = packaged(call, evaluated, tmp_path / "answer", "--redact", redaction)
    left_out = json.loads((data / "withheld.json").read_bytes())["left_out"]
    assert set(left_out) >= {f"engagements/sox-fy2026/{name}" for name in FILES}
    texts = [path.read_text(errors="replace") for path in data.rglob("*") if path.is_file()]
    assert not any(amount in text for text in texts for amount in ("2000000", "2,000,000"))
    assert "Memo (left out)" in (data / "index.html").read_text(encoding="utf-8")

    row = 'rows_where = { column = "judgement", equals = "J_max_exposure" }\nmay_stand_elsewhere = true\n'
    for name, how in (("row", row), ("whole", "whole = true\n")):
        redaction.write_text(f"{REDACTION.format(evidence=exposure)}{how}", encoding="utf-8")
        data = packaged(call, evaluated, tmp_path / name, "--redact", redaction)
        assert not any((data / "engagements/sox-fy2026" / each).exists() for each in FILES)


def test_a_withheld_reason_is_masked_where_it_is_repeated(
    call: Call,
    judged: Path,
    judge: Judge,
    tmp_path: Path,
) -> None:
    hand_in(call, judged, "effective")
    judge(CALM)
    file = tmp_path / "judgements.csv"
    odd = "says j_smith, it isn't *done*"
    head = "subject,judgement,about,value,reason,given_by,given_at"
    last = json.loads(call("log", "show", "--json", "-w", judged).out)[-1]["at"]
    file.write_text(f'{head}\n{ID},J_uncorrected,,yes,"{odd}",p-0002,{last}\n', encoding="utf-8")
    told = ("--query", "handed in", "--run-by", "p-0001", "--run-at", "2026-07-12T09:00:00Z")
    assert (
        call("capture", file, "--source", "csvtable", "--kind", "deficiency_judgement", *told, "-w", judged).code == 0
    )
    captures = json.loads(call("log", "show", "--kind", "capture", "--json", "-w", judged).out)
    evidence = f"ev-{max(each['index'] for each in captures)}"
    redaction = tmp_path / "redact.toml"
    redaction.write_text(f'{REDACTION.format(evidence=evidence)}columns = ["reason"]\n', encoding="utf-8")
    data = packaged(call, judged, tmp_path / "part", "--redact", redaction)
    values, table, memo = ((data / "engagements/sox-fy2026" / name).read_text(encoding="utf-8") for name in FILES)
    assert '"reason": "[withheld]"' in values
    assert "[withheld]" in memo
    assert "significant deficiency" in table
    assert not any("smith" in path.read_text(errors="replace") for path in data.rglob("*") if path.is_file())
