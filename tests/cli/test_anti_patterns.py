"""twofold anti-patterns on a small company: what is planted through the commands shows, what is not stays away."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twofold.model.statement import NOT_AN_OPINION
from twofold.readiness.anti_patterns.patterns import PATTERNS

Call = Callable[..., Any]


def _patterns(call: Call, root: Path, *more: str) -> dict[str, dict[str, Any]]:
    said = call("anti-patterns", "--json", *more, "-w", root)
    assert said.code == 0, said.err
    body = json.loads(said.out)
    assert body["note"] == NOT_AN_OPINION
    return {each["pattern"]: each for each in body["patterns"]}


def test_each_pattern_is_told_with_rule_source_and_data(call: Call, judged: Path) -> None:
    found = _patterns(call, judged)
    assert list(found) == list(PATTERNS)
    for each in found.values():
        assert each["looked_at"]["rule"]["source"]
        assert each["looked_at"]["data"]
        assert each["soc2"]
        assert each["sox"]
        assert each["remedy"]
    # The scope was applied when the period was over, which is true of this company and told of it.
    assert found["mapped_at_period_end"]["presence"] == "found"
    assert found["no_misstatement_tie"]["presence"] == "not found"
    assert found["kept_twice"]["presence"] == "not found"
    assert found["concluded_first"]["presence"] == "not found"


def test_nothing_is_said_to_be_absent_where_nothing_was_captured(call: Call, tmp_path: Path) -> None:
    root = tmp_path / "empty"
    assert call("init", root, "--company", "Acme", "--zone", "UTC").code == 0
    found = _patterns(call, root)
    assert {each["presence"] for each in found.values()} == {"cannot tell"}


def test_the_text_names_place_why_and_what_to_do(call: Call, judged: Path) -> None:
    said = call("anti-patterns", "--pattern", "mapped_at_period_end", "-w", judged)
    assert said.code == 0
    assert "Mapping done at period end: found in" in said.out
    assert "soc2-2026" in said.out
    for part in ("SOC 2:", "SOX:", "Do:", "Rule:", NOT_AN_OPINION):
        assert part in said.out


def test_an_unknown_pattern_is_refused_with_the_known_ones(call: Call, judged: Path) -> None:
    said = call("anti-patterns", "--pattern", "kept_twize", "-w", judged)
    assert said.code == 2
    assert "kept_twice" in said.err


def test_one_file_under_two_names_and_for_two_periods_is_found(call: Call, judged: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    lines = "".join(f"PD-{n},INC-1,2026-03-0{n}T10:00:00Z\n" for n in range(1, 9))
    for name in ("one.csv", "two.csv", "three.csv"):
        (folder / name).write_text(f"id,incident,opened_at\n{lines}", encoding="utf-8")
    entries = [
        f'[[file]]\npath = "{name}"\nsource = "csvtable"\nkind = "pager_incident"\nquery = "all"\nrun_by = "p-0001"\n'
        f'run_at = "2026-07-10T06:00:00Z"\nperiod_from = "{first}"\nperiod_to = "{last}"\n\n'
        for name, first, last in (
            ("one.csv", "2026-01-01", "2026-04-01"),
            ("two.csv", "2026-01-01", "2026-04-01"),
            ("three.csv", "2026-04-01", "2026-07-01"),
        )
    ]
    (folder / "exports.toml").write_text("".join(entries), encoding="utf-8")
    assert call("capture", folder, "-w", judged).code == 0
    found = _patterns(call, judged)
    (twice,) = found["kept_twice"]["hits"]
    assert "'one.csv'" in twice["text"]
    assert "'two.csv'" in twice["text"]
    assert len(found["same_file_two_periods"]["hits"]) == 2
    assert found["concluded_first"]["presence"] == "not found"


def test_a_placeholder_as_reason_of_a_sign_off_is_found(call: Call, judged: Path) -> None:
    signing = (
        "sign-off",
        "soc2-2026",
        "--role",
        "preparer",
        "--conclusion",
        "not_concluded",
        "--reason",
        "As discussed.",
    )
    assert call(*signing, "-w", judged).code == 0
    (hit,) = _patterns(call, judged, "--pattern", "placeholder_text")["placeholder_text"]["hits"]
    assert "As discussed." in hit["text"]


def test_one_person_under_two_names_is_found_as_preparer_and_reviewer(
    call: Call, judged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing = (
        "sign-off",
        "soc2-2026",
        "--conclusion",
        "not_concluded",
        "--reason",
        "Looked at each item",
        "-w",
        judged,
    )
    assert call(*signing, "--role", "preparer").code == 0
    # As in a log of before the registers knew that account, when nothing could refuse it.
    monkeypatch.setattr("twofold.jobs.acts.need_other_human", lambda *_, **__: None)
    monkeypatch.setenv("TWOFOLD_ACTOR", "okta:ana")
    assert call(*signing, "--role", "reviewer").code == 0
    (hit,) = _patterns(call, judged)["own_reviewer"]["hits"]
    assert "'p-0001' and 'okta:ana', one person" in hit["text"]
