"""What cases cannot show of T-01 and T-03: limits drawn at random, facts, and clauses that are really needed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.rule import RULES_FOLDER, Rule, load_rule
from twofold.jobs import cases
from twofold.populations.define import define_population
from twofold.populations.derive import derive_tables
from twofold.populations.steps import register_steps
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

T01, T03 = (load_rule(RULES_FOLDER / name) for name in ("T-01", "T-03"))
CLOCK = datetime(2026, 11, 20, 6, tzinfo=UTC)
ENDED = datetime(2026, 3, 27, 20, tzinfo=UTC)  # Friday 16:00 in New York
DEADLINE = datetime(2026, 3, 31, 4, tzinfo=UTC)
GRANTED = datetime(2026, 3, 10, 10, tzinfo=UTC)
Tables = dict[str, list[dict[str, Value]]]

# A clause taken out or turned round, and the case that must notice.
MUTATIONS = [
    (T01, "AND (b.valid_to IS NULL OR g.at_latest < b.valid_to)", "AND FALSE", "birthright"),
    (T01, "WHEN v.approver = g.actor OR v.human = x.human THEN", "WHEN FALSE THEN", "approver-gave-the-right"),
    (T01, "OR v.human = g.human THEN", "THEN", "approved-for-oneself-with-a-second-account"),
    (
        T01,
        "AND a.valid_from <= v.decided_at AND v.decided_at_latest < a.valid_to",
        "",
        "golden-04-roster-ended-at-that-instant",
    ),
    (T01, "AND v.txn = g.txn", "", "same-moment-without-transaction"),
    (T01, "(e.at < g.at OR (e.at = g.at AND e.item < g.item))", "FALSE", "request-used-twice"),
    (
        T01,
        "JOIN request_for AS r ON r.human = g.human",
        "JOIN request_for AS r ON TRUE",
        "one-request-for-two-people",
    ),
    (
        T03,
        "WHEN s.reopened_at IS NOT NULL THEN '10 exception:reenabled'",
        "",
        "rehired-but-enabled-before-the-first-day",
    ),
    (T03, "s.method = 'local_password'", "FALSE", "sso-label-but-a-local-password-was-used"),
    (
        T03,
        "WHEN s.untimed OR s.shown_disabled THEN '35 cannot_test:no_close_time'",
        "",
        "disabled-but-the-event-is-purged",
    ),
    (T03, "AND (i.person IS NULL OR n.human = h.human)", "", "name-used-again-by-somebody-else"),
    (T03, "AND (p.horizon IS NULL OR s.occurred_at < p.horizon)", "", "rehired-and-enabled-on-the-first-day"),
]


@contextmanager
def session_of(tables: Tables, rule: Rule) -> Iterator[duckdb.DuckDBPyConnection]:
    lineage = Lineage("e", "test", "test", CLOCK)
    with tempfile.TemporaryDirectory() as scratch:
        with TableWriter(Path(scratch) / "tables") as writer:
            for name, rows in tables.items():
                for row in rows:
                    writer.add(typed_row(Row(name, "", row), zone="UTC"), lineage=lineage)
            written = derive_tables(writer.finish(), clock=CLOCK)
        with open_session(written) as session:
            register_steps(session)
            set_parameters(session, rule.parameter_values({}, where="test"), extracted_at=CLOCK)
            define_population(session, rule.population, into=Path(scratch))
            run_rule(session, rule, into=Path(scratch))
            yield session


def outcomes(session: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(session.execute("SELECT item, a FROM outcome ORDER BY item").fetchall())


def leaver(closed: datetime) -> Tables:
    return {
        "calendar": [{"id": "default", "zone": "America/New_York"}],
        "engagement": [
            {
                "id": "e1",
                "person": "p1",
                "type": "employee",
                "effective_end": ENDED.isoformat(),
                "entered_at": ENDED.isoformat(),
            }
        ],
        "account": [{"id": "erp:ana", "system": "erp"}],
        "account_link": [{"account": "erp:ana", "person": "p1"}],
        "account_event": [
            {"id": "v1", "account": "erp:ana", "kind": "disable", "occurred_at": closed.isoformat()},
        ],
    }


def grant(requests: list[dict[str, Value]], adds: int) -> Tables:
    return {
        "account": [{"id": "okta:ana", "system": "okta"}],
        "account_link": [{"account": "okta:ana", "person": "p1"}],
        "access_right": [{"id": "billing:view", "system": "billing"}],
        "grant_event": [
            {
                "id": f"g{number}",
                "account": "okta:ana",
                "right_id": "billing:view",
                "action": "add",
                "occurred_at": (GRANTED + timedelta(days=number)).isoformat(),
            }
            for number in range(adds)
        ],
        "access_request": requests,
    }


@pytest.mark.parametrize(("rule", "clause", "instead", "case"), MUTATIONS, ids=[entry[3] for entry in MUTATIONS])
def test_each_case_needs_its_clause(
    rule: Rule, clause: str, instead: str, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clause in rule.sql
    folder = rule.folder / "cases" / case
    mutant = replace(rule, sql=rule.sql.replace(clause, instead))
    monkeypatch.setattr(cases, "rule_named", lambda *_, **__: mutant)
    assert cases.run_case(folder) != []


@given(minutes=st.integers(-3 * 24 * 60, 3 * 24 * 60))
@settings(max_examples=4)
def test_closing_is_late_from_the_deadline_on(minutes: int) -> None:
    closed = DEADLINE + timedelta(minutes=minutes)
    with session_of(leaver(closed), T03) as session:
        assert outcomes(session) == {"e1@erp": "pass" if closed < DEADLINE else "exception:late"}


@pytest.mark.parametrize(
    ("closed", "expected"),
    [(DEADLINE - timedelta(microseconds=1), "pass"), (DEADLINE, "exception:late")],
)
def test_the_deadline_itself_is_late(closed: datetime, expected: str) -> None:
    with session_of(leaver(closed), T03) as session:
        assert outcomes(session) == {"e1@erp": expected}


@given(asked=st.integers(0, 4), adds=st.integers(1, 5))
@settings(max_examples=4)
def test_a_request_serves_one_grant(asked: int, adds: int) -> None:
    """Requests made just before the first grants: never more grants pass than requests were made."""
    requests: list[dict[str, Value]] = [
        {
            "id": f"r{number}",
            "beneficiary": "p1",
            "system": "billing",
            "rights": "billing:view",
            "created_at": (GRANTED + timedelta(days=number, hours=-1)).isoformat(),
        }
        for number in range(asked)
    ]
    with session_of(grant(requests, adds), T01) as session:
        found = outcomes(session)
    assert len(found) == adds
    assert sum(1 for code in found.values() if code == "pass") == min(asked, adds)


def test_duplicate_links_and_approvals_do_not_multiply_items() -> None:
    tables = leaver(DEADLINE - timedelta(hours=1))
    tables["account_link"] = [
        {"account": "erp:ana", "person": "p1", "valid_from": "2025-01-01"},
        {"account": "erp:ana", "person": "p1", "valid_from": "2025-06-01", "valid_to": "2026-02-01"},
        {"account": "erp:ana", "person": "p1", "valid_from": "2026-02-01"},
    ]
    with session_of(tables, T03) as session:
        assert outcomes(session) == {"e1@erp": "pass"}


@pytest.mark.parametrize("rule", [T01, T03], ids=["T-01", "T-03"])
def test_rule_and_facts_can_be_read_by_spark(rule: Rule) -> None:
    for sql in (rule.sql, rule.facts_sql):
        assert sqlglot.transpile(sql, read="duckdb", write="spark")


def test_facts_name_what_a_leavers_outcome_rests_on() -> None:
    tables = leaver(DEADLINE + timedelta(minutes=30))
    tables["sign_in"] = [
        {
            "id": "s1",
            "account": "erp:ana",
            "system": "erp",
            "occurred_at": (ENDED + timedelta(hours=1)).isoformat(),
            "result": "success",
        }
    ]
    with session_of(tables, T03) as session:
        facts = session.execute(f"SELECT item, attribute, fact, evidence FROM ({T03.facts_sql}) AS told").fetchall()  # noqa: S608  the rule's own text
    told = {attribute: " ".join(fact for _, letter, fact, _ in facts if letter == attribute) for attribute in "ABCD"}
    assert {item for item, *_ in facts} == {"e1@erp"}
    assert all(fact and evidence for _, _, fact, evidence in facts)
    assert "closed before 2026-03-31 04:00:00" in told["A"]
    assert "disable at 2026-03-31 04:30:00, after the deadline" in told["A"]
    assert "erp:ana reached erp" in told["B"]
    assert "HR entered the end at 2026-03-27 20:00:00" in told["D"]


def test_facts_of_a_leaver_show_how_every_right_went() -> None:
    tables = leaver(DEADLINE + timedelta(minutes=30))
    event = {"account": "erp:ana", "occurred_at": (ENDED - timedelta(days=9)).isoformat()}
    late = (DEADLINE + timedelta(minutes=5)).isoformat()
    tables["grant_event"] = [
        {**event, "id": "g1", "right_id": "erp:pay", "action": "add"},
        {**event, "id": "g2", "right_id": "erp:clerk", "action": "add"},
        {**event, "id": "g3", "right_id": "erp:pay", "action": "remove", "occurred_at": late},
    ]
    tables["right_event"] = [{"id": "d1", "right_id": "erp:clerk", "kind": "delete", "occurred_at": ENDED.isoformat()}]
    with session_of(tables, T03) as session:
        facts = session.execute(f"SELECT table_name, fact, evidence FROM ({T03.facts_sql}) AS told").fetchall()  # noqa: S608  the rule's own text
    told = {(name, fact) for name, fact, evidence in facts if name in {"grant_event", "right_event"} and evidence}
    assert {
        (name, " ".join(fact.split()[3:5]), fact.rpartition(", ")[2]) for name, fact in told if "remove" in fact
    } == {
        ("grant_event", "remove erp:pay", "after the deadline."),
        ("right_event", "remove erp:clerk", "before the deadline."),
    }
    assert len(told) == 4


def test_facts_show_a_backdated_approval() -> None:
    request: dict[str, Value] = {
        "id": "r0",
        "beneficiary": "p1",
        "system": "billing",
        "rights": "billing:view",
        "created_at": (GRANTED - timedelta(days=1)).isoformat(),
    }
    tables = grant([request], 1)
    tables["approval"] = [
        {
            "id": "a0",
            "subject": "r0",
            "approver": "okta:bo",
            "duty": "access",
            "decision": "approve",
            "decided_at": (GRANTED + timedelta(days=3)).isoformat(),
            "typed_on": "2026-03-09",
        }
    ]
    with session_of(tables, T01) as session:
        facts = session.execute(f"SELECT fact FROM ({T01.facts_sql}) AS told WHERE attribute = 'C'").fetchall()  # noqa: S608  the rule's own text
    assert len(facts) == 1
    assert "BACKDATED: somebody typed the date 2026-03-09" in facts[0][0]
    assert "after the right was given" in facts[0][0]
