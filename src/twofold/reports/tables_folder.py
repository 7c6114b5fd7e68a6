"""data/tables/ of a package: the canonical tables that its runs read, each once, byte for byte.

With them and the texts beside a run anyone can run a rule again. A package takes tables only as its runs read them.
"""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from twofold.controltests.run_record import ControlTestRun
from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.file_hash import file_hash

TABLES = "tables"


def write_tables(into: Path, *, tables_folder: Path, runs: Iterable[ControlTestRun]) -> Mapping[str, str]:
    """Copy the tables that the runs read into the new folder `into`; return the SHA-256 of each by name.

    A stopped run's tables are included: its population can be defined again.
    Raises UserError with every table that is missing or no longer the one that a run read; `into` is then incomplete.
    """
    into.mkdir(parents=True)
    copied: dict[str, str] = {}
    problems = []
    for run in runs:
        for name, expected in sorted(run.tables.items()):
            source = tables_folder / f"{name}.parquet"
            if name not in copied and source.is_file():
                shutil.copyfile(source, into / source.name)
                copied[name] = file_hash(into / source.name)
            if copied.get(name) != expected:
                problems.append(_problem(run, name, missing=name not in copied))
    if problems:
        raise UserError(problems)
    return copied


def _problem(run: ControlTestRun, name: str, *, missing: bool) -> Problem:
    found = "is missing" if missing else "was read again from the evidence after this run"
    return Problem(
        f"{run.control_test} ({run.run_id})",
        f"table {name} {found}",
        "the tables that the run read",
        "run 'twofold test' and 'twofold judge' again, then package",
    )
