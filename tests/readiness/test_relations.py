from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from twofold.controltests.rule import rule_named
from twofold.readiness import relations
from twofold.scope.labels import SOC2, EffectiveLabel
from twofold.scope.stretches import Stretch

JULY, OCTOBER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
MAY, AUGUST, NOVEMBER = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 8, 11))


@pytest.mark.parametrize(
    ("label", "seen"),
    [
        (Stretch.of(None, None), True),
        # It came into scope, or left it, while the item lasted.
        (Stretch.of(AUGUST, None), True),
        (Stretch.of(None, AUGUST), True),
        # In scope while the item lasted, and not in the window.
        (Stretch.of(None, JULY), False),
        (Stretch.of(OCTOBER, None), False),
        (Stretch.of(NOVEMBER, None), False),
    ],
)
def test_an_item_that_lasts_is_of_the_window_where_a_lens_holds_it_there(
    tmp_path: Path, label: Stretch, *, seen: bool
) -> None:
    rule = rule_named("T-20", where="")
    with duckdb.connect() as session:
        file = tmp_path / "outcomes.parquet"
        session.execute(
            f"""
            COPY (SELECT 'i' AS item, 'erp' AS system, TIMESTAMP '{MAY:%Y-%m-%d}' AS operating_at,
                TIMESTAMP '2026-10-15' AS operating_at_latest, 'exception:overdue' AS A, 'na:x' AS B, 'na:x' AS C)
            TO '{file}' (FORMAT parquet)
            """
        )
        run = relations.TestedRun("run-1", rule, file, ("OP-03",))
        labels = [EffectiveLabel("erp", SOC2, label, "", "", None, inherited=False, record="")]
        relations.make_outcomes(session, [run], labels, window_from=JULY, window_to=OCTOBER)
        assert bool(session.execute("SELECT code FROM outcome").fetchall()) is seen
