"""Completeness and accuracy records (IPE) of the populations: list them, show one, sign one.

A signature is evidence: it is captured as a line of the canonical table `completeness_signature`, in the words of the
person, bound to the hash of the record that the person saw.
"""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb
import orjson

from twofold.catalog.load import load_catalog
from twofold.controltests.run_record import COMPLETENESS_FILE, ControlTestRun, read_run
from twofold.jobs.capture import CapturedFile, capture
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.known_names import NAME_TABLES, known_names, names_in
from twofold.jobs.normalise import as_conclusion, tables_now
from twofold.model.evidence import Provenance
from twofold.model.problem import Problem, UserError
from twofold.records.acts.people import need_reason
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.scope.register import Scope, controls_of
from twofold.tables.store import TableSet, open_session
from twofold.vault.entry import instant_text
from twofold.vault.evidence import CaptureItem

SIGNATURE_TABLE = "completeness_signature"
SIGNATURE_TABLES = (SIGNATURE_TABLE, *NAME_TABLES)
"""What `read_signatures` reads."""


class CompletenessConclusion(StrEnum):
    """What a person concludes on a record."""

    COMPLETE = "complete"
    NOT_COMPLETE = "not_complete"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature under a population's records. `record_sha256` "" counts for whatever record there is.

    names: `signed_by`, and every HR id under which the registers know who that is.
    """

    conclusion: str
    signed_by: str
    record_sha256: str
    signed_at: datetime
    signed_at_latest: datetime
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class PopulationRecord:
    """The record of one population as the newest runs have it, and who signed it ("" = nobody, or an older record).

    signed_by: who called it complete. refused_by: who called it not complete, so that nothing is concluded on it.
    """

    population: str
    title: str
    items: int
    sha256: str
    conclusion: str
    """Of the checks: complete or stopped."""
    control_tests: tuple[str, ...]
    body: Mapping[str, Any]
    signed_by: str
    refused_by: str
    differing: tuple[str, ...]
    """Control tests whose newest run rests on another record of the population, so that they are to be run again."""


def population_records(workspace: Workspace) -> list[PopulationRecord]:
    """Return the record of every population that was tested, by name; [] when no control test was run yet.

    Where the newest runs of its control tests rest on several records, one that stops stands before one that does not,
    so that no stop is hidden, and then the one of the newest data.
    """
    signatures = _signatures(workspace)
    runs: dict[str, list[tuple[ControlTestRun, Path]]] = {}
    for _, folder in sorted(latest_runs(workspace).items()):
        run = read_run(folder)
        runs.setdefault(run.population, []).append((run, folder))
    return [_record(each, signatures) for _, each in sorted(runs.items())]


def population_record(workspace: Workspace, population: str) -> PopulationRecord:
    """Return one record; raises UserError for a population that was not tested."""
    records = {each.population: each for each in population_records(workspace)}
    if population not in records:
        expected = "one of " + ", ".join(records) if records else "a population of a control test that was run"
        remedy = nearest(population, list(records)) or "run 'twofold completeness list'"
        raise UserError(Problem("POPULATION", f"there is no record of {population!r}", expected, remedy))
    return records[population]


def sign_completeness(
    workspace: Workspace,
    population: str,
    *,
    conclusion: CompletenessConclusion,
    reason: str,
    actor: str,
    at: datetime,
    seen: str = "",
) -> CapturedFile:
    """Capture a signature under the record as it is now. seen: SHA-256 of the record that the person read, if known.

    Raises UserError for an unknown population, without a reason, from a person with a part in a control that is tested
    on it, for a record that changed since it was read, and when a record whose checks stopped the test would be called
    complete: the difference is to be explained first.
    """
    said = need_reason(reason, why="what the person looked at")
    record = population_record(workspace, population)
    applied = workspace.applied_scope()
    own = controls_with_a_part(workspace, applied.scope if applied else None, actor, record=record)
    if own:
        told = f"{actor} has a part in {', '.join(sorted(own))}, tested on {population}"
        raise UserError(
            Problem("TWOFOLD_ACTOR", told, "a person without a part in it", "let another person conclude on it")
        )
    if seen and seen != record.sha256:
        raise UserError(
            Problem(population, "the record changed since you read it", "the record that you read", "read it again")
        )
    if conclusion is CompletenessConclusion.COMPLETE and record.conclusion != conclusion:
        stops = [check["found"] for check in record.body["checks"] if check["result"] == "stop"]
        raise UserError(
            Problem(
                "--conclusion",
                f"the checks stop {population}: {'; '.join(stops)}",
                "a record without a stop",
                f"repair the export or explain the difference; see 'twofold completeness show {population}'",
            )
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["population", "conclusion", "signed_by", "signed_at", "record_sha256"])
    writer.writerow([population, conclusion, actor, instant_text(at), record.sha256])
    provenance = Provenance(
        source="csvtable",
        kind=SIGNATURE_TABLE,
        run_by=actor,
        run_at=at,
        query=f"Signature under the completeness record of {population}: {said}",
        claimed_count=1,
    )
    with tempfile.TemporaryDirectory(prefix="twofold-signature-") as scratch:
        file = Path(scratch) / f"completeness-{population}.csv"
        file.write_text(text.getvalue(), encoding="utf-8")
        (captured,) = capture(workspace, [CaptureItem(file, file.name, provenance)], actor=actor, at=at)
    return captured


def controls_with_a_part(
    workspace: Workspace, scope: Scope | None, person: str, *, record: PopulationRecord
) -> frozenset[str]:
    """Return the controls that are tested on a population and in which a person has, or ever had, a part.

    person: an HR id, an account or an e-mail address; the parts of every HR id of that human count.
    """
    tests = frozenset(record.control_tests)
    tested = {name for name, each in load_catalog().controls.items() if not tests.isdisjoint(each.control_tests)}
    return controls_of(scope, *names_in(workspace, [person])[person]) & tested


def read_signatures(session: duckdb.DuckDBPyConnection) -> dict[str, tuple[Signature, ...]]:
    """Return the signatures of each population; the session holds `SIGNATURE_TABLES`."""
    rows = session.execute(
        """
        SELECT population, conclusion, signed_by, COALESCE(record_sha256, ''), signed_at, signed_at_latest
        FROM completeness_signature ORDER BY ALL
        """
    ).fetchall()
    names = known_names(session, {signer for _, _, signer, *_ in rows})
    found: dict[str, tuple[Signature, ...]] = {}
    for population, said, signer, record, at, latest in rows:
        signature = Signature(as_conclusion(said), signer, record, at, latest, names[signer])
        found[population] = (*found.get(population, ()), signature)
    return found


def signed_by(
    signatures: Mapping[str, Sequence[Signature]],
    run: ControlTestRun,
    conclusion: CompletenessConclusion = CompletenessConclusion.COMPLETE,
) -> str:
    """Return who signed the record of a run with this conclusion, "" where nobody did, or another record was signed.

    The newest counts; where the newest disagree the stricter one: who found a hole is not outvoted. A signature under
    another record lifts no refusal of this one, but it ends an older approval.
    """
    said = signatures.get(run.population, ())
    under = [each for each in said if each.record_sha256 in {"", run.completeness_sha256}]
    refused = [each for each in _newest(under) if each.conclusion == CompletenessConclusion.NOT_COMPLETE]
    counting = refused or [each for each in _newest(said) if each in under]
    return next((each.signed_by for each in counting if each.conclusion == conclusion), "")


def _newest(said: Sequence[Signature]) -> list[Signature]:
    """Return the newest: several where people signed at one moment, or at times too coarse to say which was later."""
    newest = max((each.signed_at for each in said), default=None)
    return [each for each in said if newest is not None and each.signed_at_latest >= newest]


def _signatures(workspace: Workspace) -> dict[str, tuple[Signature, ...]]:
    if not tables_now(workspace.tables_folder):
        return {}
    with open_session(TableSet(workspace.tables_folder, {}), wanted=SIGNATURE_TABLES) as session:
        return read_signatures(session)


def _record(
    runs: Sequence[tuple[ControlTestRun, Path]], signatures: Mapping[str, Sequence[Signature]]
) -> PopulationRecord:
    run, folder = max(runs, key=lambda each: (bool(each[0].stops), each[0].clock, each[0].control_test))
    body = orjson.loads((folder / COMPLETENESS_FILE).read_bytes())
    return PopulationRecord(
        population=run.population,
        title=body["title"],
        items=run.population_count,
        sha256=run.completeness_sha256,
        conclusion=body["conclusion"],
        control_tests=tuple(each.control_test for each, _ in runs),
        body=body,
        signed_by=signed_by(signatures, run),
        refused_by=signed_by(signatures, run, CompletenessConclusion.NOT_COMPLETE),
        differing=tuple(each.control_test for each, _ in runs if each.completeness_sha256 != run.completeness_sha256),
    )
