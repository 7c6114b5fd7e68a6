"""What the company promised to customers and what buyers asked for, as the tables of evidence hold it."""

from dataclasses import dataclass
from datetime import date

from twofold.scope.advice.worded import Caution, caution

CATEGORIES = ("security", "availability", "confidentiality", "processing_integrity", "privacy")
REPORTS = ("type1", "type2", "soc1", "sox")
"""What a buyer can ask for beside categories. sox stands for the loose word: it asks for a question back."""
ASKS = (*REPORTS, *CATEGORIES)


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to a customer in the words of a contract or SLA. It holds in [valid_from, valid_to); None is open."""

    promise_id: str
    customer: str
    category: str
    text: str
    document: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    evidence: str = ""

    def holds_on(self, day: date) -> bool:
        """Whether the promise binds on the day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)

    @property
    def data(self) -> tuple[str, ...]:
        """What a statement names of it."""
        return _named(f"promise: {self.promise_id}", self.evidence)


@dataclass(frozen=True, slots=True)
class BuyerRequest:
    """What a buyer asked for. `asks`: of ASKS. fiscal_year_end: MM-DD of the customer, "" = unknown."""

    request_id: str
    customer: str
    asks: frozenset[str]
    words: str = ""
    asked_on: date | None = None
    needed_by: date | None = None
    fiscal_year_end: str = ""
    public_company: bool | None = None
    system: str = ""
    evidence: str = ""

    @property
    def data(self) -> tuple[str, ...]:
        """What a statement names of it."""
        return _named(f"request: {self.request_id}", self.evidence)


def unknown_words(promises: tuple[Promise, ...], requests: tuple[BuyerRequest, ...]) -> list[Caution]:
    """Return a warning for each category or ask that is none of ours, so that no misspelling passes in silence."""
    found = [
        caution("categories.unknown_word", each.data, about=each.category, allowed=", ".join(CATEGORIES))
        for each in promises
        if each.category not in CATEGORIES
    ]
    return found + [
        caution("categories.unknown_word", each.data, about=word, allowed=", ".join(ASKS))
        for each in requests
        for word in sorted(each.asks - set(ASKS))
    ]


def _named(what: str, evidence: str) -> tuple[str, ...]:
    return (what, f"evidence: {evidence}") if evidence else (what,)
