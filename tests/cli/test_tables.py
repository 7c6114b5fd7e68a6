"""Tables on the command line: a narrow terminal cuts nothing off."""

import pytest
from rich.table import Table

from twofold.cli.output import say_table

ITEM = "acme/payments/deployments/23012545/acme/payments#1299"


def test_a_long_id_goes_on_in_the_next_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """People copy ids into the next command, so a cell that does not fit is folded and not cut."""
    monkeypatch.setenv("COLUMNS", "50")
    table = Table("item", "operating date (UTC)")
    table.add_row(ITEM, "2026-09-23T20:08:48")

    say_table(table)

    said = capsys.readouterr().out
    assert "…" not in said
    cells = [line.split("│")[1].strip() for line in said.splitlines() if line.startswith("│")]
    assert "".join(cells) == ITEM
