"""What the API says, as types; times are ISO 8601 with offset, days are local days of the reporting zone."""

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Field, Schema

Text = Annotated[str, Field(min_length=1, max_length=4000)]


class LabelOut(Schema):
    """A stretch in which a system counts under a lens."""

    lens: Literal["soc2", "sox"]
    starts_at: datetime | None
    ends_before: datetime | None
    reason: str
    approver: str
    inherited: bool
    counts: bool


class SystemOut(Schema):
    """A system of the scope."""

    id: str
    name: str
    layer: str
    owner: str | None
    sources: list[str]
    labels: list[LabelOut]


class CountsOut(Schema):
    """Counts of one control test under a lens; they add up to the population."""

    population: int
    passed: int
    exceptions: int
    cannot_test: int
    not_applicable: int


class ResultOut(Schema):
    """One control test of a control in an engagement."""

    control_test: str
    run_id: str
    required: list[str]
    counts: CountsOut | None
    stops: list[str]


class JudgedOut(Schema):
    """What an engagement's lens proposes for a control."""

    engagement: str
    lens: str
    conclusion: str
    reasons: list[str]
    open_points: list[str]
    results: list[ResultOut]


class ControlOut(Schema):
    """A control."""

    id: str
    title: str
    family: str
    statement: str
    criteria: list[str]
    domains: dict[str, str]
    control_tests: list[str]
    owners: list[str]
    judged: list[JudgedOut]


class EngagementOut(Schema):
    """An engagement and what its criteria or domains are proposed as."""

    id: str
    lens: str
    auditor: str
    starts_at: datetime
    ends_before: datetime
    clock: datetime
    headings: dict[str, str]
    opinion: str


class EvidenceOut(Schema):
    """One capture."""

    id: str
    name: str
    source: str
    kind: str
    owner: str
    captured_by: str
    captured_at: datetime
    period_from: datetime | None
    period_to: datetime | None
    version: int
    size: int
    sha256: str


class EvidencePage(Schema):
    """A page of evidence, newest first. `next`: give it as `before`; null at the end. No total is counted."""

    items: list[EvidenceOut]
    next: int | None


class ItemOut(Schema):
    """One item of a run: a reason code per attribute, and a verdict per engagement."""

    item: str
    system: str
    operating_at: datetime | None
    codes: dict[str, str]
    verdicts: dict[str, str]


class ItemPage(Schema):
    """A page of items in order of id. `next`: give it as `after`; null at the end."""

    run_id: str
    items: list[ItemOut]
    next: str | None


class RunOut(Schema):
    """The newest run of a control test."""

    control_test: str
    title: str
    run_id: str
    state: str
    population: str
    items: int
    clock: datetime
    stops: list[str]
    counts: dict[str, dict[str, int]]


class FindingOut(Schema):
    """Exceptions grouped, as one engagement's lens sees them."""

    engagement: str
    finding: str
    control: str
    control_test: str
    condition: str
    criterion: str
    cause: str
    response: str
    owner: str
    due_on: str
    items: list[str]


class AnswerIn(Schema):
    """An answer to a finding."""

    finding: Text
    cause: Text
    response: Text
    owner: Annotated[str, Field(min_length=1, max_length=200)]
    due_on: date


class CapturedOut(Schema):
    """What was captured."""

    evidence: str


class RequestOut(Schema):
    """A request of an auditor."""

    id: str
    engagement: str
    control: str | None
    text: str
    assigned_to: str
    due_on: str | None
    state: str
    evidence: list[str]


class RequestAnswerIn(Schema):
    """An answer to a request: ids of captured evidence."""

    evidence: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=500)]
    note: Annotated[str, Field(max_length=4000)] = ""
