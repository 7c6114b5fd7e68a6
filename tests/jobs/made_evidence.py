"""Evidence at random, of kinds that replace each other or not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.ids import EvidenceId, SystemId

AT = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.sampled_from([None, AT, AT + timedelta(days=30)])


@st.composite
def captures(draw: st.DrawFn, kinds: Sequence[tuple[str, str]]) -> list[EvidenceRef]:
    """Draw up to ten captures of these kinds (source, kind), with ids from ev-0 on."""
    made = []
    for number in range(draw(st.integers(0, 10))):
        source, kind = draw(st.sampled_from(kinds))
        provenance = Provenance(
            source=source,
            kind=kind,
            run_by="p-0001",
            run_at=AT + timedelta(hours=draw(st.integers(0, 5))),
            query=draw(st.sampled_from(["all", "some"])),
            connector=draw(st.sampled_from(["file", "twofold"])),
            period_from=draw(DAYS),
            period_to=draw(DAYS),
            systems=tuple(SystemId(each) for each in draw(st.sets(st.sampled_from(["a", "b"])))),
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
