"""Outcomes kept by day: made from what a new state touches, they have the bytes of a run over everything."""

import random  # noqa: TID251  every history is made from a seed
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twofold.controltests.day_outcomes import DayRun, write_all_days, write_touched_days
from twofold.controltests.reach import RULES
from twofold.controltests.rule import ParameterValue, known_rules
from twofold.populations.derive import derive_tables
from twofold.tables.rows import Row, Value
from twofold.tables.store import Lineage, TableSet, TableWriter
from twofold.tables.typed_rows import typed_row

START = datetime(2026, 3, 27, tzinfo=UTC)
"""The exports of a history lie in two months, of which the links of the first are taken over."""
PEOPLE = ("ana", "bo", "cy", "dee")
REPOSITORIES = {"acme/pay": "billing", "acme/web": "shop"}
TESTED = [rule for name, rule in known_rules().items() if name in RULES]


@dataclass(slots=True)
class History:
    """Rows of canonical tables as exports bring them, each with the day on which it was exported."""

    chance: random.Random
    rows: list[tuple[int, str, Mapping[str, Value]]] = field(default_factory=list)
    commits: list[tuple[str, str, str]] = field(default_factory=list)
    pulls: list[dict[str, Value]] = field(default_factory=list)
    deployments: list[dict[str, Value]] = field(default_factory=list)
    reviews: list[dict[str, Value]] = field(default_factory=list)
    numbers: int = 0

    def add(self, day: int, table: str, **cells: Value) -> dict[str, Value]:
        self.rows.append((day, table, cells))
        return dict(cells)

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def company(self) -> None:
        for person in PEOPLE:
            self.add(0, "person", id=person)
            self.add(0, "account", id=f"git:{person}", system="git", kind="human")
            self.add(0, "account_link", account=f"git:{person}", person=person)
        self.add(0, "account_link", account="git:cy", person="bo", valid_from=at(2, 0))
        for person in PEOPLE[:3]:
            self.add(0, "roster", scope="*", duty="release", person=person, valid_from=at(0, 0))
        self.add(0, "job", person="ana", role="Engineer", manager="bo")
        self.add(0, "change_type", id="Change", is_change="true", functional="false")
        self.add(0, "check_requirement", scope="*", name="test")
        for system in REPOSITORIES.values():
            self.add(0, "system", id=system)

    def push(self, day: int, repository: str) -> str:
        """One commit on the last one; now and then with the content of an earlier one, or a merge of the base."""
        known = [(sha, tree) for where, sha, tree in self.commits if where == repository]
        sha, tree = f"c{self.number()}", f"tree{self.number()}"
        if known and self.chance.random() < 0.2:
            tree = self.chance.choice(known)[1]
        who = f"git:{self.chance.choice(PEOPLE)}"
        merge = "true" if self.chance.random() < 0.1 else "false"
        moment = at(day, self.chance.randrange(20))
        parents = [known[-1][0]] if known else []
        cells: dict[str, Value] = {
            "author": who,
            "committer": who,
            "tree_sha": tree,
            "parents": parents,
            "base_merge": merge,
        }
        self.add(day, "code_commit", repository=repository, sha=sha, committed_at=moment, pushed_at=moment, **cells)
        self.commits.append((repository, sha, tree))
        return sha

    def change(self, day: int) -> None:
        """A commit, perhaps its pull request with reviews, checks and ticket, and its deployment."""
        repository = self.chance.choice(sorted(REPOSITORIES))
        sha = self.push(day, repository)
        if self.chance.random() < 0.8:
            self.pull(day, repository, sha)
        if self.chance.random() < 0.8:
            self.check(day, sha, repository)
        self.deploy(day, repository, sha)

    def pull(self, day: int, repository: str, sha: str) -> None:
        squashed = self.chance.random() < 0.5
        number = self.number()
        ticket = f"CHG-{number}"
        pull = self.add(
            day, "pull_request", id=f"{repository}#{number}", repository=repository,
            author=f"git:{self.chance.choice(PEOPLE)}",
            head_sha=f"h{number}" if squashed else sha, merge_sha=sha, created_at=at(day, 0), tickets=[ticket],
            merged_at=at(day, 20) if self.chance.random() < 0.8 else "",
        )  # fmt: skip
        self.pulls.append(pull)
        self.add(day, "pull_request_commit", pull_request=pull["id"], sha=pull["head_sha"])
        if self.chance.random() < 0.9:
            self.add(day, "ticket", key=ticket, type="Change", created_at=at(day, 0))
            self.event(day, ticket)
        for _ in range(self.chance.randrange(3)):
            self.review(day, pull)

    def review(self, day: int, pull: Mapping[str, Value]) -> None:
        state = self.chance.choice(["approved", "approved", "approved", "changes_requested"])
        who, moment = f"git:{self.chance.choice(PEOPLE)}", at(day, self.chance.randrange(24))
        sha = self.chance.choice([pull["head_sha"], pull["head_sha"], self.commits[-1][1]])
        cells: dict[str, Value] = {"reviewer": who, "state": state, "submitted_at": moment, "commit_sha": sha}
        self.reviews.append(self.add(day, "review", id=f"r{self.number()}", pull_request=pull["id"], **cells))

    def event(self, day: int, ticket: str) -> None:
        name, value = self.chance.choice(
            [("status", "Approved"), ("status", "Approved"), ("description", "new"), ("emergency", "yes")]
        )
        moment = at(day, self.chance.randrange(24))
        self.add(
            day, "ticket_event", id=f"e{self.number()}", ticket=ticket, field=name, new_value=value, occurred_at=moment
        )

    def check(self, day: int, sha: str, repository: str) -> None:
        result = self.chance.choice(["success", "success", "failure", "skipped"])
        cells: dict[str, Value] = {"conclusion": result, "completed_at": at(day, self.chance.randrange(24))}
        self.add(day, "check_run", id=f"k{self.number()}", repository=repository, sha=sha, name="test", **cells)

    def deploy(self, day: int, repository: str, sha: str, *, happened: int | None = None) -> None:
        kind = self.chance.choice(["", "", "", "rerun", "rollback"])
        hour = self.chance.randrange(24)
        on = day if happened is None else happened
        number = self.number()
        digest = f"sha256:{sha}" if self.chance.random() < 0.5 else ""
        if digest:
            self.add(day, "artefact", digest=digest, commit_sha=sha)
        deployment = self.add(
            day, "deployment", id=f"d{number}", system=REPOSITORIES[repository], environment="production",
            repository=repository, commit_sha=sha, digest=digest, kind=kind,
            started_at=at(on, hour), completed_at=at(on, hour + self.chance.randrange(3)),
            status=self.chance.choice(["success", "success", "success", "failure"]),
            actor=f"git:{self.chance.choice(PEOPLE)}",
        )  # fmt: skip
        self.deployments.append(deployment)

    def late(self, day: int) -> None:  # noqa: C901  one arm for each kind of lateness
        """Something that speaks of what happened before: a late export, a new state, or a second content of a row."""
        pull, review, deployment = (
            self.chance.choice(self.pulls),
            self.chance.choice(self.reviews),
            self.chance.choice(self.deployments),
        )
        repository, sha, _ = self.chance.choice(self.commits)
        tickets = pull["tickets"]
        assert isinstance(tickets, list)
        match self.chance.randrange(11):
            case 0:
                self.review(day, pull)
            case 1:
                self.add(day, "review", **{**review, "state": "dismissed", "dismissed_at": at(day, 1)})
            case 2:
                self.event(self.chance.randrange(day + 1), str(tickets[0]))
                self.rows[-1] = (day, *self.rows[-1][1:])
            case 3:
                self.check(day, sha, repository)
            case 4:
                self.deploy(day, repository, sha, happened=self.chance.randrange(day + 1))
            case 5:
                self.add(day, "pull_request", **{**pull, "head_sha": sha})
            case 6:
                self.pull(day, repository, sha)
            case 7:
                self.add(day, "deployment", **{**deployment, "status": "failure"})
            case 8:
                self.add(
                    day,
                    "prod_event",
                    id=f"p{self.number()}",
                    system="shop",
                    kind="console",
                    reference=tickets[0],
                    occurred_at=at(day, 3),
                )
            case 9:
                self.add(day, "pull_request_commit", pull_request=pull["id"], sha=sha)
            case _:
                changed = next(cells for _, table, cells in self.rows if table == "ticket_event")
                self.add(day, "ticket_event", **{**changed, "new_value": "other"})

    def tables(self, until: int, folder: Path, *, without: int | None = None) -> TableSet:
        """Return the tables that the exports of days up to `until` give, but for the one that was withdrawn."""
        with TableWriter(folder) as writer:
            for day, table, cells in self.rows:
                if day <= until and day != without:
                    moment = START + timedelta(days=day + 1)
                    lineage = Lineage(f"export of day {day}", "test", "test 1", moment)
                    writer.add(typed_row(Row(table, f"line {len(cells)}", cells), zone="UTC"), lineage=lineage)
            tables = writer.finish()
        return derive_tables(tables, clock=clock(until), wanted=["change_set"])


def at(day: int, hour: int) -> str:
    return (START + timedelta(days=day, hours=hour)).isoformat()


def clock(day: int) -> datetime:
    return START + timedelta(days=day + 1)


def run_of(day: int) -> DayRun:
    values: dict[str, dict[str, ParameterValue]] = {
        rule.control_test: rule.parameter_values({}, where="test") for rule in TESTED
    }
    values["T-13"] = {**values["T-13"], "explain_days": 1, "correct_days": 2}
    return DayRun(TESTED, values, clock(day), "test")


def contents(store: Path) -> dict[str, bytes]:
    return {file.relative_to(store).as_posix(): file.read_bytes() for file in store.rglob("*") if file.is_file()}


def rows_of(folder: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as session:
        return session.execute("FROM read_parquet(?) ORDER BY item", [f"{folder}/*.parquet"]).fetchall()


def history(seed: int, *, days: int, late: int) -> History:
    made = History(random.Random(seed))  # noqa: S311  a test
    made.company()
    for day in range(days):
        for _ in range(4):
            made.change(day)
    while not made.pulls or not made.reviews:
        made.pull(days - 1, *made.commits[-1][:2])
    for _ in range(2):
        made.change(days)
    for _ in range(late):
        made.late(days)
    return made


def compared(folder: Path, made: History, *, days: int) -> tuple[Mapping[str, int], dict[str, bytes], dict[str, bytes]]:
    """Return what was made again, the store made so, and the store made from nothing."""
    before, after = made.tables(days - 1, folder / "before"), made.tables(days, folder / "after")
    write_all_days(before, run_of(days - 1), into=folder / "store")
    write_all_days(after, run_of(days), into=folder / "whole")
    again = write_touched_days(after, run_of(days), before=before, store=folder / "store", into=folder / "updated")
    return again, contents(folder / "updated"), contents(folder / "whole")


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), late=st.integers(0, 4))
def test_touched_days_made_again_give_the_bytes_of_a_run_over_everything(
    tmp_path_factory: pytest.TempPathFactory, seed: int, late: int
) -> None:
    _, updated, whole = compared(tmp_path_factory.mktemp("days"), history(seed, days=6, late=late), days=6)
    assert updated == whole


def test_a_day_without_late_rows_leaves_the_days_before_alone(tmp_path: Path) -> None:
    again, updated, whole = compared(tmp_path, history(7, days=6, late=0), days=6)
    assert updated == whole
    assert 0 < again["T-10"] < 4
    kept, made = (tmp_path / folder / "links/deployment" for folder in ("store", "updated"))
    assert kept.joinpath("2026-03.parquet").samefile(made / "2026-03.parquet")
    assert not kept.joinpath("2026-04.parquet").samefile(made / "2026-04.parquet")
    assert again["T-13"] > again["T-10"]  # its answers wait for the clock


def test_days_that_withdrawn_evidence_spoke_of_are_made_again(tmp_path: Path) -> None:
    made = history(5, days=4, late=0)
    before, after = made.tables(3, tmp_path / "before"), made.tables(3, tmp_path / "after", without=2)
    write_all_days(before, run_of(3), into=tmp_path / "store")
    write_all_days(after, run_of(3), into=tmp_path / "whole")
    write_touched_days(after, run_of(3), before=before, store=tmp_path / "store", into=tmp_path / "updated")
    assert contents(tmp_path / "updated") == contents(tmp_path / "whole") != contents(tmp_path / "store")


def test_a_change_of_the_roster_or_of_a_parameter_makes_every_day_again(tmp_path: Path) -> None:
    made = history(3, days=3, late=0)
    made.add(3, "roster", scope="*", duty="release", person="dee", valid_from=at(0, 0))
    again, updated, whole = compared(tmp_path, made, days=3)
    assert again["T-10"] == -1
    assert again["T-13"] > 0  # it reads no roster
    assert updated == whole


@pytest.mark.parametrize("kind", ["ticket", "repository"])
def test_a_ticket_or_repository_that_got_another_name_makes_every_day_again(tmp_path: Path, kind: str) -> None:
    made = history(4, days=3, late=0)
    if kind == "ticket":
        moved = next(cells["ticket"] for _, table, cells in made.rows if table == "ticket_event")
        cells: dict[str, Value] = {"field": "key", "old_value": moved, "new_value": "OPS-1", "occurred_at": at(3, 1)}
        made.add(3, "ticket_event", id="moved", ticket="OPS-1", **cells)
    else:
        cells = {"repository": "acme/pay", "new_name": "acme/bills", "occurred_at": at(3, 1)}
        made.add(3, "repository_event", id="renamed", kind="renamed", **cells)
    again, updated, whole = compared(tmp_path, made, days=3)
    assert set(again.values()) == {-1}
    assert updated == whole


def test_days_are_made_again_where_the_first_export_of_a_renamed_repository_was_withdrawn(tmp_path: Path) -> None:
    made = history(4, days=3, late=0)
    cells: dict[str, Value] = {"repository": "acme/pay", "new_name": "acme/bills", "occurred_at": at(0, 1)}
    made.add(2, "repository_event", id="renamed", kind="renamed", **cells)
    pulls = [cells for day, table, cells in made.rows if table == "pull_request" and day == 0]
    for pull in pulls:
        under_new = {name: str(pull[name]).replace("acme/pay", "acme/bills") for name in ("id", "repository")}
        made.add(1, "pull_request", **{**pull, **under_new})
    before, after = made.tables(2, tmp_path / "before"), made.tables(2, tmp_path / "after", without=0)
    write_all_days(before, run_of(2), into=tmp_path / "store")
    write_all_days(after, run_of(2), into=tmp_path / "whole")
    write_touched_days(after, run_of(2), before=before, store=tmp_path / "store", into=tmp_path / "updated")
    assert any("acme/pay" in str(pull["id"]) for pull in pulls)
    assert contents(tmp_path / "updated") == contents(tmp_path / "whole")


def test_a_later_clock_looks_again_at_what_waited_for_it_and_an_earlier_one_at_everything(tmp_path: Path) -> None:
    tables, run = history(7, days=4, late=0).tables(3, tmp_path / "tables"), run_of(3)
    later = replace(run, clock=clock(5))
    write_all_days(tables, run, into=tmp_path / "store")
    write_all_days(tables, later, into=tmp_path / "later")
    on = write_touched_days(tables, later, before=tables, store=tmp_path / "store", into=tmp_path / "on")
    back = write_touched_days(tables, run, before=tables, store=tmp_path / "on", into=tmp_path / "back")
    assert contents(tmp_path / "on") == contents(tmp_path / "later") != contents(tmp_path / "store")
    assert contents(tmp_path / "back") == contents(tmp_path / "store")
    assert (on["T-10"], back["T-10"], back["T-13"]) == (0, 0, -1)
    assert on["T-13"] > 0


def test_the_files_of_the_days_hold_the_outcomes_of_one_run(tmp_path: Path) -> None:
    tables = history(11, days=3, late=2).tables(3, tmp_path / "tables")
    run = run_of(3)
    write_all_days(tables, run, into=tmp_path / "store")
    one = replace(run, rules=[rule for rule in TESTED if rule.control_test == "T-10"])
    write_all_days(tables, one, into=tmp_path / "one")
    found = rows_of(tmp_path / "one/T-10")
    assert found == rows_of(tmp_path / "store/T-10")
    assert len(found) > len(REPOSITORIES)
