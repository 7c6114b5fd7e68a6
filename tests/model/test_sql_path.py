from pathlib import Path

import duckdb
import pytest

from twofold.model.sql_path import one_file


@pytest.mark.parametrize(
    ("name", "lookalike"), [("acme [1]", "acme 1"), ("a*b", "axb"), ("wh?t", "what"), ("[*?]", "?")]
)
def test_a_folder_with_a_pattern_in_its_name_is_read_from_itself_only(
    tmp_path: Path, name: str, lookalike: str
) -> None:
    for folder in (name, lookalike):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.csv").write_text(f"folder\n{folder}\n")
    with duckdb.connect() as session:
        query = "SELECT folder FROM read_csv(?, header = true, all_varchar = true)"
        assert session.execute(query, [one_file(tmp_path / name / "x.csv")]).fetchall() == [(name,)]
