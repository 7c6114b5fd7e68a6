from pathlib import Path

from twofold.tables.document import tables_page

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "tables.md"


def test_the_page_in_the_repository_is_made_from_the_schema_of_today() -> None:
    made_again = ".venv/bin/python -m twofold.tables.document > docs/formats/tables.md"
    assert PAGE.read_text(encoding="utf-8") == tables_page(), f"run: {made_again}"
