"""Which evidence counts: what a newer version replaces does not; the same as by comparing each with each."""

from hypothesis import given

from twofold.jobs import normalise
from twofold.jobs.normalise import evidence_in_force
from twofold.model.evidence import EvidenceRef

from .made_evidence import captures


@given(captures([("okta", "users"), ("hr", "users")]))
def test_as_by_comparing_each_with_each(evidence: list[EvidenceRef]) -> None:
    kept: list[EvidenceRef] = []
    for each in sorted(evidence, key=lambda each: (each.captured_at, each.evidence_id), reverse=True):
        if not any(normalise._replaces(later, each) for later in kept):  # noqa: SLF001  what the index must agree with
            kept.append(each)

    assert evidence_in_force(evidence) == sorted(kept, key=lambda each: each.evidence_id)
