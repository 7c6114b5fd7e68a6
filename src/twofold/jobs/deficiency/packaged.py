"""What a package holds of the deficiencies of its SOX engagements, and the evidence that their evaluation rests on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from twofold.jobs.deficiency.evaluations import Deficiencies, deficiencies, today_in
from twofold.jobs.deficiency.facts import LENS
from twofold.jobs.deficiency.memo import deficiency_memo
from twofold.jobs.judge import JudgedEngagement
from twofold.records.workspace import Workspace
from twofold.reports.deficiency_memo import DeficiencyMemo
from twofold.vault.signing.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class DeficienciesForPackage:
    """Engagement -> its memo, and the ids of the evidence behind them."""

    memos: Mapping[str, DeficiencyMemo]
    evidence: frozenset[str]


def deficiencies_for_package(
    workspace: Workspace, judged: Sequence[JudgedEngagement], *, at: datetime, checkpoint: Checkpoint
) -> DeficienciesForPackage:
    """Evaluate the deficiencies of the SOX engagements among these, on the day of `at` in the reporting zone.

    The memos name the log as the package's checkpoint has it.
    """
    names = [each.judgement.engagement_id for each in judged if each.judgement.lens == LENS]
    if not names:
        return DeficienciesForPackage({}, frozenset())
    found = deficiencies(workspace, today=today_in(workspace, at))
    memos = {name: deficiency_memo(workspace, name, at=at, found=found) for name in names}
    return DeficienciesForPackage(
        {name: replace(memo, size=checkpoint.size, root=checkpoint.root) for name, memo in memos.items()},
        frozenset(evidence for name in names for evidence in _rests_on(found, name)),
    )


def _rests_on(found: Deficiencies, engagement: str) -> Iterator[str]:
    """Give every judgement about an engagement, also older ones, and where it has deficiencies the whole register.

    All of the register, since it also has to show that nothing else relies on the systems.
    """
    for (_, subject, _), several in found.judgements.given.items():
        if subject == engagement or subject.startswith(f"{engagement}/"):
            yield from (each.captured for each in several)
    if found.of(engagement):
        for dependent in found.register:
            yield dependent.captured
            yield from (each.captured for each in dependent.tests)
