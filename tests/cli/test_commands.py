"""Each command on a small workspace: what it prints, its JSON, and its exit code."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from twofold.cli.main import app
from twofold.model.statement import NOT_AN_OPINION

Call = Callable[..., Any]
CASES = Path(__file__).parents[2] / "src" / "twofold" / "controltests" / "rules" / "T-19" / "cases"
JSON_PAGE = Path(__file__).parents[2] / "docs" / "howto" / "use-the-json-output.md"


def test_a_new_workspace_says_what_comes_next(call: Call, tmp_path: Path) -> None:
    root = tmp_path / "acme"
    assert "twofold scope plan" in call("init", root, "--company", "Acme Inc.", "--zone", "America/New_York").out
    assert "1. Edit the files in scope/" in call("status", "-w", root).out
    assert call("scope", "plan", "-w", root).out.startswith("First scope: applying would record it.")
    assert "Applied as entry" in call("scope", "apply", "--reason", "first", "-w", root).out
    assert "1. Capture the first exports" in call("status", "-w", root).out


def test_the_line_end_to_end(call: Call, applied: Path, export_folder: Path, tmp_path: Path) -> None:
    captured = call("capture", export_folder, "-w", applied)
    assert captured.code == 0
    assert "4 files captured, 0 records set aside. Next: twofold test" in captured.out
    assert "1. Test what was captured: twofold test" in call("status", "-w", applied).out

    tested = call("test", "T-19", "-w", applied)
    assert tested.code == 0
    assert "      2 items, tested" in tested.out
    assert "  B   1 pass, 1 exception\n      exception: 1 slow_response\n" in tested.out
    assert "1. The control tests ran after the last judgement: twofold judge" in call("status", "-w", applied).out

    judged = call("judge", "-w", applied)
    assert judged.code == 0
    assert "SOX 404 ITGC (sox-fy2026), 2026-01-01 to 2026-06-30" in judged.out
    assert "  not effective  OP-02  Incident response\n" in judged.out
    assert NOT_AN_OPINION in judged.out

    packaged = call("package", "--into", tmp_path / "audit", "-w", applied)
    assert packaged.code == 0
    assert call("verify", tmp_path / "audit.zip").code == 0
    assert call("verify", tmp_path / "audit").out.endswith("whole\n")
    assert call("verify", applied).code == 0


def test_status_shows_counts_that_add_up(call: Call, judged: Path) -> None:
    status = orjson.loads(call("status", "--json", "-w", judged).out)

    row = next(row for row in status["controls"] if row["control_id"] == "OP-02")
    assert [lens["engagement_id"] for lens in row["lenses"]] == ["soc2-2026", "sox-fy2026"]
    for lens in row["lenses"]:
        parts = [lens[name] for name in ("passed", "exceptions", "cannot_test", "not_applicable")]
        assert sum(parts) == row["population"] == 2


@pytest.mark.parametrize("columns", [100, 160])
def test_nothing_is_wider_than_the_terminal(
    call: Call, judged: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    for arguments in (("status",), ("judge",), ("test", "T-19"), ("scope", "plan")):
        said = call(*arguments, "-w", judged)
        assert max(len(line) for line in said.out.splitlines()) <= columns, arguments

    shown = call("status", "-w", judged).out
    assert "OP-02    Incident response" in shown


def test_an_old_result_is_called_old(call: Call, judged: Path, export_folder: Path) -> None:
    assert "so this result is old" not in call("status", "-w", judged).out

    call("capture", export_folder, "-w", judged)

    assert "1. Evidence or scope came after the last test, so this result is old" in call("status", "-w", judged).out


@pytest.mark.parametrize(
    ("first", "last"),
    [("2024-01-01", "2024-12-31"), ("2025-12-31", "2026-03-31"), ("2026-01-01", "2026-07-01")],
)
def test_a_run_is_no_result_for_an_engagement_whose_period_it_did_not_cover(
    call: Call, judged: Path, first: str, last: str
) -> None:
    later = f"  - {{id: sox-other, lens: sox, starts_on: {first}, ends_on: {last}}}\n"
    with (judged / "scope" / "all.yaml").open("a", encoding="utf-8") as file:
        file.write(later)
    assert call("scope", "apply", "--reason", "another year", "-w", judged).code == 0
    (shown,) = orjson.loads(call("judge", "sox-other", "--json", "-w", judged).out)
    (control,) = [each for each in shown["controls"] if each["control_id"] == "OP-02"]
    assert (control["conclusion"], control["reasons"]) == (
        "not concluded",
        ["T-19 has not been run over this period"],
    )
    assert shown["findings"] == []


def test_a_judgement_before_the_end_of_its_period_says_so(call: Call, judged: Path) -> None:
    assert "before the period does" not in call("judge", "-w", judged).out
    later = "  - {id: sox-next, lens: sox, starts_on: 2026-01-01, ends_on: 2026-12-31}\n"
    with (judged / "scope" / "all.yaml").open("a", encoding="utf-8") as file:
        file.write(later)
    assert call("scope", "apply", "--reason", "the whole year", "-w", judged).code == 0
    assert "stopped at period_coverage" in call("test", "T-19", "-w", judged).out
    told = "Interim: the data ends at 2026-07-10 06:00 UTC, before the period does"
    assert told in " ".join(call("judge", "sox-next", "-w", judged).out.split())
    (shown,) = orjson.loads(call("judge", "sox-next", "--json", "-w", judged).out)
    assert shown["reach"] == [f"{told}, so the conclusions reach no further. Test and judge again after its end."]
    assert told in " ".join(call("status", "-w", judged).out.split())
    records = (judged / ".twofold" / "runs").glob("run-*/completeness.json")
    checks = [check for path in records for check in orjson.loads(path.read_bytes())["checks"]]
    waits = " ".join(check["expected"] for check in checks if check["code"] == "early_extraction")
    assert set(re.findall(r"the period ends on (\S+)", waits)) == {"2026-07-01", "2027-01-01"}


def test_a_type_1_proposes_no_control_as_effective_wherever_it_is_shown(
    call: Call, judged: Path, tmp_path: Path
) -> None:
    days = "starts_on: 2026-03-02, ends_on: 2026-03-02"
    with (judged / "scope" / "all.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  - {{id: soc2-one, lens: soc2, type: type1, {days}, categories: [security]}}\n")
    assert call("scope", "apply", "--reason", "a report on one day", "-w", judged).code == 0
    (shown,) = orjson.loads(call("judge", "soc2-one", "--json", "-w", judged).out)
    (control,) = [each for each in shown["controls"] if each["control_id"] == "OP-02"]
    assert control["results"][0]["counts"]["passed"] == 1
    assert control["conclusion"] == "not concluded"
    assert control["reasons"] == [
        "T-19: none of 1 items deviates",
        "Type 1, as of 2026-03-02: what passed on one day shows no operation; a named person concludes on design",
    ]
    assert {each["conclusion"] for each in [*shown["controls"], *shown["gathered"]]}.isdisjoint({"effective"})
    said = "Type 1, as of 2026-03-02: operation over a period is not tested"
    assert any(said in told for told in shown["reach"])
    assert said in call("judge", "soc2-one", "-w", judged).out
    assert said in " ".join(call("status", "-w", judged).out.split())
    assert orjson.loads(call("status", "--json", "-w", judged).out)["reach"]["soc2-one"] == shown["reach"]
    call("package", "soc2-one", "--into", tmp_path / "audit", "-w", judged)
    assert said in (tmp_path / "audit" / "data" / "index.html").read_text(encoding="utf-8")
    again = call("reperform", tmp_path / "audit")
    assert again.code == 0, again.out


def test_an_answer_to_a_finding_makes_no_result_old(call: Call, judged: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.csv"
    answers.write_text(
        "finding,cause,response,owner,due_on,given_by,given_at\n"
        "OP-02/T-19/B/slow_response,Nobody was on call,A rota,p-0001,2026-12-15,p-0001,2026-07-10T10:00:00Z\n"
    )
    told = ("--query", "answers", "--run-by", "p-0001", "--run-at", "2026-07-10T10:05:00Z")
    call("capture", answers, "--source", "csvtable", "--kind", "finding_response", *told, "-w", judged)

    said = call("status", "-w", judged).out
    assert "so this result is old" not in said
    assert "1. Findings were answered since: twofold test, then twofold judge" in said

    call("test", "T-19", "-w", judged)
    assert "cause: Nobody was on call" in call("judge", "-w", judged).out
    assert "Findings were answered" not in call("status", "-w", judged).out


def test_explain_shows_facts_clause_and_record(call: Call, judged: Path) -> None:
    said = call("explain", "INC-2", "--raw", "-w", judged)

    assert said.code == 0
    assert "soc2-2026  OP-02  EXCEPTION: B:slow_response, F:notice_undecided" in said.out
    assert "THEN 'exception:slow_response'" in said.out
    assert "incident.csv, line 3  (incident, ev-3, sha256 " in said.out
    assert "| INC-2,sev3,product," in said.out


def test_explain_knows_near_ids(call: Call, judged: Path) -> None:
    said = call("explain", "inc-22", "-w", judged)

    assert said.code == 2
    assert "no run holds the item 'inc-22'" in said.err
    assert "such as INC-2, INC-1" in said.err


def test_explain_of_an_old_run_shows_no_facts(call: Call, judged: Path, export_folder: Path) -> None:
    (export_folder / "incident.csv").write_text("id,severity,systems,opened_at\n", encoding="utf-8")
    call("capture", export_folder, "-w", judged)
    call("test", "T-22", "-w", judged)

    said = call("explain", "INC-2", "-w", judged)

    assert said.code == 0
    assert "so its facts are not shown" in said.out
    assert "sha256 " not in said.out


def test_captured_text_cannot_steer_the_terminal(call: Call, applied: Path, export_folder: Path) -> None:
    for name in ("incident", "pager_incident"):
        file = export_folder / f"{name}.csv"
        file.write_text(file.read_text(encoding="utf-8").replace("INC-2,", "INC-2\x1b[2J,"), encoding="utf-8")
    call("capture", export_folder, "-w", applied)
    call("test", "T-19", "-w", applied)

    said = call("explain", "INC-2\x1b[2J", "-w", applied)

    assert said.code == 0
    assert "INC-2\\x1b[2J" in said.out
    assert "\x1b" not in said.out


def test_a_stopped_test_is_done_in_part(call: Call, applied: Path, export_folder: Path) -> None:
    manifest = export_folder / "exports.toml"
    manifest.write_text(
        manifest.read_text(encoding="utf-8").replace("claimed_count = 2", "claimed_count = 9", 1), encoding="utf-8"
    )
    call("capture", export_folder, "-w", applied)

    tested = call("test", "T-19", "-w", applied)
    explained = call("explain", "INC-2", "-w", applied)

    assert tested.code == 3
    assert "stopped at row_count: " in tested.out
    assert explained.code == 2
    assert "is in the population of T-19, which was stopped" in explained.err


def test_scope_apply_wants_a_change_and_a_reason(call: Call, applied: Path) -> None:
    again = call("scope", "apply", "--reason", "again", "-w", applied)
    assert again.code == 2
    assert "the files say what is in force already" in again.err

    file = applied / "scope" / "all.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("Our product", "The product"), encoding="utf-8")
    assert call("scope", "apply", "--reason", " ", "-w", applied).code == 2
    (applied / ".twofold" / "scope.schema.json").unlink()
    assert call("scope", "apply", "--reason", "renamed", "-w", applied).code == 0
    assert (applied / ".twofold" / "scope.schema.json").exists()


def test_scope_plan_warns_of_persons_that_no_roster_knows(call: Call, judged: Path) -> None:
    file = judged / "scope" / "all.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("approver: p-0002", "approver: p-0003"), encoding="utf-8")

    said = call("scope", "plan", "-w", judged)

    assert said.code == 0
    assert "unknown person 'p-0003'" in said.out


def test_scope_export_gives_files_that_say_the_same(call: Call, applied: Path, tmp_path: Path) -> None:
    assert call("scope", "export", "--into", tmp_path / "out", "-w", applied).code == 0
    shutil.rmtree(applied / "scope")
    shutil.copytree(tmp_path / "out", applied / "scope")

    assert call("scope", "plan", "-w", applied).out.startswith("No change")
    assert call("scope", "export", "--into", tmp_path / "out", "-w", applied).code == 2


def test_cases_end_with_their_count(call: Call, tmp_path: Path) -> None:
    one = next(
        path.parent for path in sorted(CASES.glob("*/expected.csv")) if "PASS" in path.read_text(encoding="utf-8")
    )
    assert call("cases", one).out == "1 passed, 0 failed\n"

    faulty = tmp_path / "case"
    shutil.copytree(one, faulty)
    text = (faulty / "expected.csv").read_text(encoding="utf-8")
    (faulty / "expected.csv").write_text(text.replace("PASS", "EXCEPTION", 1), encoding="utf-8")
    said = call("cases", faulty)
    assert said.code == 1
    assert said.out.endswith("0 passed, 1 failed\n")
    assert call("cases", tmp_path / "nothing").code == 2


def test_verify_tells_what_was_altered(call: Call, judged: Path, tmp_path: Path) -> None:
    call("package", "--into", tmp_path / "audit", "-w", judged)
    report = tmp_path / "audit" / "data" / "index.html"
    report.write_text(report.read_text(encoding="utf-8").replace("not effective", "effective"), encoding="utf-8")

    said = call("verify", tmp_path / "audit")

    assert said.code == 1
    assert "REFUSED" in said.out
    assert "index.html" in said.out
    assert orjson.loads(call("verify", "--json", tmp_path / "audit").out)["whole"] is False


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("test", "T-99"), "there is no control test 'T-99'"),
        (("judge", "soc2-1999"), "there is no engagement 'soc2-1999'"),
        (("package", "soc2-1999", "--into", "{tmp}/out"), "'soc2-1999' was not judged"),
        (("package", "--into", "{tmp}"), "it exists already"),
        (("explain", "INC-2", "--control-test", "T-01"), "T-01 was not run"),
        (("init", "{tmp}", "--company", "A", "--zone", "UTC"), "something lies there already"),
        (("init", "{tmp}/new", "--company", "A", "--zone", "Mars/Base"), "unknown time zone 'Mars/Base'"),
        (("verify", "{tmp}"), "neither a workspace nor an audit package"),
        (("demo", "{tmp}"), "something lies there already"),
    ],
)
def test_what_cannot_be_done_is_said(
    call: Call, judged: Path, tmp_path: Path, arguments: tuple[str, ...], part: str
) -> None:
    filled = [argument.format(tmp=tmp_path) for argument in arguments]
    where = [] if arguments[0] in {"init", "verify", "demo"} else ["-w", str(judged)]

    said = call(*filled, *where)

    assert said.code == 2
    assert part in said.err
    assert said.err.startswith("twofold: nothing was changed\n")


def test_no_workspace_here(call: Call, tmp_path: Path) -> None:
    said = call("status", "-w", tmp_path)

    assert said.code == 2
    assert "there is no workspace here" in said.err
    assert "twofold init" in said.err


def _json_calls(root: Path, tmp_path: Path, export: Path) -> dict[str, list[str]]:
    one = next(path for path in sorted(CASES.iterdir()) if path.is_dir())
    file = root / "scope" / "all.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("Our product", "The product"), encoding="utf-8")
    workspace = ["-w", str(root)]
    return {
        "init": ["init", str(tmp_path / "new"), "--company", "New"],
        "scope plan": ["scope", "plan", *workspace],
        "scope apply": ["scope", "apply", "--reason", "renamed", *workspace],
        "scope memo": ["scope", "memo", "--pdf", str(tmp_path / "memo.pdf"), *workspace],
        "scope export": ["scope", "export", "--into", str(tmp_path / "scope"), *workspace],
        "capture": ["capture", str(export), *workspace],
        "test": ["test", "T-19", *workspace],
        "judge": ["judge", *workspace],
        "status": ["status", *workspace],
        "explain": ["explain", "INC-2", *workspace],
        "package": ["package", "--into", str(tmp_path / "audit"), *workspace],
        "verify": ["verify", str(root)],
        "cases": ["cases", str(one)],
    }


def test_json_has_the_documented_keys_and_nothing_beside(
    call: Call, judged: Path, export_folder: Path, tmp_path: Path
) -> None:
    page = JSON_PAGE.read_text(encoding="utf-8")

    for name, arguments in _json_calls(judged, tmp_path, export_folder).items():
        said = call(*arguments, "--json")
        value = orjson.loads(said.out)
        first = value[0] if isinstance(value, list) else value
        section = page.split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]
        for key in first if isinstance(first, dict) else ():
            assert f"`{key}`" in section, (name, key)


def test_every_command_is_in_the_json_page() -> None:
    page = JSON_PAGE.read_text(encoding="utf-8")
    names = [command.name for command in app.registered_commands if command.name != "serve"]  # it serves until stopped

    for name in [*names, "scope plan", "scope apply", "scope export", "scope memo"]:
        assert f"## {name}\n" in page, name
