"""Take a SELECT apart at its WITH, so that a part that is read more than once can be computed once.

DuckDB does so by itself. Spark puts the text of a part wherever it is read, and a rule with twenty parts that build on
one another becomes hundreds of joins.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\w+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WithPart:
    """One `name AS (body)`."""

    name: str
    body: str


@dataclass(frozen=True, slots=True)
class SplitSelect:
    """A SELECT in parts, comments left out; `recursive`: its WITH says that a part may read itself."""

    recursive: bool
    parts: tuple[WithPart, ...]
    last: str

    @property
    def words(self) -> frozenset[str]:
        """Every word of the text outside single quotes: the tables that it reads are among them."""
        return frozenset(_words(" ".join([*(part.body for part in self.parts), self.last])))

    def read_often(self) -> Iterator[WithPart]:
        """Yield the parts that are read more than once, in order. A name that stands for something else may count."""
        for number, part in enumerate(self.parts):
            later = [*(each.body for each in self.parts[number + 1 :]), self.last]
            if sum(_words(text).count(part.name) for text in later) > 1:
                yield part

    def with_computed(self, computed: dict[str, str], *, last: str) -> str:
        """Return the SELECT `last` behind the parts that it needs.

        computed: name of a part -> the relation that holds it already, which is read instead of its body.
        """
        bodies = {part.name: part.body for part in self.parts}
        bodies |= {name: f"SELECT * FROM {relation}" for name, relation in computed.items()}  # noqa: S608  names of ours
        needed: set[str] = set()
        pending = [last]
        while pending:
            fresh = bodies.keys() & set(_words(pending.pop())) - needed
            needed |= fresh
            pending += [bodies[name] for name in sorted(fresh)]
        parts = [f"{part.name} AS ({bodies[part.name]})" for part in self.parts if part.name in needed]
        if not parts:
            return last
        return f"WITH {'RECURSIVE ' * self.recursive}{', '.join(parts)} {last}"


def split_select(text: str) -> SplitSelect:
    """Split one SELECT of the portable subset; raises ValueError where its WITH is not `name AS (...), ...`."""
    tokens = [token for token in _TOKEN.findall(text) if not token.startswith("--")]
    place = _skip(tokens, 0)
    if tokens[place : place + 1] and tokens[place].upper() != "WITH":
        return SplitSelect(recursive=False, parts=(), last="".join(tokens))
    place = _skip(tokens, place + 1)
    recursive = tokens[place].upper() == "RECURSIVE"
    if recursive:
        place = _skip(tokens, place + 1)
    parts: list[WithPart] = []
    while True:
        name, place = tokens[place], _skip(tokens, place + 1)
        opening = _skip(tokens, place + 1)
        if tokens[place].upper() != "AS" or tokens[opening] != "(":
            msg = f"the part {name!r} of a WITH is not `{name} AS (...)`"
            raise ValueError(msg)
        closing = _closing(tokens, opening)
        parts.append(WithPart(name, "".join(tokens[opening + 1 : closing])))
        place = _skip(tokens, closing + 1)
        if tokens[place] != ",":
            return SplitSelect(recursive, tuple(parts), "".join(tokens[place:]))
        place = _skip(tokens, place + 1)


def _skip(tokens: Sequence[str], place: int) -> int:
    """Return the place of the next token that is not white space."""
    while place < len(tokens) and tokens[place].isspace():
        place += 1
    return place


def _closing(tokens: Sequence[str], opening: int) -> int:
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place] == "(") - (tokens[place] == ")")
        if depth == 0:
            return place
    msg = "a parenthesis is never closed"
    raise ValueError(msg)


def _words(text: str) -> list[str]:
    """Return the words outside single quotes; a name in double quotes is one, too."""
    tokens = (token.strip('"') for token in _TOKEN.findall(text) if not token.startswith("--"))
    return [token for token in tokens if token.isidentifier()]
