"""The labels that hold for each system, its own and those inherited from what it serves.

Source: audit-domain 8, labels per system: identity, pipeline and database platforms inherit relevance from what they
serve. Inheritance runs through chains (identity serves pipeline serves application) and is limited to the time in
which the label and every serving of the chain hold. The result has one label per system, kind and moment.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, without
from twofold.scope.system import FinancialLabel, Label, Serving, System

SOC2 = "soc2"
FIN_RELEVANT = "fin_relevant"
SSO_ONLY = "sso_only"


@dataclass(frozen=True, slots=True)
class EffectiveLabel:
    """A label that holds for a system in a stretch.

    dependents: names of what relies on the system, None = not recorded (counted in), empty = nothing.
    inherited: whether no label of its own takes part. record: locator of the first entry that says so.
    """

    system: str
    label: str
    stretch: Stretch
    reason: str
    approver: str
    dependents: frozenset[str] | None
    inherited: bool
    record: str

    @property
    def counts(self) -> bool:
        """Whether the label puts the system in a lens: a financial label that nothing relies on does not."""
        return self.label != FIN_RELEVANT or self.dependents is None or bool(self.dependents)


def effective_labels(scope: Scope) -> tuple[EffectiveLabel, ...]:
    """Return every label that holds, sorted by system, label and start; stretches of one kind do not overlap."""
    servers = _servers(scope)
    claims: dict[tuple[str, str], list[EffectiveLabel]] = {}
    for system in scope.systems:
        for kind, label in _own(system):
            own = _claim(system.id, kind, label, label.stretch)
            found = [own] if kind == SSO_ONLY else [own, *_inherited(own, servers)]
            for claim in found:
                claims.setdefault((claim.system, kind), []).append(claim)
    return tuple(label for key in sorted(claims) for label in _flat(claims[key]))


def _own(system: System) -> Iterator[tuple[str, Label]]:
    yield from ((SOC2, label) for label in system.soc2)
    yield from ((FIN_RELEVANT, label) for label in system.financially_relevant)
    yield from ((SSO_ONLY, label) for label in system.sso_only)


def _claim(system: str, kind: str, label: Label, stretch: Stretch) -> EffectiveLabel:
    named = label.dependents if isinstance(label, FinancialLabel) else None
    dependents = None if named is None else frozenset(named)
    return EffectiveLabel(
        system, kind, stretch, label.reason, label.approver, dependents, inherited=False, record=label.record
    )


def _servers(scope: Scope) -> Mapping[str, list[tuple[str, Serving]]]:
    """Return served system -> (system that serves it, serving), in a fixed order."""
    servers: dict[str, list[tuple[str, Serving]]] = {}
    for system in sorted(scope.systems, key=lambda each: each.id):
        for serving in system.serves:
            servers.setdefault(serving.system, []).append((system.id, serving))
    return servers


def _inherited(own: EffectiveLabel, servers: Mapping[str, list[tuple[str, Serving]]]) -> Iterator[EffectiveLabel]:
    """Yield the claims that follow from one label. Breadth first, so the shortest chain gives the reason.

    What a system already holds from this label is not passed on again, so a circle of servings ends.
    """
    reached: dict[str, list[Stretch]] = {own.system: [own.stretch]}
    queue: deque[tuple[str, Stretch, tuple[str, ...]]] = deque([(own.system, own.stretch, ())])
    while queue:
        served, stretch, behind = queue.popleft()
        chain = (served, *behind)
        for server, serving in servers.get(served, ()):
            common = stretch.common(serving.stretch)
            held = reached.setdefault(server, [])
            fresh = without(common, held) if common else []
            held.extend(fresh)
            for part in fresh:
                reason = f"serves {', which serves '.join(chain)}: {own.reason}"
                yield replace(own, system=server, stretch=part, reason=reason, inherited=True, record=serving.record)
                queue.append((server, part, chain))


def _flat(claims: Iterable[EffectiveLabel]) -> list[EffectiveLabel]:
    """Cut overlapping claims into pieces, say in each what all its claims say, and join equal neighbours."""
    ordered = sorted(claims, key=lambda claim: (claim.inherited, claim.reason, claim.stretch))
    limits = sorted({limit for claim in ordered for limit in (claim.stretch.starts_at, claim.stretch.ends_before)})
    flat: list[EffectiveLabel] = []
    for starts_at, ends_before in pairwise(limits):
        piece = Stretch(starts_at, ends_before)
        holding = [claim for claim in ordered if claim.stretch.common(piece)]
        if not holding:
            continue
        merged = _merged(holding, piece)
        last = flat[-1] if flat else None
        if last and last.stretch.ends_before == starts_at and replace(last, stretch=piece) == merged:
            flat[-1] = replace(last, stretch=Stretch(last.stretch.starts_at, ends_before))
        else:
            flat.append(merged)
    return flat


def _merged(holding: list[EffectiveLabel], piece: Stretch) -> EffectiveLabel:
    known = [claim.dependents for claim in holding if claim.dependents is not None]
    everything = frozenset().union(*known) if len(known) == len(holding) else None
    first = holding[0]
    # A label of its own names its approver; several inherited ones name all of theirs.
    approvers = [first.approver] if not first.inherited else sorted({claim.approver for claim in holding})
    return replace(
        first,
        stretch=piece,
        reason="; ".join(dict.fromkeys(claim.reason for claim in holding)),
        approver=", ".join(approvers),
        dependents=everything,
    )
