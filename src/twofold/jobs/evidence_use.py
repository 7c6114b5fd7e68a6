"""What each piece of evidence is used for: which engagements rely on it, and whether SOX may. From log and scope."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import merge

from twofold.model.evidence import EvidenceRef
from twofold.records.workspace import AppliedScope
from twofold.scope.labels import FIN_RELEVANT, EffectiveLabel, effective_labels
from twofold.scope.stretches import Stretch
from twofold.vault.entry import Entry, EntryKind
from twofold.vault.evidence import index_of
from twofold.vault.reliance import entries_of, evidence_of_judgement, relied_from
from twofold.vault.retention.legal_hold import LegalHold
from twofold.vault.retention.retention import EvidenceUse
from twofold.vault.store import Vault


class EvidenceUses:
    """What each piece of evidence is used for: read once from log and scope. `history` False: not by conclusions."""

    def __init__(self, vault: Vault, applied: AppliedScope | None, *, history: bool = True) -> None:
        self._relied = _relied(vault, applied) if history else {}
        labels = effective_labels(applied.scope) if applied else ()
        self._labels = [each for each in labels if each.label == FIN_RELEVANT and each.counts]

    def of(self, evidence: EvidenceRef) -> EvidenceUse:
        """Return the use of one piece of evidence."""
        return EvidenceUse(
            evidence_id=evidence.evidence_id,
            captured_at=evidence.captured_at,
            period_to=evidence.provenance.period_to,
            relied_from=self._relied.get(_number(evidence), {}),
            financially_relevant=any(_speaks_for(evidence, label) for label in self._labels),
        )


def relying_engagements(vault: Vault, holds: Sequence[LegalHold]) -> dict[int, set[str]]:
    """Return capture entry -> engagements that rely on it, for those that a hold names."""
    named = frozenset().union(*(each.engagements for each in holds)) if holds else frozenset()
    found: dict[int, set[str]] = {}
    for judgement in vault.entries(kind=EntryKind.JUDGEMENT) if named else ():
        if (engagement := str(judgement.body["engagement"])) in named:
            for number in evidence_of_judgement(judgement, entries_of(vault.log)):
                found.setdefault(number, set()).add(engagement)
    for engagement, answer in _answers(vault) if named else ():
        for name in answer.body["evidence"]:
            found.setdefault(index_of(name) or 0, set()).add(engagement)
    return found


def covering_hold(holds: Sequence[LegalHold], evidence: EvidenceRef, relying: Mapping[int, set[str]]) -> str:
    """Return the id of a standing hold that covers the evidence, "" when none does."""
    by = relying.get(_number(evidence), set())
    return next((each.hold_id for each in holds if each.covers(evidence, relied_on_by=by)), "")


def _speaks_for(evidence: EvidenceRef, label: EffectiveLabel) -> bool:
    """Whether evidence speaks for a labelled system in a stretch of its label; no systems named = all of them."""
    provenance = evidence.provenance
    period = Stretch.of(provenance.period_from, provenance.period_to)
    if provenance.period_from is None and provenance.period_to is None:
        period = Stretch()
    return (not provenance.systems or label.system in provenance.systems) and period.common(label.stretch) is not None


def _relied(vault: Vault, applied: AppliedScope | None) -> dict[int, dict[str, datetime]]:
    engagements = applied.scope.engagements if applied else ()
    return relied_from(
        judgements=vault.entries(kind=EntryKind.JUDGEMENT),
        sign_offs=vault.entries(kind=EntryKind.SIGN_OFF),
        answers=_answers(vault),
        engagements={each.id: (each.lens, each.period.ends_before) for each in engagements},
        entry_of=entries_of(vault.log),
    )


def _answers(vault: Vault) -> list[tuple[str, Entry]]:
    """Return the engagement of the request, and the entry, of each answer."""
    asked: dict[str, str] = {}
    found = []
    kinds = (EntryKind.REQUEST, EntryKind.ANSWER)
    for entry in merge(*(vault.entries(kind=kind) for kind in kinds), key=lambda each: each.index):
        if entry.kind == EntryKind.ANSWER:
            found.append((asked[entry.body["request"]], entry))
        elif entry.body["act"] == "open":
            asked[f"rq-{entry.index}"] = str(entry.body["engagement"])
    return found


def _number(evidence: EvidenceRef) -> int:
    return index_of(evidence.evidence_id) or 0
