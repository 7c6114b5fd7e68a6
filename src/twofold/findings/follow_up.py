"""Where a finding stands in its follow-up: a stage that follows from what was answered and from the retest.

Rule: a stage is never stored. It is read from the newest answer of a person and from the newest run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from twofold.findings.finding import Finding
from twofold.findings.retest import Retest, RetestResult
from twofold.lenses.conclusion import ControlJudgement


class Decision(StrEnum):
    """What a named person decides about a finding."""

    REPAIR = "repair"
    ACCEPT = "accept"


class Stage(StrEnum):
    """Where a finding stands, in order."""

    ANSWER = "answer"
    REPAIR = "repair"
    RETEST = "retest"
    CLOSED = "closed"
    ACCEPTED = "accepted"


STAGE_TITLES = {
    Stage.ANSWER: "Needs an answer",
    Stage.REPAIR: "Being repaired",
    Stage.RETEST: "Waits for retest",
    Stage.CLOSED: "Retested, good",
    Stage.ACCEPTED: "Accepted",
}
OPEN_STAGES = frozenset({Stage.ANSWER, Stage.REPAIR, Stage.RETEST})


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a person as it was captured. due_on: until when; for an acceptance, when it is looked at again.

    evidence: ids of the evidence of the repair. captured: evidence id of the answer itself. given_at is aware UTC.
    """

    finding_id: str
    cause: str
    response: str
    owner: str
    due_on: date | None
    given_by: str
    given_at: datetime
    captured: str
    decision: Decision = Decision.REPAIR
    remediated_on: date | None = None
    remediation: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenBy:
    """A finding as one engagement has it."""

    engagement_id: str
    lens: str
    lens_title: str
    finding: Finding
    control: ControlJudgement


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One finding with everything that followed. It is one finding, though two lenses may see it.

    seen: at least one. answers: the newest first; the first one counts.
    """

    finding_id: str
    seen: tuple[SeenBy, ...]
    answers: tuple[Answer, ...]
    retest: Retest | None
    stage: Stage

    @property
    def finding(self) -> Finding:
        """The finding as the first engagement has it; control, test, attribute and code are the same in each."""
        return self.seen[0].finding

    @property
    def answer(self) -> Answer | None:
        """The answer that counts."""
        return self.answers[0] if self.answers else None

    @property
    def owner(self) -> str:
        """Who answers for it, "" where nobody does yet."""
        return self.answers[0].owner if self.answers else ""

    @property
    def due_on(self) -> date | None:
        """The day that was promised."""
        return self.answers[0].due_on if self.answers else None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.stage in OPEN_STAGES

    @property
    def items(self) -> tuple[str, ...]:
        """The items of all engagements, in order."""
        return tuple(sorted({item for each in self.seen for item in each.finding.items}))

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems of all engagements, in order."""
        return tuple(sorted({name for each in self.seen for name in each.finding.systems}))

    @property
    def title(self) -> str:
        """One sentence without the count: what deviates."""
        return self.finding.condition.partition(": ")[2]


def stage_of(answers: Sequence[Answer], retest: Retest | None) -> Stage:
    """Return the stage. A retest that failed leads back to the repair."""
    if not answers:
        return Stage.ANSWER
    newest = answers[0]
    if newest.decision is Decision.ACCEPT:
        return Stage.ACCEPTED
    if newest.remediated_on is None or (retest is not None and retest.result is RetestResult.FAILED):
        return Stage.REPAIR
    return Stage.CLOSED if retest is not None and retest.result is RetestResult.GOOD else Stage.RETEST
