"""The check that a text does not tell who the company is. It fails closed: what may be a name counts as one.

A term of at least five letters is found anywhere, also inside a longer word or across hyphens, spaces and invisible
signs. A shorter one must be a word, or neighbouring pieces that together make it. E-mail addresses, web addresses, IP
addresses, telephone numbers, postal addresses and numbers of four and more digits (years apart) are found by their
form. Limits: a name that is paraphrased, translated or encoded is not found, nor is a combination of true facts that
only one company has; a person reads the brief before it is sent.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from twofold.engagement.auditor_choice.identifying import READINGS, Reading, Term, plain, skeleton, visible

_LONG = 5
_PIECE = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OF_DIGITS = frozenset({"distinctive number", "telephone number"})
_FORMS = (
    ("e-mail address", re.compile(r"[^\s@<>()]+\s?@\s?[^\s@<>()]+\.[^\W\d_]{2,}", re.IGNORECASE)),
    (
        "web address",
        re.compile(
            r"https?://\S+|\bwww\.\S+|(?<![\w@.])[^\W_][\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,24}\b",
            re.IGNORECASE,
        ),
    ),
    ("IP address", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b", re.IGNORECASE)),
    ("telephone number", re.compile(r"(?<!\w)\+?\d(?:[\s()./-]{0,2}\d){6,14}(?!\w)")),
    (
        "postal address",
        re.compile(
            r"\b\d{1,5}[a-z]?\s+(?:[^\W\d_]+\.?\s+){1,3}(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|"
            r"way|square|court|plaza)\b|\b[^\W\d_]*(?:stra(?:ss|ß)e|str\.|gasse|allee|weg|platz)\s+\d{1,4}",
            re.IGNORECASE,
        ),
    ),
    ("distinctive number", re.compile(r"(?<!\d)\d(?:[.,'_\u00a0 ]?\d){3,}(?!\d)")),
)
_DAY = re.compile(r"(?:19|20)\d\d(?:-[01]\d(?:-[0-3]\d)?)?")


@dataclass(frozen=True, slots=True, order=True)
class Telling:
    """One place that tells who the company is: line and column from 1, what it tells, and the text found there.

    because: the name that it is taken for, or the form that it has.
    """

    line: int
    column: int
    kind: str
    found: str
    because: str

    @property
    def where(self) -> str:
        """The place as text."""
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of letters or digits: its plain form, where it stands, and whether the text writes it in capitals."""

    plain: str
    start: int
    end: int
    capitals: bool


def telling(text: str, looked_for: Sequence[Term], *, may_stay: Iterable[str] = ()) -> list[Telling]:
    """Return every place of a text that holds a term or the form of an address; [] when it tells nobody.

    may_stay: words that a person decided to leave, compared in their plain form.
    """
    allowed = {plain(word) for word in may_stay}
    wanted = [term for term in looked_for if term.plain not in allowed]
    found = [*_by_form(text, allowed), *_numbers(text, [term for term in wanted if term.number])]
    wanted = [term for term in wanted if not term.number]
    for reading in READINGS:
        found += _as_pieces(text, wanted, reading)
        found += _inside(text, wanted, reading)
    # One line for each place, however many names it may be taken for: the longest text, then the first name.
    ordered = sorted(found, key=lambda each: (len(each.found), [-ord(letter) for letter in each.because]))
    return sorted({(each.line, each.column): each for each in ordered}.values())


def _by_form(text: str, allowed: set[str]) -> Iterator[Telling]:
    shown = _as_shown(text)
    for kind, form in _FORMS:
        for match in form.finditer(shown):
            words = match[0].strip()
            if plain(words) in allowed or (kind in _OF_DIGITS and all(map(_DAY.fullmatch, words.split()))):
                continue
            yield _at(text, match.start(), match.end(), kind, f"the form of the text: {kind}")


def _as_shown(text: str) -> str:
    """Return the text as it looks, one letter for each, so that places stay those of the text."""
    return "".join(visible(unicodedata.normalize("NFKC", letter))[:1] or " " for letter in text)


def _numbers(text: str, looked_for: Sequence[Term]) -> Iterator[Telling]:
    """Find names that are numbers, as numbers of their own."""
    by_digits = {term.plain: term for term in looked_for}
    for match in re.finditer(r"\d+", _as_shown(text)):
        if match[0] in by_digits:
            yield _because(text, match.start(), match.end(), by_digits[match[0]])


def _as_pieces(text: str, looked_for: Iterable[Term], reading: Reading) -> Iterator[Telling]:
    """Find terms that one piece, or neighbouring pieces together, make; also with an s behind."""
    by_plain: dict[str, list[Term]] = {}
    cut: dict[str, list[Term]] = {}
    for term in looked_for:
        by_plain.setdefault(term.plain, []).append(term)
        for length in range(_LONG, len(term.plain)) if term.cut else ():
            cut.setdefault(term.plain[:length], []).append(term)
    longest = max(map(len, by_plain), default=0)
    pieces = list(_pieces(text, reading))
    for first, piece in enumerate(pieces):
        joined, capitals = "", True
        for each in pieces[first:]:
            joined += each.plain
            capitals = capitals and each.capitals
            if len(joined) > longest + 1:
                break
            for form in {joined, joined.removesuffix("s")}:
                for term in by_plain.get(form, ()):
                    if capitals or not term.initials:
                        yield _because(text, piece.start, each.end, term)
        yield from (_because(text, piece.start, piece.end, term) for term in cut.get(piece.plain, ()))


def _inside(text: str, looked_for: Iterable[Term], reading: Reading) -> Iterator[Telling]:
    """Find long terms anywhere in the text without its spaces and signs."""
    letters = [(shown, place) for place, letter in enumerate(text) for shown in _plain_letter(letter, reading)]
    whole = "".join(shown for shown, _ in letters)
    for term in looked_for:
        if len(term.plain) < _LONG or term.initials:
            continue
        start = whole.find(term.plain)
        while start >= 0:
            yield _because(text, letters[start][1], letters[start + len(term.plain) - 1][1] + 1, term)
            start = whole.find(term.plain, start + 1)


def _pieces(text: str, reading: Reading) -> Iterator[_Piece]:
    """Split at spaces, signs, digits and changes of case; invisible letters and accents split nothing."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for shown in _shown_letter(letter, reading):
            letters.append(shown)
            places.append(place)
    for match in _PIECE.finditer("".join(letters)):
        cuts = [0, *(cut.start() for cut in _CAMEL.finditer(match[0])), len(match[0])]
        for start, end in pairwise(cuts):
            word = match[0][start:end]
            if form := plain(word, reading):
                yield _Piece(form, places[match.start() + start], places[match.start() + end - 1] + 1, word.isupper())


@lru_cache(maxsize=20_000)
def _plain_letter(letter: str, reading: Reading) -> str:
    return plain(letter, reading)


@lru_cache(maxsize=20_000)
def _shown_letter(letter: str, reading: Reading) -> str:
    """Return a letter without accents, as a letter where it is a sign that stands for one; "" where it is invisible."""
    looks = ((shown, skeleton(shown, reading)) for shown in visible(unicodedata.normalize("NFKC", letter)))
    return "".join(look[:1] if not shown.isalnum() and look.isalnum() else shown for shown, look in looks)


def _because(text: str, start: int, end: int, term: Term) -> Telling:
    what = f"initials of the {term.kind}" if term.initials else term.kind
    return _at(text, start, end, what, term.of)


def _at(text: str, start: int, end: int, kind: str, because: str) -> Telling:
    before = text[:start]
    column = start - before.rfind("\n")
    return Telling(before.count("\n") + 1, column, kind, " ".join(text[start:end].split()), because)
