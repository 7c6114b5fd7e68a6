"""Which evidence counts: what a newer version replaces does not; the same as by comparing each with each."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from twofold.jobs import normalise
from twofold.jobs.normalise import evidence_in_force
from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId

AT = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.sampled_from([None, AT, AT + timedelta(days=30)])


@st.composite
def captures(draw: st.DrawFn) -> list[EvidenceRef]:
    made = []
    for number in range(draw(st.integers(0, 9))):
        provenance = Provenance(
            source=draw(st.sampled_from(["okta", "hr"])),
            kind="users",
            run_by="p-0001",
            run_at=AT,
            query=draw(st.sampled_from(["all", "some"])),
            period_from=draw(DAYS),
            period_to=draw(DAYS),
            systems=tuple(draw(st.sets(st.sampled_from(["a", "b"])))),
        )
        made.append(
            EvidenceRef(
                evidence_id=EvidenceId(f"ev-{number}"),
                size=1,
                media_type="text/csv",
                captured_by="p-0001",
                name=draw(st.sampled_from(["one.csv", "two.csv"])),
                sha256=draw(st.sampled_from(["aa", "bb", "cc"])),
                captured_at=AT + timedelta(hours=draw(st.integers(0, 3))),
                provenance=provenance,
            )
        )
    return made


@given(captures())
def test_as_by_comparing_each_with_each(evidence: list[EvidenceRef]) -> None:
    kept: list[EvidenceRef] = []
    for each in sorted(evidence, key=lambda each: (each.captured_at, each.evidence_id), reverse=True):
        if not any(normalise._replaces(later, each) for later in kept):  # noqa: SLF001  what the index must agree with
            kept.append(each)

    assert evidence_in_force(evidence) == sorted(kept, key=lambda each: each.evidence_id)
