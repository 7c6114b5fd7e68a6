"""Stage 5: deficiencies that touch the same objective, system, account or principle are looked at together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from twofold.findings.deficiency.dependents import Window
from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.exposure import Asked, severity
from twofold.findings.deficiency.inputs import Judgements
from twofold.findings.deficiency.path import Missing, Path, Step
from twofold.findings.deficiency.severity import UNRESOLVED, Severity, Span, gravest

_FEWEST = 2


class Basis(StrEnum):
    """What the members of a group have in common (audit-domain 2.6, stage 5)."""

    OBJECTIVE = "objective"
    SYSTEM = "system"
    ACCOUNT = "account"
    PRINCIPLE = "principle"

    @property
    def words(self) -> str:
        """The basis in words."""
        return _TITLES[self]


_TITLES = {
    Basis.OBJECTIVE: "ITGC objective",
    Basis.SYSTEM: "system",
    Basis.ACCOUNT: "account and assertion",
    Basis.PRINCIPLE: "COSO principle",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Deficiencies together. bounded_by: the larger group that caps its class.

    blockers: what hinders its comparison; unresolved: members whose class is open.
    """

    group_id: str
    basis: Basis
    common: str
    members: tuple[Evaluation, ...]
    span: Span
    steps: tuple[Step, ...]
    missing: tuple[Missing, ...]
    blockers: tuple[str, ...]
    unresolved: tuple[str, ...]
    bounded_by: str = ""

    @property
    def severity(self) -> Severity | None:
        """The class, None while it is unresolved."""
        return self.span.low if self.span.certain and not self.blockers and not self.unresolved else None

    @property
    def word(self) -> str:
        """The class in words, or that it is unresolved."""
        return UNRESOLVED if self.severity is None else self.severity.title

    @property
    def own_wanted(self) -> list[str]:
        """What would resolve it, apart from its members."""
        return [*self.blockers, *(each.text for each in self.missing)]


def group_id(engagement: str, basis: Basis, common: str) -> str:
    """Return the id that judgements name a group by."""
    return f"{engagement}/group/{basis}/{common}"


def groups_of(evaluations: Iterable[Evaluation], judgements: Judgements) -> list[Group]:
    """Return the groups of two members and more of each engagement, by id; the order given makes no difference.

    Members are deficiencies that are open at year end. A group whose members all belong to another group cannot be
    graver than that one: less acts together.
    """
    counted = [each for each in evaluations if each.span.high >= Severity.DEFICIENCY and each.is_open]
    by_key: dict[tuple[str, Basis, str], list[Evaluation]] = {}
    for each in sorted(counted, key=lambda one: one.case.deficiency_id):
        for basis, common in _common(each):
            by_key.setdefault((each.case.engagement_id, basis, common), []).append(each)
    alone = [
        _evaluated(engagement, basis, common, members, judgements)
        for (engagement, basis, common), members in sorted(by_key.items())
        if len(members) >= _FEWEST
    ]
    return [_bounded(each, alone) for each in alone]


def touched(evaluation: Evaluation) -> tuple[str, ...]:
    """Return the accounts and assertions that what relies on the systems touches."""
    return tuple(sorted({each.touches for each in evaluation.case.dependents if each.touches}))


def _common(evaluation: Evaluation) -> Iterator[tuple[Basis, str]]:
    case = evaluation.case
    yield from ((Basis.OBJECTIVE, each) for each in case.domains)
    yield from ((Basis.SYSTEM, each) for each in case.systems)
    yield from ((Basis.ACCOUNT, each) for each in touched(evaluation))
    yield from ((Basis.PRINCIPLE, str(each)) for each in case.principles)


def _evaluated(
    engagement: str, basis: Basis, common: str, members: Sequence[Evaluation], judgements: Judgements
) -> Group:
    """Return the class of a group by its own inputs, never below its worst member."""
    name = group_id(engagement, basis, common)
    path = Path(name, judgements)
    worst = gravest(each.span for each in members)
    told = f"{worst.low.title}{'' if worst.certain else f' to {worst.high.title}'}"
    path.computed("5", "What is the gravest class of a member?", told)
    span = worst
    if worst.low is not Severity.MATERIAL:
        windows = [each.case.window for each in members]
        window = Window(min(each.first_on for each in windows), max(each.last_on for each in windows))
        span = gravest([worst, severity(Asked(engagement, "", "", "J_group_exposure", window), path)])
    unresolved = [each.case.deficiency_id for each in members if each.severity is None]
    if span.low is Severity.MATERIAL:
        unresolved = []
    missing = () if span.certain else tuple(path.missing)
    return Group(
        group_id=name,
        basis=basis,
        common=common,
        members=tuple(members),
        span=span,
        steps=tuple(path.steps),
        missing=missing,
        blockers=tuple(path.blockers),
        unresolved=tuple(unresolved),
    )


def _bounded(group: Group, every: Sequence[Group]) -> Group:
    """Cap the class of a group by larger groups that hold all its members, where that decides something."""
    if group.span.certain:
        return group
    ids = _ids(group)
    larger = [each for each in every if each is not group and ids <= _ids(each) and each.span.high < group.span.high]
    if not larger:
        return group
    cap = min(larger, key=lambda each: (each.span.high, each.group_id))
    span = Span(group.span.low, max(group.span.low, cap.span.high))
    asked = "Can it be graver than the larger group that holds all of it?"
    steps = (*group.steps, Step("5", asked, f"no: {cap.group_id} is at most a {cap.span.high.title}"))
    missing = () if span.certain else group.missing
    return replace(group, span=span, steps=steps, missing=missing, bounded_by=cap.group_id)


def _ids(group: Group) -> frozenset[str]:
    return frozenset(each.case.deficiency_id for each in group.members)


def gravest_of(evaluation: Evaluation, groups: Sequence[Group]) -> Mapping[str, Span]:
    """Return the groups that a deficiency belongs to, with their classes, the gravest first."""
    own = [each for each in groups if evaluation.case.deficiency_id in _ids(each)]
    ordered = sorted(own, key=lambda each: (-each.span.high, -each.span.low, each.group_id))
    return {each.group_id: each.span for each in ordered}
