"""twofold readiness on a small workspace: what it says, its forms, and a dry run that is measured by the log."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from twofold.cli import capture, readiness
from twofold.jobs.readiness.review import Review
from twofold.jobs.readiness.review import review as make_review
from twofold.jobs.readiness.shown import review_json
from twofold.jobs.told_rows import told_rows
from twofold.populations.samples.selection import seed_of
from twofold.readiness.check_files import headings, known_checks
from twofold.records.workspace import Workspace
from twofold.reports.readiness_page import readiness_page

from .conftest import Call, export_entry

TODAY = date(2026, 7, 10)
DAY = ("--today", "2026-07-10")
LATE = datetime(2026, 7, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def reviewed(judged_once: Path) -> Review:
    """Return the review of the judged workspace, made once."""
    with Workspace.open(judged_once) as workspace:
        return make_review(workspace, today=TODAY)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Let the test say what time it is: the last of the list."""
    times = [LATE]
    for module in (readiness, capture):
        monkeypatch.setattr(module, "now", lambda: times[-1])
    return times


def said(call: Call, root: Path, *arguments: str) -> Any:
    answer = call("readiness", *arguments, "--json", "-w", root)
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


def test_the_counts_close_and_every_check_is_there(reviewed: Review) -> None:
    review = review_json(reviewed)

    assert [each["id"] for each in review["checks"]] == list(known_checks())
    assert sum(sum(each["checks"].values()) for each in review["summary"]) == len(known_checks())
    for each in review["summary"]:
        own = [check for check in review["checks"] if check["heading"] == each["id"]]
        assert sum(each["checks"].values()) == len(own)
        assert each["lines"] == {state: sum(check["lines"][state] for check in own) for state in each["lines"]}
    for check in review["checks"]:
        assert len(check["open"]) == check["lines"]["gap"] + check["lines"]["cannot tell"]
        statement = check["statement"]
        assert all(statement[name] for name in ("source", "as_of", "data", "rule"))
    assert review["not_an_opinion"].startswith("Not an audit opinion")
    assert review["gate"]["state"] != "ok"


def test_what_was_captured_shows_and_what_was_not_is_never_ok(reviewed: Review) -> None:
    states = {each["id"]: each["state"] for each in review_json(reviewed)["checks"]}

    assert states["incidents/zero_recorded"] == "ok"
    assert states["joiners_and_leavers/orphans"] == "cannot tell"
    assert states["evidence/source_exists"] == "gap"


def test_the_same_day_gives_the_same_bytes(call: Call, judged_once: Path, reviewed: Review) -> None:
    again = call("readiness", *DAY, "--json", "-w", judged_once)

    first = orjson.dumps(review_json(reviewed), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS, default=str)
    assert again.out == first.decode() + "\n"
    assert readiness_page(review_json(reviewed)) == readiness_page(orjson.loads(again.out))


def test_one_control_one_system_one_area(reviewed: Review) -> None:
    review = review_json(reviewed, control="OP-02", system="product", area="incidents")

    assert {each["heading"] for each in review["checks"]} <= {"incidents"}
    for check in review["checks"]:
        for line in check["open"]:
            assert not line["controls"] or "OP-02" in line["controls"]
            assert line["system"] in {"", "product"}
    assert [row["control"] for row in review["coverage"]["rows"]] == ["OP-02"]
    assert "gate" not in review


def test_the_text_says_what_to_repair_first(call: Call, judged_once: Path, tmp_path: Path) -> None:
    answer = call("readiness", *DAY, "--html", tmp_path / "page.html", "-w", judged_once)

    assert answer.code == 0
    for title in headings().values():
        assert title in answer.out
    assert "What to repair, in order of effect" in answer.out
    assert "Not an audit opinion" in answer.out
    assert "<script" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_window_may_be_longer(call: Call, judged_once: Path, reviewed: Review) -> None:
    year = said(call, judged_once, *DAY, "--days", "365")["predicted"]

    assert review_json(reviewed)["predicted"][0]["exceptions"] == []
    assert year[0]["exceptions"]


@pytest.mark.parametrize(("option", "name"), [("--control", "AC-99"), ("--system", "mars"), ("--area", "weather")])
def test_unknown_names_are_refused(call: Call, judged_once: Path, option: str, name: str) -> None:
    answer = call("readiness", option, name, "-w", judged_once)

    assert answer.code == 2
    assert name in answer.err
    assert "expected" in answer.err


def test_a_page_is_never_written_over(call: Call, judged_once: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("mine", encoding="utf-8")

    assert call("readiness", *DAY, "--html", page, "-w", judged_once).code == 2
    assert page.read_text(encoding="utf-8") == "mine"


def test_it_works_before_anything_was_captured(call: Call, applied_once: Path) -> None:
    review = said(call, applied_once, *DAY)

    # What the scope files alone show; nothing else may be ok.
    assert {each["id"] for each in review["checks"] if each["state"] == "ok"} <= {"scope/labels"}


OWNED = "controls: [{id: OP-02, owner: p-0001, performer: p-0002, evidence_owner: p-0002, deputy: p-0002}]\n"


def owned(call: Call, root: Path) -> None:
    (root / "scope" / "controls.yaml").write_text(OWNED, encoding="utf-8")
    assert call("scope", "apply", "--reason", "owners", "-w", root).code == 0


@pytest.mark.usefixtures("clock")
def test_an_owner_confirms(call: Call, judged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owned(call, judged)
    assert call("readiness", "confirm", "AC-03", "-w", judged).code == 2
    monkeypatch.setenv("TWOFOLD_ACTOR", "p-0002")
    assert call("readiness", "confirm", "-w", judged).code == 2
    monkeypatch.setenv("TWOFOLD_ACTOR", "p-0001")

    assert call("readiness", "confirm", "-w", judged).code == 0

    review = said(call, judged, *DAY, "--area", "owned")
    states = {each["id"]: each["state"] for each in review["checks"]}
    assert states["owned/owner_confirmed"] == "ok"
    assert states["owned/roles_filled"] == "ok"


def test_a_dry_run_measures_by_the_log(call: Call, judged: Path, clock: list[datetime]) -> None:
    (run,) = said(call, judged, "dry-run", *DAY)

    assert (run["dry_run"], run["finished_at"]) == ("dr-1", None)
    by_item = {each["item"]: each for each in run["items"]}
    assert set(by_item) == {"INC-1", "INC-2"}
    assert all(each["held_at_draw"] and len(each["held_at_draw"][0]["sha256"]) == 64 for each in run["items"])
    assert sum(each["drawn"] for each in run["controls"]) == len(run["items"])
    with Workspace.open(judged) as workspace:
        for row in told_rows(workspace, "dry_run_item")["dry_run_item"]:
            names = {"control": str(row["control"]), "control_test": str(row["control_test"])}
            root = bytes.fromhex(str(row["root"]))
            seed = seed_of(engagement="readiness dry run", **names, root=root, nonce="dr-1")
            assert row["seed"] == seed.hex()
    assert call("readiness", "dry-run", *DAY, "-w", judged).code == 2  # one at a time

    clock.append(LATE + timedelta(hours=1))
    (ended,) = said(call, judged, "dry-run", "finish", *DAY)
    assert ended["finished_at"] == "2026-07-10T13:00:00.000000Z"
    assert call("readiness", "dry-run", "finish", *DAY, "-w", judged).code == 2

    checks = {each["id"]: each for each in said(call, judged, *DAY, "--area", "evidence")["checks"]}
    assert "No dry run" not in str(checks["evidence/dry_run"]["open"])


def incident(severity: str) -> str:
    return (
        "id,severity,systems,reported_at,opened_at,responded_at,contained_at,recovered_at,closed_at,notice_decision,"
        "finance_effect,finance_by,finance_at\n"
        f"INC-3,{severity},product,2026-05-02T10:00:00Z,2026-05-02T10:00:00Z,2026-05-02T10:10:00Z,"
        "2026-05-02T11:00:00Z,2026-05-02T12:00:00Z,2026-05-03T12:00:00Z,not_required,"
        "no,okta:bo,2026-05-03T11:00:00Z\n"
    )


def capture_incident(call: Call, root: Path, folder: Path, severity: str) -> None:
    folder.mkdir()
    files = {
        "incident": incident(severity),
        "pager_incident": "id,incident,opened_at\nPD-3,INC-3,2026-05-02T10:00:00Z\n",
    }
    for kind, text in files.items():
        (folder / f"more_{kind}.csv").write_text(text, encoding="utf-8")
    entries = [export_entry(f"more_{kind}.csv", kind, 1) for kind in files]
    (folder / "exports.toml").write_text("".join(entries), encoding="utf-8")
    assert call("capture", folder, "-w", root).code == 0


def test_a_missing_piece_counts_from_its_capture(
    call: Call, judged: Path, clock: list[datetime], tmp_path: Path
) -> None:
    """A severity that nobody knows cannot be tested; hours run until the log has an export that says it."""
    capture_incident(call, judged, tmp_path / "first", "sev9")
    assert call("readiness", "dry-run", *DAY, "-w", judged).code == 2  # the runs do not know the evidence yet
    assert call("test", "T-19", "-w", judged).code in {0, 3}
    (run,) = said(call, judged, "dry-run", *DAY)
    opened = [each for each in run["items"] if each["hours"] is None]
    assert [each["item"] for each in opened] == ["INC-3"]
    assert opened[0]["still_missing"]

    clock.append(LATE + timedelta(hours=7))
    capture_incident(call, judged, tmp_path / "second", "sev3")
    assert call("test", "T-19", "-w", judged).code in {0, 3}

    (later,) = said(call, judged, "dry-run", "status", *DAY)
    hours = {each["item"]: each["hours"] for each in later["items"]}
    assert hours == {"INC-1": 0, "INC-2": 0, "INC-3": 7}
    assert later["controls"][0]["worst"] == 7


def test_nothing_did_not_occur_in_a_system_that_no_export_speaks_for(
    call: Call, applied: Path, export_folder: Path
) -> None:
    label = "soc2: [{from: 2026-01-01, reason: R, approver: p-0001}]"
    ledger = f"systems: [{{id: ledger, name: L, layer: application, {label}}}]\n"
    (applied / "scope" / "ledger.yaml").write_text(ledger, encoding="utf-8")
    assert call("scope", "apply", "--reason", "a second system", "-w", applied).code == 0
    manifest = export_folder / "exports.toml"
    text = manifest.read_text(encoding="utf-8").replace("claimed_count", 'systems = ["product"]\nclaimed_count')
    manifest.write_text(text, encoding="utf-8")
    assert call("capture", export_folder, "-w", applied).code == 0
    assert call("test", "T-19", "-w", applied).code == 0

    checks = {each["id"]: each["open"] for each in said(call, applied, *DAY)["checks"]}
    (told,) = [each["text"] for each in checks["report/predicted_exceptions"] if "OP-02" in each["text"]]
    assert told.endswith("no export speaks for ledger: incident, so nothing shows that nothing occurred there.")
