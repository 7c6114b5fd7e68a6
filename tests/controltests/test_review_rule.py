"""T-05 against a second opinion in plain Python, written from audit-domain 4.1 and not from the SQL."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.rule import RULES_FOLDER, Rule, load_rule
from twofold.populations.define import define_population, definition_text
from twofold.populations.steps import register_steps, steps_needed
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

STARTS_AT, DUE_AT = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
EXTRACTED_AT = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
GRACE, MAX_AGE, SLA, WATCH = 15 * DAY, 14 * DAY, 10 * DAY, 90 * DAY
LINEAGE = Lineage("case", "case", "case", EXTRACTED_AT)
Tables = Mapping[str, Sequence[Mapping[str, Value]]]
RULE = load_rule(RULES_FOLDER / "T-05")


def outcomes(tables: Tables, rule: Rule = RULE, *, only: str = "") -> dict[str, dict[str, str]]:
    """Return item -> letter -> reason code; `only` keeps one item of the population."""
    letters = [attribute.letter for attribute in rule.attributes]
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
            if only:
                session.execute("DELETE FROM population WHERE item <> ?", [only])
            counted = run_rule(session, rule, into=Path(folder))
            rows_out = session.execute(f"SELECT item, {', '.join(letters)} FROM outcome").fetchall()  # noqa: S608  letters of the rule
    assert only or all(sum(codes.values()) == population.count for codes in counted.counts.values())
    return {item: dict(zip(letters, codes, strict=True)) for item, *codes in rows_out}


@dataclass(frozen=True)
class Pair:
    """One account with one right: in the snapshot, before a reviewer, or both. Hours count from the snapshot."""

    in_snapshot: bool
    reviewed: bool
    decision: str
    reviewer: str
    decided: int
    executed_after: int | None
    in_later_snapshot: bool


@dataclass(frozen=True)
class Review:
    """One review of one system; hours of the snapshot count from the start of the period, the others from it."""

    taken: int
    origin: str
    began_after: int
    completed_after: int | None
    later_after: int | None
    pairs: tuple[Pair, ...]

    @property
    def taken_at(self) -> datetime:
        """When the snapshot was taken."""
        return STARTS_AT + timedelta(hours=self.taken)

    @property
    def started_at(self) -> datetime:
        """When decisions could begin."""
        return self.taken_at + timedelta(hours=self.began_after)

    @property
    def completed_at(self) -> datetime | None:
        """When it was completed, if ever."""
        return None if self.completed_after is None else self.started_at + timedelta(hours=self.completed_after)

    @property
    def later_at(self) -> datetime | None:
        """When the other snapshot was taken."""
        return None if self.later_after is None else self.taken_at + timedelta(hours=self.later_after)

    def decided_at(self, pair: Pair) -> datetime:
        """When the pair was decided."""
        return self.taken_at + timedelta(hours=pair.decided)


PAIRS = st.builds(
    Pair,
    in_snapshot=st.sampled_from([True, True, True, False]),
    reviewed=st.sampled_from([True, True, True, False]),
    decision=st.sampled_from(["approve", "approve", "revoke", "modify", ""]),
    reviewer=st.sampled_from(["rostered", "rostered", "rostered", "stranger", "owner"]),
    decided=st.sampled_from([-1, 0, 1, 100, 240, 241]),
    executed_after=st.none() | st.sampled_from([0, 24, 239, 240, 300]),
    in_later_snapshot=st.booleans(),
)
REVIEWS = st.builds(
    Review,
    taken=st.integers(0, 89 * 24),
    origin=st.sampled_from(["system", "system", "system", "roster"]),
    began_after=st.sampled_from([0, 24, 14 * 24, 14 * 24 + 1]),
    completed_after=st.none() | st.sampled_from([0, 240, 30 * 24, 100 * 24]),
    later_after=st.none() | st.sampled_from([200, 1000, 3000]),
    pairs=st.lists(PAIRS, min_size=1, max_size=4).map(tuple),
)


def tables_of(reviews: Sequence[Review | None]) -> dict[str, list[dict[str, Value]]]:
    names = (
        "due_occurrence",
        "campaign",
        "snapshot",
        "snapshot_row",
        "review_item",
        "revoke",
        "account",
        "person",
        "roster",
    )
    tables: dict[str, list[dict[str, Value]]] = {name: [] for name in names}
    for person in ("rostered", "stranger", "owner"):
        tables["person"].append({"id": person, "email": f"{person}@acme.test"})
        tables["account"].append({"id": f"okta:{person}", "system": "okta", "email": f"{person}@acme.test"})
    for number, review in enumerate(reviews):
        system = f"s{number}"
        tables["due_occurrence"].append(
            {"activity": "access_review", "system": system, "starts_at": _text(STARTS_AT), "due_at": _text(DUE_AT)}
        )
        tables["roster"] += [{"scope": system, "duty": "review", "person": who} for who in ("rostered", "owner")]
        if review is not None:
            _add_review(tables, system, review)
    return tables


def _add_review(tables: dict[str, list[dict[str, Value]]], system: str, review: Review) -> None:
    started_at, completed_at = _text(review.started_at), review.completed_at and _text(review.completed_at)
    first, later = f"{system}-first", f"{system}-later"
    campaign: dict[str, Value] = {"id": system, "system": system, "snapshot": first, "started_at": started_at}
    tables["campaign"].append({**campaign, "completed_at": completed_at})
    tables["snapshot"].append(
        {"id": first, "system": system, "taken_at": _text(review.taken_at), "origin": review.origin}
    )
    if review.later_at:
        tables["snapshot"].append(
            {"id": later, "system": system, "taken_at": _text(review.later_at), "origin": "system"}
        )
    for number, pair in enumerate(review.pairs):
        account = f"{system}:u{number}"
        held: dict[str, Value] = {"account": account, "right_id": f"{system}:right"}
        tables["account"].append({"id": account, "system": system, "email": "owner@acme.test"})
        if pair.in_snapshot:
            tables["snapshot_row"].append({"snapshot": first, **held})
        if review.later_at and pair.in_later_snapshot:
            tables["snapshot_row"].append({"snapshot": later, **held})
        if not pair.reviewed:
            continue
        decided: dict[str, Value] = {}
        if pair.decision:
            decided = {"decision": pair.decision, "decided_at": _text(review.decided_at(pair))}
        tables["review_item"].append({"campaign": system, **held, "reviewer": f"okta:{pair.reviewer}", **decided})
        if pair.executed_after is not None:
            executed_at = review.decided_at(pair) + timedelta(hours=pair.executed_after)
            tables["revoke"].append({"campaign": system, **held, "executed_at": _text(executed_at)})


def _text(moment: datetime) -> str:
    return moment.isoformat()


def second_opinion(review: Review | None) -> dict[str, str]:
    """Return the codes of A, B, C, D, E and G, from the words of the specification; every window is closed."""
    if review is None:
        return {"A": "exception:absent", **dict.fromkeys("BCDEG", "na:no_campaign")}
    reviewed = [pair for pair in review.pairs if pair.reviewed]
    decided = [pair for pair in reviewed if pair.decision]
    completed_at = review.completed_at
    if completed_at is None:
        on_time = "exception:not_completed"
    else:
        on_time = "pass" if completed_at < DUE_AT + GRACE else "exception:late"
    undecided = len(reviewed) > len(decided)
    return {
        "A": on_time,
        "B": _completeness(review),
        "C": _reviewers(decided),
        "D": "exception:undecided" if undecided else "pass" if reviewed else "na:no_items",
        "E": _worst([_removal(review, pair) for pair in decided if pair.decision != "approve"], "na:nothing_revoked"),
        "G": _worst([_order(review, pair) for pair in decided], "na:nothing_decided"),
    }


def _completeness(review: Review) -> str:
    if review.origin != "system":
        return "exception:not_from_system"
    if review.started_at - review.taken_at > MAX_AGE:
        return "exception:snapshot_too_old"
    if any(pair.in_snapshot and not pair.reviewed for pair in review.pairs):
        return "exception:missing_pair"
    if any(pair.reviewed and not pair.in_snapshot for pair in review.pairs):
        return "exception:extra_pair"
    return "pass"


def _reviewers(decided: Sequence[Pair]) -> str:
    found = {pair.reviewer for pair in decided}
    if "owner" in found:
        return "exception:self_review"
    if "stranger" in found:
        return "exception:no_authority"
    return "pass" if found else "na:nothing_decided"


def _removal(review: Review, pair: Pair) -> str:
    if pair.executed_after is None:
        return "exception:revoke_not_executed"
    executed_at = review.decided_at(pair) + timedelta(hours=pair.executed_after)
    snapshots = [(review.taken_at, pair.in_snapshot)] if review.origin == "system" else []
    if review.later_at:
        snapshots.append((review.later_at, pair.in_later_snapshot))
    after = sorted((taken, shows) for taken, shows in snapshots if taken > executed_at)
    if after and after[0][1]:
        return "exception:still_present"
    if any(shows and taken < executed_at + WATCH for taken, shows in after[1:]):
        return "exception:regranted"
    if timedelta(hours=pair.executed_after) >= SLA:
        return "exception:revoke_late"
    return "pass" if after else "cannot_test:pending"


def _order(review: Review, pair: Pair) -> str:
    decided_at = review.decided_at(pair)
    if decided_at < review.taken_at:
        return "exception:decided_before_snapshot"
    if review.completed_at is None:
        return "cannot_test:not_completed"
    return "exception:decided_after_completion" if decided_at > review.completed_at else "pass"


SEVERITY = (
    "exception:revoke_not_executed",
    "exception:still_present",
    "exception:regranted",
    "exception:revoke_late",
    "exception:decided_before_snapshot",
    "exception:decided_after_completion",
    "cannot_test:pending",
    "cannot_test:not_completed",
    "pass",
)


def _worst(codes: Sequence[str], otherwise: str) -> str:
    return next((code for code in SEVERITY if code in codes), otherwise)


@settings(max_examples=5)
@given(st.lists(REVIEWS | st.none(), min_size=12, max_size=24))
def test_every_review_agrees_with_the_second_opinion(reviews: Sequence[Review | None]) -> None:
    found = outcomes(tables_of(reviews))
    assert len(found) == len(reviews)
    for number, review in enumerate(reviews):
        codes = found[f"s{number}/2026-03-31"]
        expected = second_opinion(review)
        assert {letter: codes[letter] for letter in expected} == expected, review


@settings(max_examples=2)
@given(st.lists(REVIEWS | st.none(), min_size=3, max_size=6), st.data())
def test_the_order_of_rows_changes_nothing(reviews: Sequence[Review | None], data: st.DataObject) -> None:
    tables = tables_of(reviews)
    first = outcomes(tables)
    shuffled = {name: data.draw(st.permutations(rows)) for name, rows in tables.items()}
    assert outcomes(shuffled) == first


QUARTERS = (STARTS_AT - 92 * DAY, STARTS_AT, DUE_AT, DUE_AT + 91 * DAY, DUE_AT + 183 * DAY)
PERIODS = tuple(itertools.pairwise(QUARTERS))
LAST_DAYS = ("2025-12-31", "2026-03-31", "2026-06-30", "2026-09-30")


def _year(held_on: Sequence[datetime], *, system: str = "s") -> Tables:
    return {
        "due_occurrence": [
            {"activity": "access_review", "system": system, "starts_at": _text(start), "due_at": _text(end)}
            for start, end in PERIODS
        ],
        "campaign": [
            {
                "id": f"{system}c{number}",
                "system": system,
                "started_at": _text(held_at),
                "completed_at": _text(held_at + DAY),
            }
            for number, held_at in enumerate(held_on)
        ],
    }


@settings(max_examples=3)
@given(st.lists(st.lists(st.integers(0, 380), max_size=6), min_size=8, max_size=16))
def test_one_campaign_never_answers_for_two_periods(systems: Sequence[Sequence[int]]) -> None:
    years = [
        _year([QUARTERS[0] + timedelta(days=day) for day in days], system=f"s{number}")
        for number, days in enumerate(systems)
    ]
    found = outcomes({name: [row for year in years for row in year[name]] for name in years[0]})
    for number, days in enumerate(systems):
        held = [item for item, codes in found.items() if item.startswith(f"s{number}/") and codes["A"] == "pass"]
        assert len(held) <= len(days)
        for (start, end), last_day in zip(PERIODS, LAST_DAYS, strict=True):
            if any(start <= QUARTERS[0] + timedelta(days=day) < end for day in days):
                continue
            inside = [day for day in days if end <= QUARTERS[0] + timedelta(days=day) < end + GRACE - DAY]
            assert inside or f"s{number}/{last_day}" not in held


@pytest.mark.parametrize("last_day", LAST_DAYS[:2])
def test_a_part_of_the_population_gives_the_same_answer(last_day: str) -> None:
    item = f"s/{last_day}"
    tables = _year([datetime(2026, month, 3, tzinfo=UTC) for month in (1, 2, 7)])
    assert outcomes(tables, only=item) == {item: outcomes(tables)[item]}
