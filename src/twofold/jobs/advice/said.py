"""What the company and its buyers said, read from the evidence this moment; no run is needed first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from twofold.jobs.tables_read import tables_read
from twofold.model.problem import Problem, UserError
from twofold.records.workspace import Workspace
from twofold.scope.advice.answers import Answers
from twofold.scope.advice.buyers import BuyerRequest, Promise
from twofold.scope.advice.questions import questions
from twofold.scope.advice.scope_facts import local_day

TABLES = frozenset({"interview_answer", "customer_promise", "buyer_request"})
_ANSWER_AGAIN = "answer it again: twofold interview"


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as somebody gave it; answer "" takes the one before back. answered_at: aware UTC."""

    question: str
    answer: str
    answered_by: str
    answered_at: datetime
    note: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Said:
    """Everything that was said. `given`: every answer, question by question, the newest first.

    promises and requests are None where no evidence of the kind was ever captured. faults: rows that cannot be read,
    which count for nothing.
    """

    given: Sequence[Given]
    promises: Sequence[Promise] | None
    requests: Sequence[BuyerRequest] | None
    faults: tuple[Problem, ...]

    @property
    def current(self) -> Mapping[str, Given]:
        """The newest answer to each question, those taken back left out, in the order of the interview."""
        newest: dict[str, Given] = {}
        for each in self.given:
            newest.setdefault(each.question, each)
        return {name: newest[name] for name in questions() if name in newest and newest[name].answer}

    @property
    def answers(self) -> Answers:
        """The newest answers, with the evidence that holds each."""
        found = self.current
        values = {name: each.answer for name, each in found.items()}
        return Answers(values, {name: each.evidence for name, each in found.items()})


def read_said(workspace: Workspace) -> Said:
    """Read answers, promises and buyers' requests."""
    zone = workspace.settings.reporting_zone
    faults: list[Problem] = []
    with tables_read(workspace, TABLES) as session:
        fed = {name for (name,) in session.execute("SELECT DISTINCT table_name FROM extraction").fetchall()}
        given = _given(session, faults)
        promises = _promises(session, zone, faults) if "customer_promise" in fed else None
        requests = _requests(session, zone, faults) if "buyer_request" in fed else None
    return Said(given, promises, requests, tuple(faults))


def request_named(said: Said, name: str) -> BuyerRequest:
    """Return the request with an id; raises UserError that says which there are."""
    known = {each.request_id: each for each in said.requests or ()}
    if name not in known:
        expected = "one of " + ", ".join(known) if known else "a captured request"
        remedy = "capture it: twofold capture FILE --source csvtable --kind buyer_request"
        raise UserError(Problem("REQUEST", f"there is no buyer's request {name!r}", expected, remedy))
    return known[name]


def _given(session: duckdb.DuckDBPyConnection, faults: list[Problem]) -> list[Given]:
    """Return the answers in their one spelling.

    One that cannot be read, or two of one moment that differ, decide nothing: the question then has no answer.
    """
    rows = session.execute(
        """
        SELECT question, COALESCE(answer, ''), answered_by, answered_at_latest, COALESCE(note, ''), evidence, record,
            conflicted
        FROM interview_answer ORDER BY question, answered_at_latest DESC, extracted_at DESC, evidence DESC
        """
    ).fetchall()
    given = []
    for name, text, who, at, note, evidence, record, conflicted in rows:
        where = f"{evidence} {record}"
        question = questions().get(name)
        if question is None:
            faults.append(Problem(where, f"{name!r} is no question of the interview", "", _ANSWER_AGAIN))
            continue
        answer = ""
        if conflicted:
            faults.append(Problem(where, f"two answers to {name} are of one moment", "one", _ANSWER_AGAIN))
        elif text:
            try:
                answer = question.read(text)
            except ValueError as error:
                faults.append(Problem(where, str(error), "", _ANSWER_AGAIN))
        given.append(Given(name, answer, who, at.replace(tzinfo=UTC), note, evidence))
    return given


def _promises(session: duckdb.DuckDBPyConnection, zone: str, faults: list[Problem]) -> list[Promise]:
    rows = session.execute(
        """
        SELECT id, customer, category, promise, COALESCE(document, ''), valid_from, valid_to, evidence, record,
            conflicted
        FROM customer_promise ORDER BY id
        """
    ).fetchall()
    return [
        Promise(
            name, customer, category.strip().lower(), text, document, _day(begins, zone), _day(ends, zone), evidence
        )
        for name, customer, category, text, document, begins, ends, evidence, record, conflicted in rows
        if not _is_conflict(conflicted, f"{evidence} {record}", f"promise {name}", faults)
    ]


def _requests(session: duckdb.DuckDBPyConnection, zone: str, faults: list[Problem]) -> list[BuyerRequest]:
    rows = session.execute(
        """
        SELECT id, customer, COALESCE(words, ''), asked_on, needed_by, COALESCE(fiscal_year_end, ''), public_company,
            COALESCE(system, ''), evidence, record, conflicted
        FROM buyer_request ORDER BY id
        """
    ).fetchall()
    asks: dict[str, set[str]] = {}
    for name, word in session.execute("SELECT id, value FROM buyer_request__asks").fetchall():
        asks.setdefault(name, set()).add(word.strip().lower())
    return [
        BuyerRequest(
            request_id=name,
            customer=customer,
            asks=frozenset(asks.get(name, ())),
            words=words,
            asked_on=_day(asked, zone),
            needed_by=_day(needed, zone),
            fiscal_year_end=_year_end(year_end, f"{evidence} {record}", faults),
            public_company=public,
            system=system,
            evidence=evidence,
        )
        for name, customer, words, asked, needed, year_end, public, system, evidence, record, conflicted in rows
        if not _is_conflict(conflicted, f"{evidence} {record}", f"request {name}", faults)
    ]


def _is_conflict(conflicted: bool, where: str, what: str, faults: list[Problem]) -> bool:
    if conflicted:
        remedy = "correct the files and capture them again"
        faults.append(Problem(where, f"two rows of one extraction say different things of {what}", "one", remedy))
    return conflicted


def _year_end(text: str, where: str, faults: list[Problem]) -> str:
    try:
        return questions()["fiscal_year_end"].read(text) if text else ""
    except ValueError:
        remedy = "correct the file and capture it again"
        faults.append(Problem(where, f"{text!r} is no fiscal year end", "month and day, MM-DD", remedy))
        return ""


def _day(moment: datetime | None, zone: str) -> date | None:
    return None if moment is None else local_day(moment.replace(tzinfo=UTC), zone)
