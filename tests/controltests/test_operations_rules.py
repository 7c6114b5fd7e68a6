"""What cases cannot show of T-19 and T-22: a second opinion on drawn data, order of rows, needed clauses, facts.

The second opinion is plain Python written from the specification; it writes the expected.csv of a drawn case folder.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.controltests.engine import Outcomes, run_rule
from twofold.controltests.rule import RULES_FOLDER, Rule, load_rule
from twofold.jobs import cases

T19, T22 = (load_rule(RULES_FOLDER / name) for name in ("T-19", "T-22"))
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)
LIMITS = {"sev1": 30, "sev2": 60, "sev3": 480, "sev4": 1440}
NAMES = tuple(LIMITS)

# A clause taken out or turned round, and the case that must notice.
MUTATIONS = [
    (
        T19,
        "MIN(CASE WHEN h.place = h.first_place OR h.held_at_latest",
        "MAX(CASE WHEN h.place = h.first_place OR h.held_at_latest",
        "severity-lowered-early",
    ),
    (T19, "OR h.held_at_latest < i.responded_at THEN h.level", "OR TRUE THEN h.level", "severity-raised-later"),
    (T19, "SELECT DISTINCT p.original AS", "SELECT DISTINCT p.incident AS", "duplicate-counts-once"),
    (T19, "COALESCE(e.occurred_at, i.cause_at)", "i.cause_at", "cause-typed-early-written-late"),
    (T19, "COALESCE(l.dependents, 1) <> 0", "TRUE", "nothing-relies-on-the-system"),
    (T19, "OR p.operating_at < l.valid_to", "OR TRUE", "relevance-ended-before"),
    (T22, "WHEN b.origin <> 'schedule' THEN '1exception:made_for_test'", "", "snapshot-made-for-the-test"),
    (T22, "AND n.own_tests > 1", "", "one-test-never-meets-two-due-dates"),
    (T22, "WHERE c.root IS NULL AND i.has_reason = 1", "WHERE i.has_reason = 1", "late-and-failed"),
    (T22, "COALESCE(c.completed_at, b.completed_at, a.completed_at,", "COALESCE(", "retest-in-the-next-period"),
    (T22, "OR COALESCE(y.human, n.person) = COALESCE(z.human, o.person)", "", "signed-by-the-operator"),
    (T22, "WHEN x.test IS NOT NULL THEN", "WHEN FALSE THEN", "stand-in-from-outside-the-scope"),
    (T22, "PARTITION BY c.item, c.chain", "PARTITION BY c.item", "two-stores-one-too-slow"),
]


@pytest.mark.parametrize(("rule", "clause", "instead", "case"), MUTATIONS)
def test_a_case_notices_that_a_clause_is_gone(
    rule: Rule, clause: str, instead: str, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clause in rule.sql
    mutant = replace(rule, sql=rule.sql.replace(clause, instead))

    def mutant_named(_control_test: str, *, where: str) -> Rule:
        assert where
        return mutant

    monkeypatch.setattr(cases, "rule_named", mutant_named)
    assert cases.run_case(rule.folder / "cases" / case)


@pytest.mark.parametrize(
    ("rule", "case"),
    [
        (T19, "duplicate-carries-its-system-along"),
        (T19, "severity-lowered-just-before-the-breach"),
        (T22, "late-and-badly-done"),
        (T22, "two-tests-the-better-one-counts"),
    ],
)
def test_order_and_repetition_of_rows_do_not_matter(rule: Rule, case: str, tmp_path: Path) -> None:
    for source in (rule.folder / "cases" / case).iterdir():
        text = source.read_text(encoding="utf-8")
        if source.suffix == ".csv" and source.name != "expected.csv":
            head, *rows = text.splitlines()
            text = "\n".join([head, *rows[::-1], *rows[::2], ""])
        (tmp_path / source.name).write_text(text, encoding="utf-8")
    assert cases.run_case(tmp_path) == []


@pytest.mark.parametrize(
    ("rule", "case"),
    [
        (T19, "duplicate-carries-its-system-along"),
        (T19, "actions-closed-and-open-inside-their-date"),
        (T19, "pager-saw-it-first"),
        (T22, "done-and-signed"),
        (T22, "stands-for-another-system-with-a-reason"),
    ],
)
def test_every_attribute_that_was_judged_rests_on_facts(rule: Rule, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    facts: set[tuple[str, str]] = set()
    judged: set[tuple[str, str]] = set()

    def spy(session: duckdb.DuckDBPyConnection, rule: Rule, *, into: Path) -> Outcomes:
        outcomes = run_rule(session, rule, into=into)
        for item, letter, *rest in session.execute(rule.facts_sql).fetchall():
            assert all(rest), (item, letter, rest)
            facts.add((item, letter))
        for attribute in rule.attributes:
            asked = (
                f"SELECT item FROM outcome WHERE {attribute.letter} = 'pass' OR {attribute.letter} LIKE 'exception:%'"  # noqa: S608  a letter of the rule
            )
            judged.update((item, attribute.letter) for (item,) in session.execute(asked).fetchall())
        return outcomes

    monkeypatch.setattr(cases, "run_rule", spy)
    assert cases.run_case(rule.folder / "cases" / case) == []
    assert judged
    assert judged <= facts


@pytest.mark.parametrize("rule", [T19, T22], ids=lambda rule: rule.control_test)
def test_every_case_expects_codes_that_the_rule_declares(rule: Rule) -> None:
    declared = {code.partition(":")[2] for attribute in rule.attributes for code in attribute.reasons}
    for file in (rule.folder / "cases").glob("*/expected.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            reasons = {row["reason"] for row in csv.DictReader(stream) if not row["attribute"].startswith("lens:")}
        assert reasons - {""} <= declared, file


def write_case(
    folder: Path, control_test: str, tables: Mapping[str, Sequence[Mapping[str, str]]], expected: Iterable[str]
) -> Path:
    """Write a case folder; `expected` are lines of expected.csv."""
    for name, rows in tables.items():
        if rows:
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(
                    stream, list(dict.fromkeys(key for row in rows for key in row)), lineterminator="\n"
                )
                writer.writeheader()
                writer.writerows(rows)
    (folder / "case.toml").write_text(f'control_test = "{control_test}"\nextracted_at = "2026-11-20T06:00:00Z"\n')
    (folder / "expected.csv").write_text("\n".join(["item,attribute,outcome,reason", *expected, ""]))
    return folder


@dataclass(frozen=True, slots=True)
class DrawnIncident:
    """One closed incident; all moments are minutes after START, the cause is days after the opening."""

    alert: int
    report: int | None
    first: str
    changes: tuple[tuple[int, str], ...]
    response: int | None
    cause: int | None

    @property
    def steps(self) -> list[tuple[int, str]]:
        """Severities in the order in which they were held; the first from the opening at minute 0."""
        held = [(0, self.first)]
        for minute, severity in sorted(dict(self.changes).items()):
            if severity != held[-1][1]:
                held.append((minute, severity))
        return held

    @property
    def response_code(self) -> str:
        """T-19 B: response <= limit from the earliest alert or report, by the highest severity held before it."""
        if self.response is None:
            return "EXCEPTION,no_response"
        detected = min(self.alert, 0, *([] if self.report is None else [self.report]))
        if self.response < detected:
            return "CANNOT_TEST,response_before_detection"
        before = [severity for minute, severity in self.steps if minute < self.response] or [self.first]
        took = self.response - detected
        if took <= LIMITS[min(before)]:
            return "PASS,"
        return "EXCEPTION,severity_lowered" if took <= LIMITS[before[-1]] else "EXCEPTION,slow_response"

    @property
    def cause_code(self) -> str:
        """T-19 D: ten days from the opening, or from the rise to sev1 or sev2."""
        rises = [minute for minute, severity in self.steps if severity in {"sev1", "sev2"}]
        if not rises:
            return "NOT_APPLICABLE,not_required"
        if self.cause is None:
            return "EXCEPTION,no_cause"
        return "PASS," if self.cause * 1440 <= rises[0] + 14400 else "EXCEPTION,late_cause"


drawn_incidents = st.lists(
    st.builds(
        DrawnIncident,
        alert=st.integers(-90, 30),
        report=st.none() | st.integers(-90, 30),
        first=st.sampled_from(NAMES),
        changes=st.lists(st.tuples(st.integers(1, 1500), st.sampled_from(NAMES)), max_size=3).map(tuple),
        response=st.none() | st.integers(-100, 200) | st.integers(200, 1600),
        cause=st.none() | st.integers(0, 14),
    ),
    min_size=20,
    max_size=60,
)


def moment(minute: int | None) -> str:
    return "" if minute is None else (START + minute * MINUTE).isoformat()


@settings(max_examples=4)
@given(drawn_incidents)
def test_incidents_are_judged_as_the_specification_says(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[DrawnIncident]
) -> None:
    incidents, events, expected = [], [], []
    for number, one in enumerate(drawn):
        incidents.append(
            {
                "id": f"i{number}",
                "severity": one.steps[-1][1],
                "systems": "s",
                "detected_at": moment(one.alert),
                "reported_at": moment(one.report),
                "opened_at": moment(0),
                "responded_at": moment(one.response),
                "closed_at": moment(60000),
                "cause": "" if one.cause is None else "known",
                "cause_at": "" if one.cause is None else moment(one.cause * 1440),
            }
        )
        for place, ((_, old), (minute, new)) in enumerate(zip(one.steps, one.steps[1:], strict=False)):
            change = {"field": "severity", "old_value": old, "new_value": new, "occurred_at": moment(minute)}
            events.append({"id": f"e{number}-{place}", "incident": f"i{number}", **change})
        expected += [f"i{number},A,PASS,", f"i{number},B,{one.response_code}", f"i{number},D,{one.cause_code}"]
    folder = write_case(
        tmp_path_factory.mktemp("t19"), "T-19", {"incident": incidents, "incident_event": events}, expected
    )
    assert cases.run_case(folder) == []


@dataclass(frozen=True, slots=True)
class DrawnSystem:
    """A system with three due quarters of 90 days and tests of its one store: (day, good); no two on one day."""

    tests: tuple[tuple[int, bool], ...]

    def codes(self, quarter: int) -> tuple[str, str]:
        """T-22 A and E for one due quarter, without repetitions that say what they repeat."""
        quarters = [self.inside(each) for each in range(3)]
        late = [False, False, False]
        for each in range(3):
            if quarters[each]:
                continue
            after = self.inside(each + 1) if each < 2 else [test for test in self.tests if test[0] >= 270]
            if after and (each == 2 or len(after) > 1):
                late[each], quarters[each] = True, after[:1]
                if each < 2:
                    quarters[each + 1] = after[1:]
        mine = quarters[quarter]
        if not mine:
            return "EXCEPTION,absent", "NOT_APPLICABLE,no_test"
        done = "EXCEPTION,late" if late[quarter] else "PASS,"
        failed = [day for day, good in mine if not good]
        if not failed:
            return done, "NOT_APPLICABLE,no_failure"
        repeated = all(any(good and day > fault for day, good in mine) for fault in failed)
        return done, "PASS," if repeated and not late[quarter] else "EXCEPTION,no_retest"

    def inside(self, quarter: int) -> list[tuple[int, bool]]:
        """The tests of a quarter, by day."""
        return [test for test in self.tests if quarter * 90 <= test[0] < quarter * 90 + 90]


drawn_systems = st.lists(
    st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=6, unique_by=lambda test: test[0]).map(
        lambda tests: DrawnSystem(tuple(sorted(tests)))
    ),
    min_size=10,
    max_size=30,
)


@settings(max_examples=4)
@given(drawn_systems)
def test_restore_tests_meet_due_dates_as_the_specification_says(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[DrawnSystem]
) -> None:
    begins = datetime(2025, 10, 1, tzinfo=UTC)
    due, tests, expected = [], [], []
    for number, system in enumerate(drawn):
        name = f"s{number}"
        for quarter in range(3):
            starts_at, due_at = begins + quarter * 90 * A_DAY, begins + (quarter + 1) * 90 * A_DAY
            due.append(
                {
                    "activity": "restore_test",
                    "system": name,
                    "starts_at": starts_at.isoformat(),
                    "due_at": due_at.isoformat(),
                }
            )
            item = f"{name}/{(due_at - A_DAY).date().isoformat()}"
            done, repeated = system.codes(quarter)
            expected += [f"{item},A,{done}", f"{item},E,{repeated}"]
        for place, (day, good) in enumerate(system.tests):
            completed_at = (begins + day * A_DAY + 12 * 60 * MINUTE).isoformat()
            result = "pass" if good else "fail"
            tests.append({"id": f"{name}-{place}", "system": name, "completed_at": completed_at, "result": result})
    folder = write_case(
        tmp_path_factory.mktemp("t22"), "T-22", {"due_occurrence": due, "restore_test": tests}, expected
    )
    assert cases.run_case(folder) == []
