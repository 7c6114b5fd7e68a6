"""Whether a firm may be chosen, and what is recorded of it: who, when, why, what was known, and the alternatives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.engagement.auditor_choice.proposal import same_firm
from twofold.engagement.auditor_choice.shortlist import SCORES, Candidate, State, Verdict
from twofold.model.problem import Problem, UserError
from twofold.model.statement import told_source

DECISION, CONSIDERED = "auditor_decision", "auditor_considered"


@dataclass(frozen=True, slots=True)
class Considered:
    """One firm as it stood when a decision was made."""

    firm: str
    state: str
    failed: tuple[str, ...]
    asked: tuple[str, ...]
    fits: Mapping[str, str]
    fee: str
    proposal: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it is recorded. despite: why in spite of filters that the firm does not pass, "" where it does."""

    id: str
    engagement: str
    firm: str
    decided_by: str
    decided_at: str
    reason: str
    despite: str
    known: tuple[str, ...]
    considered: tuple[Considered, ...]


def chosen(candidates: Sequence[Candidate], firm: str, *, despite: str) -> Candidate:
    """Return the firm's candidate where it may be chosen.

    Raises UserError for a firm without a proposal, for one that does not pass every hard filter unless `despite` says
    why, with every filter that it does not pass, and for a `despite` that nothing asks for.
    """
    found = next((each for each in candidates if same_firm(each.proposal.firm) == same_firm(firm)), None)
    if found is None:
        known = ", ".join(each.proposal.firm for each in candidates) or "none was imported yet"
        raise UserError(
            Problem(
                "FIRM", f"no proposal of {firm!r} for this engagement", f"one of {known}", "twofold auditors import"
            )
        )
    if found.state is State.LISTED and despite:
        raise UserError(Problem("--despite", f"{found.proposal.firm} passes every hard filter", "no --despite"))
    if found.state is not State.LISTED and not despite:
        raise UserError(list(_refusals(found)))
    return found


def _refusals(candidate: Candidate) -> Iterator[Problem]:
    for each in (*candidate.named(Verdict.FAIL), *candidate.named(Verdict.ASK)):
        remedy = "ask the firm and import its answer" if each.verdict is Verdict.ASK else "choose another firm"
        yield Problem(
            f"{candidate.proposal.firm}, {each.title}",
            f"{each.verdict}: {each.because}",
            f"a pass ({told_source(each.rule.source)})",
            f"{remedy}, or say why in spite of it: --despite",
        )


def make_decision(
    candidates: Sequence[Candidate],
    winner: Candidate,
    *,
    reason: str,
    despite: str,
    known: Sequence[str],
    actor: str,
    at: datetime,
) -> Decision:
    """Return the decision with every firm as it stands, the chosen one among them."""
    engagement = winner.proposal.engagement
    return Decision(
        id=f"{engagement}-{at:%Y%m%dT%H%M%S.%f}Z",
        engagement=engagement,
        firm=winner.proposal.firm,
        decided_by=actor,
        decided_at=f"{at:%Y-%m-%dT%H:%M:%S}Z",
        reason=reason,
        despite=despite,
        known=tuple(sorted(known)),
        considered=tuple(_considered(each) for each in candidates),
    )


def decision_lines(decision: Decision) -> dict[str, list[dict[str, str]]]:
    """Return the rows that hold a decision, by table."""
    head = {
        "id": decision.id,
        "engagement": decision.engagement,
        "firm": decision.firm,
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at,
        "reason": decision.reason,
        "despite": decision.despite,
        "known": ";".join(decision.known),
    }
    rows = [
        {
            "decision": decision.id,
            "firm": each.firm,
            "state": each.state,
            "failed": ";".join(each.failed),
            "asked": ";".join(each.asked),
            **each.fits,
            "fee": each.fee,
            "proposal": each.proposal,
        }
        for each in decision.considered
    ]
    return {DECISION: [head], CONSIDERED: rows}


def read_decisions(heads: Sequence[Mapping[str, object]], considered: Sequence[Mapping[str, object]]) -> list[Decision]:
    """Return the decisions that rows hold, the oldest first."""
    found = []
    for head in heads:
        own = [row for row in considered if row["decision"] == head["id"]]
        found.append(
            Decision(
                id=_text(head["id"]),
                engagement=_text(head["engagement"]),
                firm=_text(head["firm"]),
                decided_by=_text(head["decided_by"]),
                decided_at=_text(head["decided_at_text"]),
                reason=_text(head["reason"]),
                despite=_text(head["despite"]),
                known=_texts(head["known"]),
                considered=tuple(
                    Considered(
                        firm=_text(row["firm"]),
                        state=_text(row["state"]),
                        failed=_texts(row["failed"]),
                        asked=_texts(row["asked"]),
                        fits={score: _text(row[score]) for score in SCORES},
                        fee=_text(row["fee"]),
                        proposal=_text(row["proposal"]),
                    )
                    for row in own
                ),
            )
        )
    return sorted(found, key=lambda each: (each.decided_at, each.id))


def _considered(candidate: Candidate) -> Considered:
    return Considered(
        firm=candidate.proposal.firm,
        state=candidate.state,
        failed=tuple(each.name for each in candidate.named(Verdict.FAIL)),
        asked=tuple(each.name for each in candidate.named(Verdict.ASK)),
        fits={score: str(candidate.fits[score]) for score in SCORES},
        fee=candidate.fee,
        proposal=candidate.proposal.where,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, (tuple, list)) else ()
