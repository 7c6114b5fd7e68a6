"""What the review of readiness counts of a planned period and of whatever time, for items that last."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from twofold.catalog.load import load_catalog
from twofold.controltests.run_record import COMPLETENESS_FILE, OUTCOMES_FILE, ControlTestRun, RunState
from twofold.jobs.readiness.gathering import run_controls
from twofold.jobs.readiness.predicting import predict
from twofold.model.period import ReviewPeriod
from twofold.scope.load import read_scope

SCOPE = """
systems:
  - id: erp
    layer: application
    owner: p-1
    soc2: [{{{label}, reason: r, approver: p-2}}]
engagements:
  - {{id: soc2-2026, lens: soc2, type: type2, starts_on: 2026-07-01, ends_on: 2026-09-30, categories: [security]}}
controls: [{{id: OP-03, owner: p-20}}]
"""
WINDOW = ReviewPeriod(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("label", "planned", "ever"),
    [
        ("from: 2025-01-01", 1, 1),
        # It came into scope, or left it, while the item lasted.
        ("from: 2026-08-01", 1, 1),
        ("from: 2025-01-01, to: 2026-07-31", 1, 1),
        # In scope while the item lasted, and not in the planned period.
        ("from: 2025-01-01, to: 2026-06-30", 0, 1),
        ("from: 2026-10-01", 0, 1),
        # In scope after it.
        ("from: 2026-11-01", 0, 0),
    ],
)
def test_an_item_that_lasts_is_of_the_planned_period_where_a_lens_holds_it_there(
    tmp_path: Path, label: str, planned: int, ever: int
) -> None:
    assert _counted(tmp_path, label, "2026-05-01", "2026-10-15") == (planned, ever)


@pytest.mark.parametrize(
    ("first", "last", "planned"),
    [
        ("2026-05-01", "2026-06-30 23:59:59", 0),
        ("2026-05-01", "2026-07-01", 1),
        ("2026-09-30 23:59:59", "2026-10-15", 1),
        ("2026-10-01", "2026-10-15", 0),
    ],
)
def test_an_item_counts_in_the_planned_period_that_it_touches(
    tmp_path: Path, first: str, last: str, planned: int
) -> None:
    assert _counted(tmp_path, "from: 2025-01-01", first, last) == (planned, 1)


def _counted(tmp_path: Path, label: str, first: str, last: str) -> tuple[int, int]:
    """Return how often a control with one item is foreseen in the planned period, and how often it ever was."""
    (tmp_path / COMPLETENESS_FILE).write_text('{"checks": []}')
    with duckdb.connect() as session:
        session.execute(
            f"""
            COPY (SELECT 'i' AS item, 'erp' AS system, TIMESTAMP '{first}' AS operating_at,
                TIMESTAMP '{last}' AS operating_at_latest, 'pass' AS A, 'na:x' AS B, 'na:x' AS C)
            TO '{tmp_path / OUTCOMES_FILE}' (FORMAT parquet)
            """
        )
    run = ControlTestRun(
        control_test="T-20",
        title="",
        rule_version="",
        rule_sha256="",
        parameters={},
        population="",
        population_count=1,
        population_sha256="",
        definition_sha256="",
        steps={},
        completeness_sha256="",
        tables={},
        clock="",
        engine="",
        state=RunState.TESTED,
        stops=(),
        outcomes_sha256="",
        counts={},
    )
    catalog = load_catalog()
    scope = read_scope({"a.yaml": SCOPE.format(label=label).encode()}, reporting_zone="UTC")
    found = predict(catalog, scope, {"T-20": (run, tmp_path)}, run_controls(catalog, scope), {}, window=WINDOW)
    planned = found.occurrences["soc2-2026"]["OP-03"]
    # In the window an item falls into its first week there, though it began before.
    week = "2026-W27" if first < "2026-07" else "2026-W40"
    assert [(each.week, each.passed) for each in found.cells] == [(week, 1)] * planned
    return planned, found.ever["OP-03"]
