"""A line of an auditor's request list, and what its words say: concepts, kinds of evidence, systems and periods."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from twofold.readiness.near_duplicates.evidence_kinds import kinds_named
from twofold.readiness.near_duplicates.named_period import NamedPeriod, named_periods
from twofold.readiness.near_duplicates.system_names import SystemNames
from twofold.readiness.near_duplicates.vocabulary import Vocabulary, Worded, worded
from twofold.readiness.near_duplicates.wording import clauses, grams

_NO_SYSTEM = re.compile(r"all|any|various|multiple|general|common|n\.?/?a\.?|none|-+|entity|company|it", re.IGNORECASE)
"""What stands in a system column where no system is meant."""


@dataclass(frozen=True, slots=True, order=True)
class RequestLine:
    """One request as the auditor wrote it. `system` and `period` are columns of the list where it has them."""

    list_id: str
    line_id: str
    text: str
    due: str = ""
    owner: str = ""
    system: str = ""
    period: str = ""

    @property
    def place(self) -> str:
        """How the line is named: `soc2-2026/SOC-012`."""
        return f"{self.list_id}/{self.line_id}"


@dataclass(frozen=True, slots=True)
class LineReading:
    """What the words of a line say. `systems` are those it is about, `terms` and `grams` what is left to compare."""

    line: RequestLine
    worded: Worded
    kinds: frozenset[str]
    systems: frozenset[str]
    periods: tuple[NamedPeriod, ...]
    grams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads lines with one vocabulary and one set of system names."""

    vocabulary: Vocabulary
    systems: SystemNames

    def with_systems(self, systems: Mapping[str, str]) -> "Reader":
        """Know more systems, id -> name; a name that is a word of requests, such as company or backup, is left out."""
        wanted = {
            system: name
            for system, name in systems.items()
            if self._names_a_system(system) or self._names_a_system(name)
        }
        return Reader(self.vocabulary, self.systems.with_scope(wanted))

    def with_columns(self, lines: Iterable[RequestLine]) -> "Reader":
        """Know the names in the system columns of the lines too: one auditor's column explains another one's words."""
        named = {name.strip() for line in lines for name in re.split(r"[/,;]", line.system)}
        return self.with_systems({name: name for name in sorted(named)})

    def _names_a_system(self, name: str) -> bool:
        said = worded(name, self.vocabulary)
        return bool(said.others) and not said.concepts and not _NO_SYSTEM.fullmatch(name)

    def read(self, line: RequestLine) -> LineReading:
        """Read one line."""
        periods, without_periods = named_periods(line.text)
        in_column, _ = named_periods(line.period)
        found = [self.systems.find(clause) for clause in clauses(without_periods)]
        named = frozenset().union(*(systems for systems, _ in found))
        left = "; ".join(clause for _, clause in found)
        own, _ = self.systems.find(line.system)
        said = worded(left, self.vocabulary)
        about = self.systems.widened(named) - self._carriers(frozenset(said.concepts))
        return LineReading(
            line=line,
            worded=said,
            kinds=kinds_named(said.concepts),
            systems=(self.systems.widened(own) - self._carriers(frozenset(said.concepts))) or about,
            periods=periods or in_column,
            grams=grams(" ".join(word for word in left.split() if word not in self.vocabulary.filler)),
        )

    def _carriers(self, concepts: frozenset[str]) -> frozenset[str]:
        """Return the systems that evidence of these concepts only comes out of, which is not what it is about."""
        tickets = self.systems.workflow if concepts & {"sample", "ticket"} else frozenset[str]()
        people = self.systems.people if concepts & {"joiner", "leaver", "mover", "training"} else frozenset[str]()
        return tickets | people

    def read_all(self, lines: Iterable[RequestLine]) -> list[LineReading]:
        """Read lines in their order."""
        return [self.read(line) for line in lines]
