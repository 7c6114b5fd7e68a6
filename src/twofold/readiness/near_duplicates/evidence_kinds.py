"""Which kind of evidence a request asks for, by the concepts it names. The kinds are data, with date and source."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

KINDS_FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True, slots=True)
class Cue:
    """Concepts that must all be named, and those that must not."""

    all_of: frozenset[str]
    none_of: frozenset[str]

    def fits(self, concepts: Iterable[str]) -> bool:
        """Whether a request that names these concepts fits."""
        named = set(concepts)
        return self.all_of <= named and self.none_of.isdisjoint(named)


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """One kind: its id, what people call it, its cues, and the canonical tables that hold such evidence.

    `exact_system`: it is of one system only; a list of the users of a product is none of the cloud it runs on.
    """

    kind_id: str
    name: str
    cues: tuple[Cue, ...]
    tables: tuple[str, ...]
    exact_system: bool


@cache
def evidence_kinds() -> Mapping[str, EvidenceKind]:
    """Return every kind by its id."""
    raw = tomllib.loads(KINDS_FILE.read_text(encoding="utf-8"))
    return {
        kind_id: EvidenceKind(
            kind_id=kind_id,
            name=body["name"],
            cues=tuple(map(_cue, body["cues"])),
            tables=tuple(body.get("tables", ())),
            exact_system=body.get("exact_system", False),
        )
        for kind_id, body in raw["kinds"].items()
    }


def kinds_named(concepts: Iterable[str]) -> frozenset[str]:
    """Return the kinds that fit; a kind whose concepts are all among those of another one falls away."""
    named = frozenset(concepts)
    found = [(kind.kind_id, cue.all_of) for kind in evidence_kinds().values() for cue in kind.cues if cue.fits(named)]
    return frozenset(kind for kind, concepts_of in found if not any(concepts_of < other for _, other in found))


def _cue(text: str) -> Cue:
    parts = text.split()
    wanted = frozenset(part for part in parts if not part.startswith("-"))
    return Cue(wanted, frozenset(part[1:] for part in parts if part.startswith("-")))
