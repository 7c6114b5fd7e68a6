"""What cases cannot show of T-10 to T-12: closed counts, indifference to order, and clauses that are really needed."""

import csv
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.rule import RULES_FOLDER, Rule, load_rule
from twofold.jobs import cases
from twofold.populations.define import define_population
from twofold.populations.derive import derive_tables
from twofold.populations.steps import register_steps, steps_needed
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

T10, T11, T12 = (load_rule(RULES_FOLDER / name) for name in ("T-10", "T-11", "T-12"))
CLOCK = datetime(2026, 4, 1, tzinfo=UTC)
START = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
Tables = dict[str, list[dict[str, Value]]]

# A clause taken out or turned round, and the case that must notice.
MUTATIONS = [
    (T10, "WHEN f.content = 'stale' THEN 35", "", "golden-01-stale-approval"),
    (T10, "WHEN f.authority = 'none' THEN 33", "", "golden-04-roster-ends-at-decision"),
    (T10, "WHEN f.independence = 'unlinked' THEN 78", "", "golden-11-approver-unlinked"),
    (T10, "OR e.flagged_at > p.started_at_latest", "", "golden-14-flag-after-release"),
    (T10, "WHEN a.ended_at_latest <= u.started_at THEN 35", "", "ticket-reopened-before-release"),
    (
        T10,
        "AND o.tree_sha = c.tree_sha AND o.sha <> c.sha",
        "AND o.sha = c.sha AND o.sha <> c.sha",
        "check-on-equal-tree",
    ),
    (T10, "WHEN a.migrated THEN 80", "", "history-migrated"),
    (T10, "s.txn = e.txn", "s.txn = 'never'", "description-edited-in-the-same-save"),
    (T10, "AND e.occurred_at <= u.started_at_latest", "", "description-edited-after-release"),
    (T11, "WHEN a.independence = 'contributor' THEN 30", "", "golden-12-bot-opens-human-fixes-and-approves"),
    (T11, "d.by_pipeline AND d.agreed = 1 THEN", "d.by_pipeline THEN", "pipeline-without-agreement"),
    (T12, "WHEN o.recorded_at > a.started_at_latest THEN 30", "", "on-call-recorded-afterwards"),
    (T12, "e.old_value AS severity", "e.new_value AS severity", "severity-raised-afterwards"),
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


@pytest.mark.parametrize("case", ["clean-change", "golden-01-stale-approval", "ticket-reopened-for-a-second-release"])
def test_order_and_repetition_of_rows_do_not_matter(case: str, tmp_path: Path) -> None:
    for source in (RULES_FOLDER / "T-10" / "cases" / case).iterdir():
        text = source.read_text(encoding="utf-8")
        if source.suffix == ".csv" and source.name != "expected.csv":
            head, *rows = text.splitlines()
            text = "\n".join([head, *rows[::-1], *rows[::2], ""])
        (tmp_path / source.name).write_text(text, encoding="utf-8")
    assert cases.run_case(tmp_path) == []


@dataclass(frozen=True, slots=True)
class Drawn:
    """One change with one review, drawn at random; the people are what T-10 C and T-11 A depend on."""

    reviewer: str
    """independent, author, unlinked, bot or stranger (a person without authority)"""
    minutes: int
    """Review after the start of the release; negative is before."""
    by_day: bool
    stale: bool

    @property
    def expected_c(self) -> str:
        """T-10 C by the specification, in plain Python."""
        refusal = {"bot": "exception:approver_not_a_person", "author": "exception:not_independent"}.get(self.reviewer)
        late = self.minutes > 0 and not self.by_day
        if late:
            return "exception:approver_not_a_person" if self.reviewer == "bot" else "exception:no_live_approval"
        if refusal:
            return refusal
        if self.stale:
            return "exception:stale_approval"
        if self.reviewer == "stranger":
            return "exception:no_authority"
        if self.by_day or self.minutes == 0:
            return "cannot_test:time_order_unclear"
        return "cannot_test:approver_unlinked" if self.reviewer == "unlinked" else "pass"

    @property
    def expected_independent(self) -> str:
        """T-11 A by the specification: only whose hand it was."""
        return {
            "bot": "exception:approver_not_a_person",
            "author": "exception:approver_is_contributor",
            "unlinked": "cannot_test:approver_unlinked",
        }.get(self.reviewer, "pass")


drawn_changes = st.lists(
    st.builds(
        Drawn,
        reviewer=st.sampled_from(["independent", "author", "unlinked", "bot", "stranger"]),
        minutes=st.integers(-60, 60),
        by_day=st.booleans(),
        stale=st.booleans(),
    ),
    min_size=5,
    max_size=40,
)


def tables_of(changes: list[Drawn]) -> Tables:
    tables: Tables = {
        "account": [{"id": "github:bot", "system": "github", "kind": "bot"}],
        "account_link": [
            {"account": f"github:{name}", "person": f"p-{name}", "proof": "register"}
            for name in ("independent", "author", "stranger")
        ],
        "roster": [
            {"scope": "*", "duty": "release", "person": f"p-{name}", "valid_from": "2025-01-01"}
            for name in ("independent", "author")
        ],
    }
    for number, change in enumerate(changes):
        pull, head, old = f"r#{number}", f"h{number}", f"o{number}"
        at = "2026-03-04" if change.by_day else (START + timedelta(minutes=change.minutes)).isoformat()
        made: dict[str, dict[str, Value]] = {
            "pull_request": {"id": pull, "repository": "r", "head_sha": head, "author": "github:author"},
            "pull_request_commit": {"pull_request": pull, "sha": head},
            "code_commit": {"repository": "r", "sha": head, "author": "github:author", "committed_at": "2026-03-01"},
            "review": {
                "id": f"v{number}",
                "pull_request": pull,
                "reviewer": f"github:{change.reviewer}",
                "state": "approved",
                "submitted_at": at,
                "commit_sha": old if change.stale else head,
            },
            "deployment": {
                "id": f"d{number}",
                "system": "s",
                "environment": "production",
                "repository": "r",
                "commit_sha": head,
                "started_at": START.isoformat(),
                "status": "success",
            },
            "change_set": {"deployment": f"d{number}", "repository": "r", "sha": head},
        }
        for table, row in made.items():
            tables.setdefault(table, []).append(row)
    return tables


def outcomes(rule: Rule, tables: Tables, folder: Path) -> dict[str, dict[str, str]]:
    lineage = Lineage("case", "case", "case", CLOCK)
    with TableWriter(folder / "tables") as writer:
        for name, rows in tables.items():
            for row in rows:
                writer.add(typed_row(Row(name, "", row), zone="UTC"), lineage=lineage)
        written = derive_tables(writer.finish(), clock=CLOCK)
    with open_session(written) as session:
        register_steps(session)
        set_parameters(session, rule.parameter_values({}, where="test"), extracted_at=CLOCK)
        population = define_population(session, rule.population, into=folder)
        found = run_rule(session, rule, into=folder)
        assert {letter: sum(codes.values()) for letter, codes in found.counts.items()} == {
            attribute.letter: population.count for attribute in rule.attributes
        }
        letters = [attribute.letter for attribute in rule.attributes]
        judged = session.execute(f"SELECT item, {', '.join(letters)} FROM outcome").fetchall()  # noqa: S608  letters of a rule
    return {item: dict(zip(letters, codes, strict=True)) for item, *codes in judged}


@settings(max_examples=4)
@given(drawn_changes)
def test_approvals_are_judged_as_the_specification_says(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Drawn]
) -> None:
    found = outcomes(T10, tables_of(changes), tmp_path_factory.mktemp("t10"))
    assert len(found) == len(changes)
    for number, change in enumerate(changes):
        assert (change, found[f"d{number}/r#{number}"]["C"]) == (change, change.expected_c)


@settings(max_examples=3)
@given(drawn_changes)
def test_independence_asks_only_whose_hand_it_was(
    tmp_path_factory: pytest.TempPathFactory, changes: list[Drawn]
) -> None:
    found = outcomes(T11, tables_of(changes), tmp_path_factory.mktemp("t11"))
    for number, change in enumerate(changes):
        assert (change, found[f"d{number}/r#{number}"]["A"]) == (change, change.expected_independent)


@pytest.mark.parametrize("rule", [T10, T11, T12], ids=lambda rule: rule.control_test)
def test_every_case_expects_codes_that_the_rule_declares(rule: Rule) -> None:
    declared = {code.partition(":")[2] for attribute in rule.attributes for code in attribute.reasons}
    for file in (rule.folder / "cases").glob("*/expected.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            reasons = {row["reason"] for row in csv.DictReader(stream) if not row["attribute"].startswith("lens:")}
        assert reasons - {""} <= declared, file


@pytest.mark.parametrize(
    ("case", "name", "told"),
    [
        (
            "T-10/cases/ticket-moved-to-another-project",
            name,
            "Key of ticket OPS-5 changed at 2026-03-20 09:00:00 from CHG-1",
        )
        for name in ("T-10", "T-15", "T-16")
    ]
    + [
        (
            "T-13/cases/console-change-under-a-ticket-that-moved",
            "T-13",
            "Key of ticket OPS-5 changed at 2026-04-02 10:00:00 from CHG-1",
        ),
        (
            "T-10/cases/repository-renamed-before-its-history-was-exported",
            "T-10",
            "Repository acme/bill was renamed to acme/billing at 2026-03-20 09:00:00",
        ),
    ],
)
def test_facts_tell_of_another_name(case: str, name: str, told: str) -> None:
    found, rule = cases.read_case(RULES_FOLDER / case), load_rule(RULES_FOLDER / name)
    asked = replace(found, rule=rule, parameters=rule.parameter_values({}, where=name))
    with cases.tested_rows(asked, cases.case_rows(found)) as (session, _, _):
        register_steps(session, steps_needed(rule.facts_sql))
        facts = session.execute(f"SELECT fact, evidence FROM ({rule.facts_sql}) AS told").fetchall()  # noqa: S608  the rule's own text
    assert any(fact.startswith(told) and evidence for fact, evidence in facts)
