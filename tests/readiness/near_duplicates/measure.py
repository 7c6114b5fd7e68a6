"""Measures the proposals on labelled lists: `python -m tests.readiness.near_duplicates.measure` prints every figure.

Each folder of `lists` holds two request lists of one invented company, 80 and 60 lines, with the pairs that ask for the
same evidence (labels.csv) and the company's own systems (systems.csv, as its scope names them). Those named
development_* were used to build vocabulary and weights; the held-out ones were not (lists/README.md).
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from twofold.readiness.near_duplicates.list_columns import detect, read_list
from twofold.readiness.near_duplicates.proposals import ProposedPair, propose
from twofold.readiness.near_duplicates.request import Reader, RequestLine
from twofold.readiness.near_duplicates.scorer import Scorer, shipped_scorer
from twofold.readiness.near_duplicates.system_names import known_systems
from twofold.readiness.near_duplicates.vocabulary import Vocabulary, vocabulary
from twofold.readiness.near_duplicates.wording import corrections

LISTS = Path(__file__).parent / "lists"
HELD_OUT = ("held_out_1", "held_out_2")
WITHOUT_SYNONYMS: Scorer = replace(
    shipped_scorer(),
    source="fitted in the same way on the development lists, for the words alone",
    base=-5.24,
    propose_from=0.3,
    weights={
        "terms": 4.94,
        "letters": 5.87,
        "same_system": 2.22,
        "other_system": -2.87,
        "system_of_one": -0.96,
        "same_period": 0.27,
        "other_period": -1.69,
    },
)
"""What the same method does without the table of synonyms, and therefore without kinds of evidence."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Two lists, and the pairs of line numbers that one piece of evidence answers."""

    soc2: list[RequestLine]
    sox: list[RequestLine]
    same: frozenset[tuple[str, str]]
    systems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """How many pairs were proposed, how many of them are right, and how many there are to be found."""

    proposed: int
    right: int
    to_find: int

    @property
    def precision(self) -> float:
        """Right ones of the proposed."""
        return self.right / self.proposed if self.proposed else 0.0

    @property
    def recall(self) -> float:
        """Right ones of those to be found."""
        return self.right / self.to_find


def labelled(name: str) -> Labelled:
    """Read a folder of lists as a user's files are read: columns are found by their headers."""
    folder = LISTS / name
    return Labelled(
        _lines(folder / "soc2.csv"),
        _lines(folder / "sox.csv"),
        frozenset((row["soc2"], row["sox"]) for row in _rows(folder / "labels.csv")),
        {row["id"]: row["name"] for row in _rows(folder / "systems.csv")},
    )


def proposals(lists: Labelled, words: Vocabulary, scorer: Scorer) -> list[ProposedPair]:
    """Return the proposed pairs."""
    reader = Reader(words, known_systems()).with_systems(lists.systems)
    return propose(lists.soc2, lists.sox, reader=reader, scorer=scorer)


def measure(lists: Labelled, words: Vocabulary, scorer: Scorer) -> Measured:
    """Compare what is proposed with the labels."""
    found = {(pair.first.line_id, pair.second.line_id) for pair in proposals(lists, words, scorer)}
    return Measured(len(found), len(found & lists.same), len(lists.same))


def without_synonyms() -> Vocabulary:
    """Return a vocabulary that knows no concept, only which words say nothing."""
    full = vocabulary()
    return replace(full, phrases={}, beginnings={}, near=corrections(full.filler))


def _lines(path: Path) -> list[RequestLine]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    layout = detect(rows, sheet=path.stem)
    assert layout is not None
    return list(read_list(rows, layout, list_id=path.stem, name=path.name).lines)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def main() -> None:
    """Print a line per folder and way."""
    ways = (("with synonyms", vocabulary(), shipped_scorer()), ("without", without_synonyms(), WITHOUT_SYNONYMS))
    for folder in sorted(path.name for path in LISTS.iterdir() if path.is_dir()):
        for way, words, scorer in ways:
            got = measure(labelled(folder), words, scorer)
            sys.stdout.write(
                f"{folder:<14} {way:<14} proposed {got.proposed:>3}  right {got.right:>3} of {got.to_find}  "
                f"precision {got.precision:.3f}  recall {got.recall:.3f}\n"
            )


if __name__ == "__main__":
    main()
