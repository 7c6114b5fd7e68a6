"""The names that would tell who the company is, and the plain form in which they are looked for.

A plain form (`plain`) is without case, accents, look-alikes, spaces and signs. From a name of several words come the
whole, its distinctive words and its initials; from an e-mail, an account or an address its parts.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

DATA_FILE = Path(__file__).with_name("anonymity.toml")
_WORD = re.compile(r"[^\W_]+")
_FEWEST_WORDS = 2
_SHORTEST_CUT = 6


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A name as the company writes it.

    kind: company, service, firm, vendor, system, person, e-mail, account, source or engagement.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """What is looked for: its plain form, and the name that it comes from.

    initials: found only where the text writes them in capitals. cut: a word that is cut short counts as well.
    number: digits alone, which are not read as letters and stand by themselves.
    """

    plain: str
    kind: str
    of: str
    initials: bool = False
    cut: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read disguised letters. All ways are tried, since none is right for every name.

    signs: @, !, $ and the like stand for letters, else they part words. capitals: a capital is what a capital looks
    like (Greek capital nu an N), else what its small letter looks like (a v).
    """

    signs: bool = True
    capitals: bool = True


READINGS = tuple(Reading(signs, capitals) for signs in (True, False) for capitals in (True, False))
USUAL = READINGS[0]


def plain(text: str, reading: Reading = USUAL) -> str:
    """Reduce a text to the letters and digits that it looks like.

    >>> plain("Bright-Water \u041ey") == plain("brightwater OY")
    True
    """
    return "".join(letter for letter in skeleton(text, reading) if letter.isalnum())


def skeleton(text: str, reading: Reading = USUAL) -> str:
    """Put each letter into its plain look; other signs and spaces stay. Accents and invisible letters go."""
    return "".join(_look(letter, reading) for letter in visible(unicodedata.normalize("NFKC", text)))


@lru_cache(maxsize=20_000)
def _look(letter: str, reading: Reading) -> str:
    looks = _looks()
    if letter in _data()["signs"] and not reading.signs:
        return " "
    if reading.capitals and letter in looks:
        return looks[letter]
    small = visible(letter.casefold())
    return "".join(looks.get(each, each if reading.capitals else looks.get(each.upper(), each)) for each in small)


def visible(text: str) -> str:
    """Return a text without accents and invisible letters."""
    hidden = _data()["invisible"]
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if letter not in hidden and unicodedata.category(letter) not in {"Mn", "Me", "Cf"}
    )


def terms(names: Iterable[Name]) -> tuple[Term, ...]:
    """Return everything to look for, each once; forms of one letter cannot be looked for (see `too_short`)."""
    return tuple(sorted({term for name in names for term in _terms(name) if len(term.plain) > 1}))


def too_short(names: Iterable[Name]) -> tuple[str, ...]:
    """Return the names that are too short to be looked for, so that a person can."""
    return tuple(sorted({name.text for name in names if name.text.strip() and len(plain(name.text)) <= 1}))


def data_rule() -> tuple[str, str]:
    """Return source and day of the data of this check."""
    return _data()["source"], _data()["as_of"]


def _terms(name: Name) -> Iterator[Term]:
    text = name.text.strip()
    if text.isdigit():
        yield Term(text, name.kind, text, number=True)
        return
    yield from (Term(plain(text, reading), name.kind, text) for reading in READINGS)
    words = _WORD.findall(text)
    match name.kind:
        case "company" | "firm" | "vendor" | "service":
            yield from _of_company(name, words)
        case "system":
            yield from _read(name, ["".join(_telling(words))])
        case "person":
            yield from _read(name, words)
        case "e-mail":
            local, _, domain = text.partition("@")
            yield from _read(name, [local, domain])
            yield from _parts(name, domain.split(".")[:-1])
        case "account" | "source":
            yield from _parts(name, re.split(r"[:/@#]+", text))
        case _:
            return


def _of_company(name: Name, words: list[str]) -> Iterator[Term]:
    """Yield the distinctive words, what is left without generic words, and the initials with and without the last."""
    telling = _telling(words)
    yield from _read(name, ["".join(telling), *telling])
    yield from (Term(plain(word), name.kind, name.text, cut=True) for word in telling if len(word) >= _SHORTEST_CUT)
    first = "".join(plain(word)[:1] for word in words)
    if len(words) >= _FEWEST_WORDS:
        yield Term(first, name.kind, name.text, initials=True)
        yield Term(first[:-1], name.kind, name.text, initials=True)


def _telling(words: Iterable[str]) -> list[str]:
    generic = frozenset(_data()["generic"])
    return [word for word in words if word.casefold() not in generic]


def _parts(name: Name, parts: Iterable[str]) -> Iterator[Term]:
    generic = frozenset(_data()["generic_parts"])
    yield from _read(name, (part for part in parts if part.casefold() not in generic))


def _read(name: Name, parts: Iterable[str]) -> Iterator[Term]:
    """Yield each part in every reading; digits alone tell nothing as a part."""
    for part in parts:
        if part and not part.isdigit():
            yield from (Term(plain(part, reading), name.kind, name.text) for reading in READINGS)


@cache
def _looks() -> Mapping[str, str]:
    pairs: dict[str, str] = _data()["lookalikes"]
    return {letter: shown for shown, letters in pairs.items() for letter in letters}


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA_FILE.read_text(encoding="utf-8"))
