"""T-13 against a second opinion in plain Python, written from audit-domain 4.2 and not from the SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.rule import RULES_FOLDER, Rule, load_rule
from twofold.populations.define import define_population, definition_text
from twofold.populations.steps import register_steps, steps_needed
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

T0 = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
EXTRACTED_AT = datetime(2026, 11, 20, tzinfo=UTC)
EXPLAIN = timedelta(days=5)
LINEAGE = Lineage("case", "case", "case", EXTRACTED_AT)
REPOSITORY = "acme/billing"
Rows = Sequence[Mapping[str, Value]]
Tables = Mapping[str, Rows]
RULE = load_rule(RULES_FOLDER / "T-13")


def outcomes(tables: Tables, rule: Rule = RULE) -> dict[str, dict[str, str]]:
    """Return item -> letter -> reason code."""
    with TemporaryDirectory() as folder:
        with TableWriter(Path(folder) / "tables") as writer:
            for name, rows in tables.items():
                for row in rows:
                    writer.add(typed_row(Row(name, "", row), zone="UTC"), lineage=LINEAGE)
            written = writer.finish()
        with open_session(written) as session:
            register_steps(session, steps_needed(definition_text(rule.population), rule.sql))
            set_parameters(session, rule.parameter_values({}, where="test"), extracted_at=EXTRACTED_AT)
            population = define_population(session, rule.population, into=Path(folder))
            counted = run_rule(session, rule, into=Path(folder))
            rows_out = session.execute("SELECT item, A, B, C FROM outcome").fetchall()
    assert all(sum(codes.values()) == population.count for codes in counted.counts.values())
    return {item: dict(zip("ABC", codes, strict=True)) for item, *codes in rows_out}


@dataclass(frozen=True)
class Ticket:
    """A ticket that an event names: how long before the event it was raised, and whether it may authorise."""

    hours_before: int
    is_change: bool
    known: bool


@dataclass(frozen=True)
class Event:
    """A production event; `explained_after` in hours, None where nobody explained it."""

    ticket: Ticket | None
    explained_after: int | None


@dataclass(frozen=True)
class Release:
    """A deployment with one commit per entry: whether the commit names a ticket that may authorise it."""

    changes: tuple[bool, ...]
    status: str


TICKETS = st.builds(Ticket, st.sampled_from([-200, -121, -120, -119, -1, 0, 1, 500]), st.booleans(), st.booleans())
EVENTS = st.builds(Event, st.none() | TICKETS, st.none() | st.sampled_from([1, 119, 120, 121]))
RELEASES = st.builds(
    Release, st.lists(st.booleans(), min_size=1, max_size=4).map(tuple), st.sampled_from(["success", "failure"])
)


def at(hours: float) -> str:
    return (T0 + timedelta(hours=hours)).isoformat()


def tables_of(events: Sequence[Event], releases: Sequence[Release]) -> dict[str, list[dict[str, Value]]]:
    tables: dict[str, list[dict[str, Value]]] = {
        "system": [{"id": "billing"}],
        "change_type": [{"id": "Change", "is_change": True}, {"id": "Bug", "is_change": False}],
        "ticket": [{"key": "CHG-0", "type": "Change", "created_at": at(-999)}],
        "prod_event": [],
        "difference_explanation": [],
        "deployment": [],
        "code_commit": [],
        "change_set": [],
    }
    for number, event in enumerate(events):
        name, key = f"e{number}", f"EV-{number}"
        tables["prod_event"].append(
            {
                "id": name,
                "system": "billing",
                "kind": "console",
                "occurred_at": at(0),
                "reference": key if event.ticket else None,
            }
        )
        if event.ticket and event.ticket.known:
            kind = "Change" if event.ticket.is_change else "Bug"
            tables["ticket"].append({"key": key, "type": kind, "created_at": at(-event.ticket.hours_before)})
        if event.explained_after is not None:
            tables["difference_explanation"].append(
                {
                    "population": "release_event",
                    "difference_key": name,
                    "reason": "known",
                    "explained_by": "p1",
                    "explained_at": at(event.explained_after),
                }
            )
    for number, release in enumerate(releases):
        shas = [f"{number}c{place}" for place in range(len(release.changes))]
        tables["deployment"].append(
            {
                "id": f"d{number}",
                "system": "billing",
                "environment": "production",
                "repository": REPOSITORY,
                "commit_sha": shas[-1],
                "started_at": at(number),
                "completed_at": at(number + 0.5),
                "status": release.status,
            }
        )
        for sha, named in zip(shas, release.changes, strict=True):
            commit: dict[str, Value] = {"repository": REPOSITORY, "sha": sha, "tickets": ["CHG-0"] if named else []}
            tables["code_commit"].append({**commit, "committed_at": at(-3)})
            tables["change_set"].append({"deployment": f"d{number}", "repository": REPOSITORY, "sha": sha})
    return tables


def second_opinion(event: Event) -> tuple[str, str]:
    """Return A and B of an event, from the words of the specification."""
    ticket = event.ticket
    answers = [] if event.explained_after is None else [timedelta(hours=event.explained_after)]
    if ticket is None:
        a = "exception:unmatched"
    elif not ticket.known:
        a = "exception:unknown_ticket"
    elif not ticket.is_change:
        a = "exception:not_a_change_ticket"
    elif ticket.hours_before > 0:
        return "pass", "na:matched"
    elif ticket.hours_before == 0:
        return "cannot_test:time_order_unclear", "cannot_test:match_unclear"
    else:
        a = "exception:ticket_after"
        answers.append(timedelta(hours=-ticket.hours_before))
    if not answers:
        return a, "exception:not_explained"
    return a, "pass" if min(answers) < EXPLAIN else "exception:explained_late"


def expected_of(release: Release) -> str:
    if release.status == "failure":
        return "na:never_served"
    return "pass" if all(release.changes) else "exception:unmatched"


@settings(max_examples=5)
@given(st.lists(EVENTS, min_size=8, max_size=24), st.lists(RELEASES, min_size=2, max_size=8))
def test_every_item_agrees_with_the_second_opinion(events: Sequence[Event], releases: Sequence[Release]) -> None:
    found = outcomes(tables_of(events, releases))
    assert len(found) == len(events) + len(releases)
    for number, event in enumerate(events):
        codes = found[f"e{number}"]
        assert (codes["A"], codes["B"]) == second_opinion(event), event
    for number, release in enumerate(releases):
        assert found[f"d{number}"]["A"] == expected_of(release), release


@settings(max_examples=2)
@given(
    st.lists(EVENTS, min_size=3, max_size=6),
    st.lists(RELEASES, min_size=1, max_size=4),
    st.data(),
)
def test_the_order_of_rows_changes_nothing(
    events: Sequence[Event], releases: Sequence[Release], data: st.DataObject
) -> None:
    tables = tables_of(events, releases)
    first = outcomes(tables)
    shuffled = {name: data.draw(st.permutations(rows)) for name, rows in tables.items()}
    assert outcomes(shuffled) == first


def test_a_second_way_to_the_same_ticket_counts_no_item_twice() -> None:
    tables = tables_of([], [Release((True, True), "success")])
    pull_request: dict[str, Value] = {"repository": REPOSITORY, "merged_at": at(-1), "tickets": ["CHG-0", "CHG-1"]}
    tables["pull_request"] = [
        {**pull_request, "id": f"{REPOSITORY}#1", "head_sha": "0c0", "merge_sha": "0c1"},
        {**pull_request, "id": f"{REPOSITORY}#2", "head_sha": "0c1", "merge_sha": "0c1"},
    ]
    assert {item: codes["A"] for item, codes in outcomes(tables).items()} == {"d0": "pass"}
