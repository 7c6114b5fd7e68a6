"""What an audit package is made of: plain data and paths of finished files, no handle of a database or vault.

Whoever fills it (the package job) chooses what goes in; the writer of the package only checks that it fits together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from twofold.catalog.crosswalk import CrosswalkMatrix
from twofold.catalog.entries import Control
from twofold.controltests.rule import Rule
from twofold.engagement.sample import Sample
from twofold.findings.finding import Finding
from twofold.lenses.conclusion import ControlJudgement, ControlTestResult
from twofold.lenses.judgement import EngagementJudgement
from twofold.model.evidence import EvidenceRef
from twofold.populations.samples.frozen import FrozenPopulation
from twofold.reports.deficiency_memo import DeficiencyMemo
from twofold.reports.redaction import Redaction
from twofold.vault.signing.checkpoint import Checkpoint

_UNSAFE = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class PackagedEngagement:
    """One engagement: its days (ISO, both inclusive, in the reporting zone), its judgement and its findings.

    `type` is type1 or type2 for SOC 2, "" for SOX.
    """

    judgement: EngagementJudgement
    starts_on: str
    ends_on: str
    type: str = ""
    service: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def id(self) -> str:
        """The id of the engagement."""
        return self.judgement.engagement_id

    @property
    def period(self) -> str:
        """The review period with both days."""
        return f"{self.starts_on} to {self.ends_on}"

    def control(self, control_id: str) -> ControlJudgement | None:
        """Return what the lens proposes for a control, None when it does not judge it."""
        return next((each for each in self.judgement.controls if each.control_id == control_id), None)

    def result(self, control_id: str, control_test: str) -> ControlTestResult | None:
        """Return the result of one control test for a control, None when the lens has none."""
        control = self.control(control_id)
        results = control.results if control else ()
        return next((each for each in results if each.control_test == control_test), None)


@dataclass(frozen=True, slots=True)
class PackagedRun:
    """One control test of one control, with the files of its run.

    folder: holds run.json, population.parquet, completeness.json and, unless the run was stopped, outcomes.parquet.
    people: role (owner, performer, evidence owner, deputy) -> person as shown. steps: name -> SQL of each shared step.
    verdicts: engagement id -> Parquet file of verdicts for this control. facts: Parquet with the columns of facts.sql
    (item, attribute, table_name, evidence, record, fact), or None when they were not kept.
    """

    control: Control
    rule: Rule
    folder: Path
    definition_sql: str
    steps: Mapping[str, str]
    verdicts: Mapping[str, Path]
    people: Mapping[str, str]
    facts: Path | None = None


@dataclass(frozen=True, slots=True)
class PackagedEvidence:
    """One evidence record and a file with its bytes."""

    record: EvidenceRef
    path: Path


@dataclass(frozen=True, slots=True)
class PackagedSample:
    """A sample as the records that are shown give it, and its frozen lines."""

    sample: Sample
    population: FrozenPopulation


@dataclass(frozen=True, slots=True)
class Withheld:
    """Evidence whose record is in the package and whose bytes are not, with the reason that is shown."""

    evidence_id: str
    sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShownFlag:
    """A conclusion (its entry) that is older than something it rests on, in a sentence."""

    entry: int
    text: str


@dataclass(frozen=True, slots=True)
class EarlierCheckpoint:
    """A checkpoint of the same log that somebody else holds or dated: the signed note, byte for byte.

    proof: consistency proof (RFC 9162, 2.1.4.1) to the next bigger one of its kind, the last one to the package's own.
    """

    size: int
    note: str
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """A checkpoint with its RFC 3161 request and response, and the time (aware UTC) that the authority gives."""

    checkpoint: EarlierCheckpoint
    request: bytes
    response: bytes
    at: datetime
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedLog:
    """What a package shows of the log.

    checkpoint: its state, not signed yet. records: index and stored bytes of each entry that is shown, in order.
    tiles: path below log/ -> hashes, those that prove the records to the checkpoint. in_log: kind -> entries in the
    whole log. witness_keys: verifier keys of witnesses. chain: certificates of timestamp authorities, PEM.
    """

    checkpoint: Checkpoint
    records: Sequence[tuple[int, bytes]]
    tiles: Mapping[str, bytes]
    in_log: Mapping[str, int]
    witness_keys: Sequence[str] = ()
    witnessed: Sequence[EarlierCheckpoint] = ()
    stamped: Sequence[StampedCheckpoint] = ()
    chain: bytes = b""


@dataclass(frozen=True, slots=True)
class DatedLabel:
    """A label of a system in a stretch of days; "" = always, or still. `ends_on` is the last day, inclusive."""

    label: str
    starts_on: str
    ends_on: str
    reason: str
    approver: str
    dependents: str
    inherited: bool


@dataclass(frozen=True, slots=True)
class ShownSystem:
    """A system of the register as a reader sees it."""

    id: str
    name: str
    layer: str
    owner: str
    labels: tuple[DatedLabel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContents:
    """What the HTML report shows, of one engagement or several.

    clock: newest extraction, aware UTC; the only time that is written as made. runs and systems may be left out.
    """

    company: str
    reporting_zone: str
    software: str
    clock: datetime
    engagements: Sequence[PackagedEngagement]
    systems: Sequence[ShownSystem] = ()
    runs: Sequence[PackagedRun] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageContents(ReportContents):
    """Everything that goes into one package.

    scope_json: the applied scope in its canonical form. memo: what a named person adds to the scope, in Markdown.
    tables_folder: the canonical tables that the runs read, as Parquet; None leaves them out. redaction: what is
    taken out again before it is sealed. withheld: evidence that is recorded and not here. samples: those whose freeze
    is among the records, in order of the log. deficiencies: SOX engagement -> its deficiencies, with groups.
    """

    package_id: str
    scope_json: bytes
    matrix: CrosswalkMatrix
    evidence: Sequence[PackagedEvidence]
    log: PackagedLog
    memo: str = ""
    tables_folder: Path | None = None
    redaction: Redaction | None = None
    withheld: Sequence[Withheld] = ()
    order_flags: Sequence[ShownFlag] = ()
    samples: Sequence[PackagedSample] = ()
    deficiencies: Mapping[str, DeficiencyMemo] = field(default_factory=dict)


def all_withheld(contents: PackageContents) -> list[Withheld]:
    """Return the evidence whose bytes are not in the package: what was deleted, and what is shown only in part."""
    redacted = {each.table.sha256 for each in contents.redaction.tables} if contents.redaction else set()
    redacted |= {each.sha256 for each in contents.redaction.whole} if contents.redaction else set()
    reason = "data/withheld.json says what is withheld and why; data/tables/rows has the rows that are shown"
    return [
        *contents.withheld,
        *(
            Withheld(each.record.evidence_id, each.record.sha256, reason)
            for each in contents.evidence
            if each.record.sha256 in redacted
        ),
    ]


def file_name(text: str) -> str:
    """Return `text` as a name made of a-z, 0-9, dot, underscore and hyphen, as every file of a package has.

    >>> file_name("SOX FY2026"), file_name("../x")
    ('sox-fy2026', 'x')
    """
    return _UNSAFE.sub("-", text.lower()).strip("-._") or "unnamed"


def run_place(run: PackagedRun) -> str:
    """Return the folder of a control test inside data/, for example controls/cm-01/t-10."""
    return f"controls/{file_name(run.control.control_id)}/{file_name(run.rule.control_test)}"


def workbook_name(run: PackagedRun) -> str:
    """Return the name of the workbook, which tells control and test when it lies elsewhere."""
    return f"workbook-{file_name(run.control.control_id)}-{file_name(run.rule.control_test)}.xlsx"
