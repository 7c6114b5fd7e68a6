"""Coverage by week: which empty weeks are gaps that can still be closed, and the items of one system."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from twofold.catalog.load import load_catalog
from twofold.records.workspace import Workspace

AT = datetime(2026, 5, 20, tzinfo=UTC)


@pytest.mark.usefixtures("site")
def test_an_empty_week_is_a_gap_while_the_period_runs(site_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from twofold.jobs.judge import judged_engagements  # noqa: PLC0415
    from twofold.web.company import coverage  # noqa: PLC0415

    with Workspace.open(site_workspace) as workspace:
        judged = judged_engagements(workspace)
        row = coverage.coverage(workspace, judged, at=AT).rows[0]
        assert (row.control_id, row.control_test) == ("OP-02", "T-19")
        assert not any(week.gap for week in row.weeks)
        frequency = load_catalog().control("OP-02").frequency
        monkeypatch.setattr(coverage, "_WEEKLY", frozenset({frequency}))
        found = {week.starts_on: week for week in coverage.coverage(workspace, judged, at=AT).rows[0].weeks}
        assert found[date(2026, 3, 2)].items == 1
        assert not found[date(2026, 3, 2)].gap
        assert found[date(2026, 3, 9)].gap
        assert found[date(2026, 3, 9)].style == "wg"
        assert "expected each week" in found[date(2026, 3, 9)].words
        assert not found[date(2026, 5, 18)].gap  # it is not over
        assert not found[date(2025, 12, 29)].gap  # it begins before the period
        over = datetime(2026, 8, 1, tzinfo=UTC)
        assert not any(week.gap for week in coverage.coverage(workspace, judged, at=over).rows[0].weeks)
        one = coverage.coverage(workspace, judged, system="product", at=AT).rows[0]
        assert sum(week.items for week in one.weeks) == 2
        assert not any(week.gap for week in one.weeks)
        assert coverage.coverage(workspace, judged, system="wiki", at=AT).rows == ()
        assert replace(one, weeks=()).empty == 0
