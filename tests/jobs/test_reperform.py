"""The command's way in: a folder or a zip, anything else is refused."""

from pathlib import Path

import pytest

from twofold.jobs.reperform import reperform
from twofold.model.problem import UserError


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no audit package"):
        reperform(tmp_path)
    with pytest.raises(UserError, match="no audit package"):
        reperform(tmp_path / "missing")
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(UserError, match="cannot be unpacked"):
        reperform(tmp_path / "x.zip")
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "bagit.txt").write_text("")
    with pytest.raises(UserError, match=r"package.json"):
        reperform(tmp_path / "bag")
