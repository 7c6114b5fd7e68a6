"""Re-perform a package: a folder or its zip, on any machine, with no workspace and no network."""

import tempfile
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.reports.bag import BAGIT
from twofold.reports.reperform import Reperformance, reperform_package
from twofold.reports.zipped import unzip_package


def reperform(path: Path) -> Reperformance:
    """Run the packaged rules again and compare; raises UserError when `path` is no package or cannot be read."""
    with tempfile.TemporaryDirectory(prefix="twofold-reperform-") as scratch:
        work = Path(scratch).resolve() / "work"
        work.mkdir()
        try:
            if path.is_file():
                path = unzip_package(path, Path(scratch) / "package")
            if not (path / BAGIT).is_file():
                raise UserError(
                    Problem(
                        str(path),
                        "it is no audit package",
                        f"a folder with {BAGIT} in it, or its zip",
                        "check the path",
                    )
                )
            return reperform_package(path, scratch=work)
        except OSError as error:
            raise UserError(
                Problem(str(path), f"it cannot be read ({error})", "readable files and room to work", "check both")
            ) from error
