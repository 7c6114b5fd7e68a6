"""Facts of the newest runs: items, exceptions, failed tries of the tables they read, signers of completeness."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from twofold.controltests.run_record import ControlTestRun, RunState, read_run
from twofold.jobs.completeness import population_records
from twofold.jobs.control_tests import latest_runs
from twofold.readiness.anti_patterns.facts import RunFact, TwoRolesFact
from twofold.records.workspace import Workspace

_EXCEPTION = "exception"


def newest_runs(workspace: Workspace) -> list[ControlTestRun]:
    """Return the newest run of each control test that was tested."""
    runs = [read_run(folder) for _, folder in sorted(latest_runs(workspace).items())]
    return [run for run in runs if run.state is RunState.TESTED]


def run_facts(runs: list[ControlTestRun], tries: Mapping[str, tuple[int, int]]) -> Iterator[RunFact]:
    """Give each run with the table among those it read that shows the most failed tries."""
    for run in runs:
        exceptions = sum(
            count for codes in run.counts.values() for code, count in codes.items() if code.startswith(_EXCEPTION)
        )
        table = max((name for name in run.tables if name in tries), key=lambda name: tries[name][0], default="")
        failed, every = tries.get(table, (0, 0))
        yield RunFact(run.control_test, run.run_id, run.population_count, exceptions, failed, every, table)


def completeness_roles(
    workspace: Workspace, runs: list[ControlTestRun], asked: Mapping[str, Mapping[str, datetime]]
) -> Iterator[TwoRolesFact]:
    """Give who signed a completeness record and who alone asked the sources of its population.

    Where several people asked, the signer looked at the work of others too, and nothing is given.
    """
    reads = {run.population: run.tables for run in runs}
    for record in population_records(workspace):
        people: dict[str, datetime] = {}
        for table in reads.get(record.population, ()):
            people.update(asked.get(table, {}))
        if record.signed_by and len(people) == 1:
            (extractor, at), *_ = people.items()
            where = f"population: {record.population}"
            what = f"completeness of {record.population}"
            yield TwoRolesFact(where, what, "who asked the sources", extractor, "signer", record.signed_by, at)
