"""The grid with its filters, one item with its timeline, the rule's marked clause, and what changed since a run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from twofold.controltests.run_difference import ItemDifference
from twofold.controltests.run_record import read_run
from twofold.jobs.compare import Cause, CausedDifference, ChangedInput, ComparedRuns
from twofold.jobs.item_timeline import ItemEvent
from twofold.web.company.timeline_picture import timeline_picture

from .test_pages import text

As = Callable[[str], Any]
GRID = "/results/T-19/"
START = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "first", "second"),
    [
        ("letter=A&outcome=exception", False, False),
        ("letter=A&outcome=pass", True, True),
        ("outcome=exception", False, True),
        ("lens=sox-fy2026&verdict=EXCEPTION", False, True),
        ("lens=none&verdict=EXCEPTION", True, True),
        ("system=product", True, True),
        ("system=wiki", False, False),
        ("week=2026-03-04", True, False),
        ("week=2026-03-30", False, True),
        ("week=never", True, True),
        ("words=inc-1", True, False),
        ("person=nobody", True, True),
        ("letter=Z&outcome=pass", True, True),
        ("after=INC-1", False, True),
    ],
)
def test_the_grid_narrows(as_role: As, asked: str, first: bool, second: bool) -> None:
    shown = text(as_role("viewer"), f"{GRID}?{asked}")
    assert ("id=INC-1" in shown, "id=INC-2" in shown) == (first, second)


@pytest.mark.parametrize("path", ["/", "/controls/", "/controls/OP-02/", "/results/", GRID])
def test_every_page_with_conclusions_says_how_far_they_reach(as_role: As, own_workspace: Path, path: str) -> None:
    judgement = own_workspace / ".twofold" / "judgements" / "soc2-2026" / "judgement.json"
    told = "Interim: the data ends before the period does."
    judgement.write_bytes(orjson.dumps({**orjson.loads(judgement.read_bytes()), "reach": [told]}))
    assert told in text(as_role("viewer"), path)


def test_a_person_is_found_by_name_and_by_account(site: str, site_workspace: Path, tmp_path: Path) -> None:
    from twofold.web.company.result_grid import _accounts_of, person_columns  # noqa: PLC0415
    from twofold.web.workspace_access import current  # noqa: PLC0415

    del site, site_workspace
    assert set(_accounts_of(current(), "bo")) == {"bo", "p-0002", "okta:bo"}
    with duckdb.connect() as session:
        row = "SELECT 'i' AS item, 'x' AS actor, 'y' AS account"
        session.execute(f"COPY ({row}) TO '{tmp_path}/population.parquet' (FORMAT parquet)")
    assert person_columns(tmp_path) == ["actor", "account"]


def test_an_item_has_a_picture_and_the_same_facts_as_a_list(as_role: As) -> None:
    shown = text(as_role("viewer"), "/results/T-19/item?id=INC-1")
    assert '<svg class="timeline"' in shown
    assert "<desc" in shown
    assert "style=" not in shown
    for stage in ("detected", "opened", "responded", "contained", "recovered", "closed"):
        assert stage in shown.split("Timeline, list")[1] or stage == "detected"
    assert 'href="/results/T-19/rule?letter=' in text(as_role("viewer"), "/results/T-19/item?id=INC-2")


def test_raw_records_are_shown_to_who_may_open_the_evidence(as_role: As) -> None:
    address = "/results/T-19/item?id=INC-2&rows=1"
    assert "2026-04-04T10:10:00Z" in text(as_role("tester"), address)
    shown = text(as_role("viewer"), address)
    assert "2026-04-04T10:10:00Z" not in shown
    assert "Your role may not open this evidence" in shown


def test_the_rule_marks_the_clause(as_role: As) -> None:
    client = as_role("viewer")
    assert 'class="marked"' not in text(client, "/results/T-19/rule")
    shown = text(client, "/results/T-19/rule?letter=A&code=pass")
    assert shown.count('id="clause"') == 1
    for wrong in ("letter=Z", "letter=A&code=nonsense", "letter=A&code=exception:no_such"):
        assert client.get(f"/results/T-19/rule?{wrong}").status_code == 200


def test_what_changed_is_told_where_there_is_nothing_to_compare_with(as_role: As) -> None:
    client = as_role("viewer")
    answer = client.get("/results/T-19/difference", follow=True)
    assert answer.status_code == 200
    assert "There is only one run of this control test so far" in answer.content.decode()
    assert client.get("/results/T-10/difference").status_code == 404


def test_what_changed_is_told_with_its_cause(
    as_role: As, site_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twofold.web.company import results  # noqa: PLC0415

    run = read_run(next((site_workspace / ".twofold" / "runs").glob("run-*")))
    items = (
        CausedDifference(
            ItemDifference("INC-1", "product", {"A": "pass"}, {"A": "exception:late"}), {"A": (Cause.PARAMETER,)}
        ),
        CausedDifference(ItemDifference("<b>", "product", {"A": "pass"}, None), {"A": ()}),
    )
    inputs = (ChangedInput(Cause.PARAMETER, "days was 5, is 3"),)
    compared = ComparedRuns("T-19", run, run, inputs, 7, items, told_apart=False, passed_over=("run-stopped",))
    monkeypatch.setattr(results, "compared_runs", lambda *_: compared)
    shown = text(as_role("viewer"), "/results/T-19/difference")
    for words in (
        "days was 5, is 3",
        "exception:late",
        "parameter",
        "gone",
        "not told apart",
        "nobody can tell",
        "run-stopped",
        "&lt;b&gt;",
    ):
        assert words in shown, words


def test_a_picture_keeps_moments_apart_and_in_order() -> None:
    events = [
        ItemEvent("ticket", START, "opened", "a", "ev-1", "1"),
        ItemEvent("review", START + timedelta(days=9), "approved", "b", "ev-2", "2"),
        ItemEvent("deployment", START + timedelta(days=9, minutes=5), "started", "", "ev-3", "3"),
        ItemEvent("deployment", START + timedelta(days=9, minutes=9), "ended", "", "ev-3", "3"),
        ItemEvent("follow-up", START + timedelta(days=10), "closed", "a", "ev-1", "4"),
        ItemEvent("follow-up", START + timedelta(days=10), "told", "a", "ev-1", "4"),
    ]
    picture = timeline_picture(events, "UTC")
    assert picture is not None
    assert [name for name, _ in picture.lanes] == ["ticket", "review", "deployment", "follow-up"]
    assert [dot.number for dot in picture.dots] == [1, 2, 3, 4, 5]
    places = [dot.x for dot in picture.dots]
    assert places == sorted(places)
    assert min(later - earlier for earlier, later in pairwise(places)) > 20
    assert max(places) < 1000
    assert [dot.after for dot in picture.dots] == [False, False, False, False, True]
    assert len(picture.dots[-1].events) == 2
    assert picture.dots[-1].places == (("ev-1", "4"),)
    assert picture.release is not None
    assert timeline_picture([], "UTC") is None
    alone = timeline_picture(events[:1], "UTC")
    assert alone is not None
    assert alone.dots[0].x > 400
