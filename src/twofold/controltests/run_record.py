"""The record of one run of a control test: what went in, which rule, what came out, each by hash.

It holds no time of day and no person, so the same inputs give the same bytes; who ran it and when stands in the log.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from twofold.controltests.rule import ParameterValue

RUN_FILE = "run.json"
OUTCOMES_FILE = "outcomes.parquet"
POPULATION_FILE = "population.parquet"
COMPLETENESS_FILE = "completeness.json"


class RunState(StrEnum):
    """How a run ended: tested, nothing to test, or stopped because the population is not proven."""

    TESTED = "tested"
    DID_NOT_OCCUR = "did_not_occur"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ControlTestRun:
    """One run. `tables` and `steps` are the hashes of what the texts read; `counts` is letter -> code -> items.

    run_id is made from every other field, so equal runs are one run. `clock` is the newest extraction, ISO in UTC.
    """

    control_test: str
    title: str
    rule_version: str
    rule_sha256: str
    parameters: Mapping[str, ParameterValue]
    population: str
    population_count: int
    population_sha256: str
    definition_sha256: str
    steps: Mapping[str, str]
    completeness_sha256: str
    tables: Mapping[str, str]
    clock: str
    engine: str
    state: RunState
    stops: tuple[str, ...]
    outcomes_sha256: str
    counts: Mapping[str, Mapping[str, int]]
    run_id: str = ""

    def identified(self) -> "ControlTestRun":
        """Return the run with its id: `run-` and the first 16 hex digits of the hash of its content."""
        body = asdict(self)
        body.pop("run_id")
        digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return replace(self, run_id=f"run-{digest[:16]}")

    def as_json(self) -> dict[str, Any]:
        """Return the run as plain JSON values."""
        return asdict(self)


def write_run(run: ControlTestRun, folder: Path) -> None:
    """Write run.json into the run's folder."""
    text = orjson.dumps(run.as_json(), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    (folder / RUN_FILE).write_bytes(text + b"\n")


def read_run(folder: Path) -> ControlTestRun:
    """Read run.json of a run's folder."""
    body = orjson.loads((folder / RUN_FILE).read_bytes())
    return ControlTestRun(**{**body, "state": RunState(body["state"]), "stops": tuple(body["stops"])})
