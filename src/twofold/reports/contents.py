"""What an audit package is made of: plain data and paths of finished files, no handle of a database or vault.

Whoever fills it (the package job) chooses what goes in; the writer of the package only checks that it fits together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twofold.catalog.crosswalk import CrosswalkMatrix
from twofold.catalog.entries import Control
from twofold.controltests.rule import Rule
from twofold.findings.finding import Finding
from twofold.lenses.conclusion import ControlJudgement, ControlTestResult
from twofold.lenses.judgement import EngagementJudgement
from twofold.model.evidence import EvidenceRef

NOT_AN_OPINION = "This is not an audit opinion. Software proposes; a named person concludes."
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

    log_entries: the raw bytes of every entry of the log in order; checkpoint: the C2SP body that names their root.
    scope_json: the applied scope in its canonical form. memo: what a named person adds to the scope, in Markdown.
    """

    package_id: str
    scope_json: bytes
    matrix: CrosswalkMatrix
    evidence: Sequence[PackagedEvidence]
    log_entries: Sequence[bytes]
    checkpoint: str
    memo: str = ""


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
