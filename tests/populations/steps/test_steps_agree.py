"""The steps about persons and time against a second implementation in plain Python, over random worlds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twofold.populations.derive import derive_tables
from twofold.populations.steps import register_steps, steps_needed
from twofold.tables.store import Lineage, TableWriter, open_session
from twofold.tables.typed_rows import typed_row

from ...second_opinion.rules import steps as second
from ...second_opinion.rules.agreement import CLOCK
from ...second_opinion.rules.records import Records, read_worlds
from ...second_opinion.rules.world import A_DAY, START, World

WORLDS = 40
MOMENTS = [
    START.replace(tzinfo=None) + day * A_DAY + timedelta(hours=hour) for day in (0, 7, 20, 45, 69) for hour in (0, 12)
]
TABLES = ("person", "account", "account_link", "roster", "delegation", "engagement", "job", "role_authority")
SEEDS = st.lists(st.integers(0, 2**63 - 1), min_size=WORLDS, max_size=WORLDS, unique=True)


def company(number: int, seed: int) -> World:
    """Return a few people with accounts, duties, jobs and engagements, and what goes wrong with them."""
    world = World(number, seed)
    people = [world.key(name) for name in "abc"]
    accounts = [world.key(f"git:{name}") for name in "abcd"]
    for person in people:
        world.add("person", id=person, email=world.maybe(60, f"{person}@example.com"))
        if world.chance(60):
            end = world.moment()
            world.add(
                "engagement",
                id=world.id("e"),
                person=person,
                type="employee",
                started_at=world.maybe(70, world.instant(world.moment())),
                effective_end=world.maybe(50, world.instant(end, coarse=50)),
                last_day=world.maybe(40, world.instant(world.near(end), coarse=50)),
                follows=world.maybe(40, world.key("e1")),
            )
        for _ in range(world.number_in(0, 2)):
            start = world.moment()
            world.add(
                "job",
                person=person,
                role=world.pick(("r", "r", "s")),
                manager=world.maybe(80, world.pick(people)),
                valid_from=world.maybe(80, start),
                valid_to=world.maybe(50, start + world.number_in(1, 20) * A_DAY),
            )
        if world.chance(60):
            world.add(
                "roster",
                scope="erp",
                duty=world.pick(("release", "access")),
                right_class=world.pick((None, "privileged")),
                person=person,
                valid_from=world.maybe(70, world.moment()),
                valid_to=world.maybe(50, world.moment()),
            )
    for account in accounts:
        if world.chance(80):
            world.add(
                "account",
                id=account,
                system="git",
                kind=world.pick((None, "human", "shared", "bot", "service")),
                email=world.maybe(40, f"{world.pick(people)}@EXAMPLE.com"),
                triggered_by=world.pick([None, *accounts]),
            )
        for _ in range(world.number_in(0, 2)):
            start = world.moment()
            world.add(
                "account_link",
                account=account,
                person=world.pick(people),
                valid_from=world.maybe(70, start),
                valid_to=world.maybe(60, world.near(start, days=20)),
            )
        if world.chance(30):
            world.add(
                "role_authority", scope="erp", duty=world.pick(("release", "access")), role=world.pick(("r", "s"))
            )
    if world.chance(50):
        world.add(
            "delegation",
            from_person=people[0],
            to_person=people[1],
            duty=world.pick((None, "release")),
            valid_from=world.maybe(70, world.moment()),
            valid_to=world.maybe(60, world.moment()),
            recorded_at=world.instant(world.moment()),
        )
    return world


@contextmanager
def sessions(seeds: list[int], *steps: str) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[Records]]]:
    with TemporaryDirectory() as folder:
        with TableWriter(Path(folder) / "tables") as writer:
            for number, seed in enumerate(seeds):
                for row in company(number, seed).rows:
                    writer.add(typed_row(row, zone="UTC"), lineage=Lineage("ev", "test", "test", CLOCK))
            tables = derive_tables(writer.finish(), clock=CLOCK, wanted=())
        with open_session(tables) as session:
            register_steps(session, steps_needed(" ".join(steps)))
            yield session, read_worlds(session, TABLES, len(seeds))


QUICK = settings(max_examples=3, suppress_health_check=list(HealthCheck))


@QUICK
@given(SEEDS)
def test_an_account_belongs_to_the_same_person(seeds: list[int]) -> None:
    with sessions(seeds, "identity") as (session, worlds):
        rows = session.execute("SELECT account, valid_from, valid_to, person, state FROM identity").fetchall()
        stretches: dict[str, list[tuple[datetime, datetime, str | None, str]]] = {}
        for account, start, end, person, state in rows:
            stretches.setdefault(account, []).append((start, end, person, state))
    for number, records in enumerate(worlds):
        accounts = {row["id"] for row in records["account"]} | {row["account"] for row in records["account_link"]}
        for account in accounts | {f"{number}~git:nobody"}:
            for at in MOMENTS:
                here = [
                    (state, person) for start, end, person, state in stretches.get(account, ()) if start <= at < end
                ]
                assert len(here) <= 1, "stretches of an account never overlap"
                found = second.hand(records, account, at)
                assert (here[0] if here else ("unlinked", None)) == (found.state, found.person), (account, at)


@QUICK
@given(SEEDS)
def test_a_person_has_the_same_authority(seeds: list[int]) -> None:
    with sessions(seeds, "authority") as (session, worlds):
        rows = session.execute(
            "SELECT person, duty, right_class, valid_from, valid_to, valid_to_latest FROM authority"
        ).fetchall()
    held = [each for records in worlds for each in second.mandates(records)]
    ends = {end for *_, sure, over in rows for end in (sure, over)}
    for at in [*MOMENTS, *ends]:
        surely = {(person, duty, kind) for person, duty, kind, start, end, _ in rows if start <= at < end}
        assert surely == {(each.person, each.duty, each.right_class) for each in held if each.surely((at, at))}
        perhaps = {(person, duty, kind) for person, duty, kind, start, _, over in rows if start <= at < over}
        assert perhaps == {(each.person, each.duty, each.right_class) for each in held if each.perhaps((at, at))}


@QUICK
@given(SEEDS)
def test_a_title_gives_the_same_authority(seeds: list[int]) -> None:
    with sessions(seeds, "authority_by_title") as (session, worlds):
        rows = session.execute(
            "SELECT person, duty, valid_from, valid_to, valid_to_latest FROM authority_by_title"
        ).fetchall()
    held = [each for records in worlds for each in second.title_mandates(records)]
    ends = {end for *_, sure, over in rows for end in (sure, over)}
    for at in [*MOMENTS, *ends]:
        surely = {(person, duty) for person, duty, start, end, _ in rows if start <= at < end}
        assert surely == {(each.person, each.duty) for each in held if each.surely((at, at))}
        perhaps = {(person, duty) for person, duty, start, _, over in rows if start <= at < over}
        assert perhaps == {(each.person, each.duty) for each in held if each.perhaps((at, at))}


@QUICK
@given(SEEDS)
def test_a_human_has_the_same_superiors(seeds: list[int]) -> None:
    with sessions(seeds, "superior") as (session, worlds):
        rows = session.execute("SELECT human, superior, valid_from, valid_to FROM superior").fetchall()
    for at in MOMENTS:
        ours = {(human, superior) for human, superior, start, end in rows if start <= at < end}
        theirs = {
            (second.human_of(records, person), superior)
            for records in worlds
            for person in {row["person"] for row in records["job"]}
            for superior in second.superiors(records, person, at)
        }
        assert ours == theirs
