"""Access reviews on the command line, from the snapshot to what T-05 says of them."""

import contextlib
import csv
import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from twofold.cli.main import main
from twofold.engagement.access_review import Decision
from twofold.jobs.access_review.deciding import decide
from twofold.jobs.capture import capture
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace

from .conftest import Said

Call = Callable[..., Any]
SCOPE = """
systems:
  - id: product
    name: Our product
    layer: application
    zone: UTC
    owner: p-0001
    soc2: [{from: 2026-01-01, reason: The service, approver: p-0001}]
    schedules: [{activity: access_review, cadence: quarterly, from: 2026-01-01}]
  - {id: wiki, name: Wiki, layer: application, zone: UTC, owner: p-0001}
people:
  - {id: p-0001, name: Ana}
  - {id: p-0002, name: Bo}
  - {id: p-0003, name: Cy}
account_links:
  - {account: "okta:ana", person: p-0001, from: 2025-01-01}
  - {account: "okta:bo", person: p-0002, from: 2025-01-01}
  - {account: "product:ana", person: p-0001, from: 2025-01-01}
  - {account: "product:cy", person: p-0003, from: 2025-01-01}
rosters:
  - {scope: product, duty: review, person: p-0001, from: 2025-01-01}
  - {scope: product, duty: review, person: p-0002, from: 2025-01-01}
engagements:
  - {id: soc2-2026, lens: soc2, type: type2, starts_on: 2026-01-01, ends_on: 2026-06-30, categories: [security]}
"""
ANA, CY, CY_VIEW, ROBOT = (
    ("product:ana", "product:admin"),
    ("product:cy", "product:admin"),
    ("product:cy", "product:view"),
    ("product:robot", "product:view"),
)
ALL = (ANA, CY, CY_VIEW, ROBOT)
RIGHTS = "id,system,class,contains\nproduct:admin,product,privileged,product:view\nproduct:view,product,,\n"
ACCOUNTS = (
    "id,system,kind,status\nproduct:ana,product,human,active\nproduct:cy,product,human,disabled\n"
    "product:robot,product,service,active\n"
)
REVIEW = "rv-product-2026-03-26"
BOTH = ("--reviewer", "okta:ana", "--reviewer", "p-0002")
MARCH, APRIL = "2026-03-25T08:00:00Z", "2026-04-20T08:00:00Z"


@dataclass
class Desk:
    """A workspace, the person at the keyboard and the clock on the wall."""

    call: Call
    root: Path
    scratch: Path
    monkeypatch: pytest.MonkeyPatch
    time: datetime = datetime(2026, 3, 26, 9, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.monkeypatch.setattr("twofold.cli.review.now", self.tick)

    def tick(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def at(self, day: str) -> "Desk":
        self.time = datetime.fromisoformat(f"{day}T09:00:00+00:00")
        return self

    def says(self, actor: str, *arguments: str | Path) -> Any:
        self.monkeypatch.setenv("TWOFOLD_ACTOR", actor)
        return self.call("review", *arguments, "-w", self.root)

    def json(self, *arguments: str) -> Any:
        said = self.says("p-0001", *arguments, "--json")
        assert said.code == 0, said.err
        return json.loads(said.out)

    def capture(self, source: str, kind: str, text: str, run_at: str, name: str = "") -> None:
        file = self.scratch / (name or f"{kind}-{run_at[:10]}.csv")
        file.write_text(text, encoding="utf-8")
        said = self.call(
            "capture", file, "--source", source, "--kind", kind, "--query", f"all {kind}", "--run-by", "p-0001",
            "--run-at", run_at, "-w", self.root,
        )  # fmt: skip
        assert said.code in {0, 3}, said.err

    def snapshot(
        self, name: str, taken_at: str, pairs: tuple[tuple[str, str], ...], *, minutes: int = 5, **other: str
    ) -> None:
        """Capture a list that was exported so many minutes after it was taken; 0, as a directory gives it."""
        origin, system = other.get("origin", "system"), other.get("system", "product")
        lines = [f"{name},{system},{taken_at},{origin},{account},{right}\n" for account, right in pairs or (("", ""),)]
        text = "snapshot_id,system,taken_at,origin,account,right_id\n" + "".join(lines)
        run_at = (datetime.fromisoformat(taken_at) + timedelta(minutes=minutes)).isoformat()
        self.capture("access_review", "snapshot", text, run_at, f"{name}-{other.get('part', 'all')}.csv")

    def open(self) -> str:
        said = self.says("p-0001", "open", "product", "--snapshot", "march", *BOTH)
        assert said.code == 0, said.err
        return REVIEW

    def decide(self, actor: str, review: str, pair: tuple[str, str], decision: str = "approve") -> Any:
        return self.says(actor, "decide", review, *pair, "--decision", decision, "--reason", "looked at it")

    def outcome(self, item: str = "product/2026-03-31") -> dict[str, str]:
        assert self.call("test", "T-05", "-w", self.root).code == 0
        latest = json.loads((self.root / ".twofold" / "runs" / "latest.json").read_text(encoding="utf-8"))
        file = self.root / ".twofold" / "runs" / latest["T-05"] / "outcomes.parquet"
        query = "SELECT a, b, c, d, e, f, g FROM read_parquet(?) WHERE item = ?"
        with duckdb.connect() as session:
            (row,) = session.execute(query, [str(file), item]).fetchall()
        return dict(zip("abcdefg", row, strict=True))


@pytest.fixture(scope="session")
def prepared_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with scope, accounts, rights and a snapshot; not to be changed."""
    folder = tmp_path_factory.mktemp("reviews")
    root = folder / "acme"
    assert main(["init", str(root), "--company", "Acme Inc.", "--zone", "UTC"]) == 0
    for file in (root / "scope").iterdir():
        file.unlink()
    (root / "scope" / "all.yaml").write_text(SCOPE, encoding="utf-8")
    assert main(["scope", "apply", "--reason", "first scope", "-w", str(root)]) == 0
    with pytest.MonkeyPatch.context() as patched:
        made = Desk(in_process, root, folder, patched)
        made.capture("csvtable", "access_right", RIGHTS, "2026-03-25T07:00:00Z")
        made.capture("csvtable", "account", ACCOUNTS, "2026-03-25T07:00:00Z")
        made.snapshot("march", MARCH, ALL)
    return root


def in_process(*arguments: str | Path) -> Said:
    return Said(main([str(argument) for argument in arguments]), "", "")


@pytest.fixture(scope="session")
def decided_once(tmp_path_factory: pytest.TempPathFactory, prepared_once: Path) -> Path:
    """Return a workspace with a review in which all is decided; not to be changed."""
    root = Path(shutil.copytree(prepared_once, tmp_path_factory.mktemp("decided") / "acme"))
    with pytest.MonkeyPatch.context() as patched:
        made = Desk(in_process, root, root.parent, patched)
        made.open()
        for pair in (CY, CY_VIEW, ROBOT):
            assert made.decide("p-0001", REVIEW, pair, "revoke" if pair == CY else "approve").code == 0
        assert made.decide("p-0002", REVIEW, ANA).code == 0
    return root


@pytest.fixture
def decided(call: Call, decided_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    root = Path(shutil.copytree(decided_once, tmp_path / "acme"))
    return Desk(call, root, tmp_path, monkeypatch, datetime(2026, 3, 26, 10, tzinfo=UTC))


@pytest.fixture(scope="session")
def followed_once(tmp_path_factory: pytest.TempPathFactory, decided_once: Path) -> Path:
    """Return the workspace once that review is completed, what was judged wrong removed, and its use looked at."""
    root = Path(shutil.copytree(decided_once, tmp_path_factory.mktemp("followed") / "acme"))
    look = ("look", REVIEW, *CY, "--from", "2026-01-01", "--result", "nothing was changed with it")
    with pytest.MonkeyPatch.context() as patched:
        made = Desk(in_process, root, root.parent, patched, datetime(2026, 3, 26, 10, tzinfo=UTC))
        assert made.says("p-0001", "complete", REVIEW).code == 0
        assert made.at("2026-03-28").says("p-0002", "revoked", REVIEW, *CY, "--ticket", "ACC-12").code == 0
        assert made.says("p-0002", *look).code == 0
    return root


@pytest.fixture
def followed(call: Call, followed_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    root = Path(shutil.copytree(followed_once, tmp_path / "acme"))
    return Desk(call, root, tmp_path, monkeypatch, datetime(2026, 3, 28, 10, tzinfo=UTC))


@pytest.fixture
def desk(call: Call, prepared_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(call, Path(shutil.copytree(prepared_once, tmp_path / "acme")), tmp_path, monkeypatch)


def test_a_review_is_opened_and_shown(desk: Desk) -> None:
    review = desk.open()
    shown = desk.says("p-0001", "show", review)
    assert "okta:ana has 3 of 3 to decide" in shown.out
    assert "(privileged)" in shown.out
    pairs = {(each["account"], each["right_id"]): each for each in desk.json("show", review)["pairs"]}
    assert pairs[ANA]["reviewer"] == "okta:bo", "nobody decides on their own access"
    assert pairs[CY]["holds"] == ["product:view"]
    assert (pairs[CY]["status"], pairs[ROBOT]["belongs_to"]) == ("disabled", "bot")


def test_names_with_brackets_are_shown_as_they_are(desk: Desk) -> None:
    desk.snapshot("odd", MARCH, (("product:x[admin]", "role[/b]"), ("product::key:", "product:view")))
    assert desk.says("p-0001", "open", "product", "--snapshot", "odd", *BOTH).code == 0
    shown = desk.says("p-0001", "show", REVIEW)
    assert shown.code == 0, shown.err
    for name in ("product:x[admin]", "role[/b]", "product::key:"):
        assert name in shown.out


def test_a_review_from_the_snapshot_to_a_pass(followed: Desk) -> None:
    desk, review = followed, REVIEW
    assert desk.outcome()["e"] == "cannot_test:pending", "no later snapshot shows it gone yet"
    assert "no later snapshot shows it gone yet" in " ".join(desk.says("p-0001", "show", review).out.split())
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))

    assert desk.outcome() == dict.fromkeys("abcdefg", "pass")
    (removal,) = desk.json("show", review)["removals"]
    assert (removal["gone"], removal["seen_in"], removal["ticket"]) == (True, "april", "ACC-12")
    (listed,) = desk.json("list")
    assert (listed["state"], listed["progress"]["approve"], listed["progress"]["revoke"]) == ("completed", 3, 1)


def test_a_list_taken_by_the_export_itself_proves_what_is_gone(followed: Desk) -> None:
    followed.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT), minutes=0)
    assert followed.outcome()["e"] == "pass"


def test_revoked_and_yet_present(followed: Desk) -> None:
    desk, review = followed, REVIEW
    desk.snapshot("april", APRIL, (*ALL, ("product:new", "product:view")))

    assert desk.outcome()["e"] == "exception:still_present"
    found = desk.json("diff", review, "--with", "today")
    assert found["counts"] == {
        "same": 3, "new": 1, "gone": 0, "changed": 0, "revoked_yet_present": 1, "granted_again": 0,
    }  # fmt: skip
    said = desk.says("p-0001", "diff", review, "--with", "today").out
    assert "product:cy product:admin: then revoke on 2026-03-26" in said
    desk.snapshot("may", "2026-05-02T08:00:00Z", (ANA, CY_VIEW, ROBOT))
    desk.snapshot("june", "2026-06-02T08:00:00Z", ALL)
    assert desk.json("diff", review, "--with", "today")["counts"]["granted_again"] == 1


def test_a_right_that_was_deleted_between_two_lists_was_gone(followed: Desk) -> None:
    desk, review = followed, REVIEW
    deleted = "id,right_id,kind,occurred_at\nd-1,product:admin,delete,2026-04-01T12:00:00Z\n"
    desk.capture("csvtable", "right_event", deleted, "2026-04-02T08:00:00Z")
    desk.snapshot("may", "2026-05-02T08:00:00Z", ALL)
    counts = desk.json("diff", review, "--with", "today")["counts"]
    assert (counts["revoked_yet_present"], counts["granted_again"]) == (0, 1)


def test_what_was_gone_and_is_there_again_says_so(followed: Desk) -> None:
    desk, review = followed, REVIEW
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))
    (removal,) = desk.json("show", review)["removals"]
    assert (removal["gone"], removal["seen_in"], removal["back_in"]) == (True, "april", "")
    desk.snapshot("may", "2026-05-02T08:00:00Z", (ANA, CY_VIEW, ROBOT))
    desk.snapshot("june", "2026-06-02T08:00:00Z", ALL)
    (removal,) = desk.json("show", review)["removals"]
    assert (removal["gone"], removal["seen_in"], removal["back_in"]) == (True, "april", "june")
    assert "gone in april, and there again in june" in " ".join(desk.says("p-0001", "show", review).out.split())


def test_a_snapshot_that_may_not_be_whole_proves_no_removal(followed: Desk) -> None:
    desk, review = followed, REVIEW
    header = "snapshot_id,system,taken_at,origin,account,right_id\n"
    torn = f"torn,product,{APRIL},system,product:ana,product:admin\ntorn,product,{APRIL},system,product:cy,\n"
    desk.capture("access_review", "snapshot", header + torn, "2026-04-20T08:05:00Z", "torn.csv")

    (removal,) = desk.json("show", review)["removals"]
    assert (removal["gone"], removal["seen_in"], len(removal["doubts"])) == (None, "torn", 1)
    assert "torn may not be whole" in " ".join(desk.says("p-0001", "show", review).out.split())
    assert "looks new or gone may be neither" in " ".join(
        desk.says("p-0001", "diff", review, "--with", "today").out.split()
    )
    desk.snapshot("may", "2026-05-02T08:00:00Z", ALL)
    assert desk.json("diff", review, "--with", "today")["counts"]["revoked_yet_present"] == 1, "it was never seen away"
    (removal,) = desk.json("show", review)["removals"]
    assert (removal["gone"], removal["seen_in"]) == (False, "may")


def test_a_comparison_says_that_the_snapshot_of_a_review_is_no_longer_there(decided: Desk) -> None:
    header = "snapshot_id,system,taken_at,origin,account,right_id\n"
    decided.capture(
        "access_review", "snapshot", f"{header}april,product,{APRIL},system,product:ana,product:admin\n",
        "2026-04-20T08:05:00Z", "march-all.csv",
    )  # fmt: skip
    assert decided.json("diff", REVIEW, "--with", "today")["doubts"] == ["march: not in the evidence"]


def test_nothing_removed_is_an_exception_once_the_days_are_over(decided: Desk) -> None:
    desk, review = decided, REVIEW
    assert desk.says("p-0001", "complete", review).code == 0
    desk.snapshot("may", "2026-05-02T08:00:00Z", ALL)

    found = desk.outcome()
    assert (found["e"], found["f"]) == ("exception:revoke_not_executed", "exception:impact_not_judged")


def test_a_pair_that_came_to_the_snapshot_later_is_missing(followed: Desk) -> None:
    desk, review = followed, REVIEW
    desk.snapshot("march", MARCH, (("product:late", "product:view"),), part="second")
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))

    assert desk.outcome()["b"] == "exception:missing_pair"
    assert desk.json("diff", review, "--with", "today")["counts"]["gone"] == 2


def test_own_access_is_found_when_it_comes_out_later(followed: Desk) -> None:
    desk = followed
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))
    scope = desk.root / "scope" / "all.yaml"
    links = 'account_links:\n  - {account: "product:robot", person: p-0001, from: 2025-01-01}\n'
    scope.write_text(scope.read_text(encoding="utf-8").replace("account_links:\n", links), encoding="utf-8")
    assert desk.call("scope", "apply", "--reason", "the robot is Ana's", "-w", desk.root).code == 0

    assert desk.outcome()["c"] == "exception:self_review"


def test_a_period_without_a_review_is_absent(desk: Desk) -> None:
    desk.open()
    desk.snapshot("october", "2026-10-20T08:00:00Z", ALL)
    assert desk.outcome("product/2026-06-30")["a"] == "exception:absent"
    assert desk.outcome()["a"] == "exception:not_completed"


def test_snapshots_that_will_not_do(desk: Desk) -> None:
    desk.snapshot("roster", MARCH, ALL, origin="roster")
    desk.snapshot("other", MARCH, ALL, system="wiki")
    for snapshot, found in (
        ("roster", "it was built from a list of people"),
        ("other", "it is a snapshot of wiki"),
        ("marsh", "did you mean 'march'?"),
    ):
        said = desk.says("p-0001", "open", "product", "--snapshot", snapshot, "--reviewer", "okta:ana")
        assert (said.code, found in said.err) == (2, True), said.err
    said = desk.says("p-0001", "open", "product", "--snapshot", "march", *BOTH, "--since", "2026-03-27")
    assert (said.code, "2026-03-27 has not come" in said.err) == (2, True), "nobody knows which reviews will be held"
    settings = desk.root / "twofold.toml"
    in_utc = settings.read_text(encoding="utf-8")
    settings.write_text(in_utc.replace('"UTC"', '"Europe/Berlin"'), encoding="utf-8")
    said = desk.says("p-0001", "open", "product", "--snapshot", "march", *BOTH, "--since", "0001-01-01")
    assert (said.code, "--since: '0001-01-01' is no" in said.err) == (2, True), "UTC has no such day"
    settings.write_text(in_utc, encoding="utf-8")
    said = desk.at("2026-04-09").says("p-0001", "open", "product", "--snapshot", "march", "--reviewer", "okta:ana")
    assert "more than 14 days ago" in said.err
    said = desk.at("2026-03-24").says("p-0001", "open", "product", "--snapshot", "march", "--reviewer", "okta:bo")
    assert "which is not over" in said.err
    lines = (
        f"torn,product,{MARCH},system,product:cy,product:admin\ntorn,product,{MARCH},screen,product:cy,product:view\n"
    )
    text = "snapshot_id,system,taken_at,origin,account,right_id\n" + lines
    desk.capture("access_review", "snapshot", text, "2026-03-25T08:05:00Z", "torn.csv")
    said = desk.at("2026-03-26").says("p-0001", "open", "product", "--snapshot", "torn", "--reviewer", "okta:ana")
    assert "it may not be whole" in said.err
    assert desk.json("list") == []


def test_what_would_keep_a_review_from_a_pass_is_said_at_its_opening(desk: Desk) -> None:
    text = (
        "snapshot_id,system,taken_at,origin,account,right_id,expands_nested\n"
        f"names,wiki,{MARCH},system,wiki:dee,product:admin,false\n"
    )
    desk.capture("access_review", "snapshot", text, "2026-03-25T08:05:00Z", "names.csv")
    opened = desk.json(
        "open", "wiki", "--snapshot", "names", "--reviewer", "okta:ana", "--since", "2025-10-01"
    )  # fmt: skip
    orphans, nested, roster = opened["notes"]
    assert "wiki:dee" in orphans
    assert "product:admin and not the rights inside" in nested
    assert "No roster says who may review wiki" in roster
    entries = json.loads(desk.call("log", "show", "--kind", "capture", "--json", "-w", desk.root).out)
    provenance = entries[-1]["body"]["provenance"]
    assert provenance["period_from"] == "2025-10-01T00:00:00.000000Z"
    assert "states that every access review of wiki held from 2025-10-01" in provenance["query"]


def test_reviewers_that_will_not_do(desk: Desk) -> None:
    for reviewers, found in (
        (("okta:ana",), "okta:ana may not decide on 1 pairs: product:ana product:admin"),
        (("p-0009",), "'p-0009' is linked to no one person"),
        (("product:robot",), "'product:robot' is an automation account"),
        (("p-0003",), "product:cy may not decide on 4 pairs"),
    ):
        named = [word for name in reviewers for word in ("--reviewer", name)]
        said = desk.says("p-0001", "open", "product", "--snapshot", "march", *named)
        assert (said.code, found in said.err) == (2, True), said.err
    assert "there is no system 'produkt'" in desk.says("p-0001", "open", "produkt", "--snapshot", "march", *named).err


def test_what_an_open_review_refuses(desk: Desk) -> None:
    review = desk.open()
    to_ana = ("route", review, "--to", "okta:ana", "--reason", "x")
    for actor, arguments, found in (
        ("p-0002", ("decide", review, *CY, "--decision", "approve", "--reason", "x"), "to be decided by okta:ana"),
        ("p-0001", ("decide", review, *ANA, "--decision", "approve", "--reason", "x"), "nobody decides on their own"),
        ("p-0001", ("decide", review, *CY, "--decision", "approve"), "no reason is given"),
        ("p-0001", ("decide", review, "product:cy", "product:no", "--decision", "approve", "--reason", "x"), "is not"),
        ("p-0001", ("decide", review, *CY), "a pair that is not whole"),
        ("p-0001", ("complete", review), "4 pairs are undecided"),
        ("p-0001", ("revoked", review, *CY, "--ticket", "T-1"), "was not judged wrong"),
        ("p-0001", ("show", "rv-produkt-2026-03-26"), "did you mean 'rv-product-2026-03-26'?"),
        ("p-0001", ("show", review, "--reviewer", "okta:cy"), "is routed to the account 'okta:cy'"),
        ("p-0001", ("diff", review), "is the first review of product"),
        ("p-0001", ("diff", review, "--with", "today"), "no snapshot of product was captured after"),
        ("p-0001", ("diff", review, "--with", review), "is the review itself"),
        ("p-0001", (*to_ana, "--account", "product:ana"), "may not decide"),
        ("p-0001", (*to_ana, "--account", "product:no"), "no undecided pair"),
    ):  # fmt: skip
        said = desk.says(actor, *arguments)
        assert (said.code, found in " ".join(said.err.split())) == (2, True), (arguments, said.err)


def test_what_a_decided_review_refuses(decided: Desk) -> None:
    for arguments, found in (
        (("revoked", REVIEW, *CY, "--ticket", " "), "no ticket is named"),
        (("revoked", REVIEW, *CY, "--ticket", "T-1", "--executed-at", "2026-03-25T08:00:00Z"), "(the decision) to now"),
        (("revoked", REVIEW, *CY, "--ticket", "T-1", "--executed-at", "last week"), "is no ISO 8601 day or time"),
        (("look", REVIEW, *CY, "--from", "2026-01-01", "--result", ""), "no result is given"),
        (("route", REVIEW, "--to", "okta:bo", "--reason", "x"), "no undecided pair is meant that is not with okta:bo"),
        (("route", REVIEW, "--to", "okta:bo", "--reason", "x", "--decided"), "no reviewer, account or right is named"),
        (("route", REVIEW, "--to", "okta:bo", "--from", "okta:cy", "--decided", "--reason", "x"), "no pair is meant"),
        (("decide", REVIEW, *CY, "--decision", "revoke", "--reason", "looked at it"), "it is decided so already"),
    ):
        said = decided.says("p-0001", *arguments)
        assert (said.code, found in " ".join(said.err.split())) == (2, True), (arguments, said.err)
    said = decided.says("p-0003", "look", REVIEW, *CY, "--from", "2026-01-01", "--result", "x")
    assert "ask somebody else to look" in said.err
    for somebody in ("P-0003", "cy@example.com"):
        said = decided.says(somebody, "look", REVIEW, *CY, "--from", "2026-01-01", "--result", "x")
        assert (said.code, "is nobody known" in said.err) == (2, True), "it may be the person whose access it is"
    said = decided.says("p-0002", "look", REVIEW, *CY, "--from", "2026-03-27", "--result", "x")
    assert "2026-03-27 has not come" in said.err, "a look from tomorrow on saw nothing"


def test_what_a_completed_review_refuses(followed: Desk) -> None:
    for arguments, found in (
        (("decide", REVIEW, *CY, "--decision", "approve", "--reason", "x"), "is completed since 2026-03-26"),
        (("decide", REVIEW, *CY, "--decision", "approve", "--reason", "x"), "under a ticket, and decide on it in a"),
        (("route", REVIEW, "--account", "product:cy", "--decided", "--to", "okta:bo", "--reason", "x"), "is completed"),
        (("complete", REVIEW), "is completed"),
    ):
        said = followed.says("p-0001", *arguments)
        assert (said.code, found in " ".join(said.err.split())) == (2, True), (arguments, said.err)
    followed.at("2026-03-20")
    said = followed.says("p-0001", "revoked", REVIEW, *CY, "--ticket", "T-1")
    assert "the clock of this machine says 2026-03-20" in said.err


def test_a_look_that_was_too_short_is_mended_by_another_one(followed: Desk) -> None:
    desk, second = followed, "rv-product-2026-06-25"
    desk.snapshot("june", "2026-06-24T08:00:00Z", (CY_VIEW,))
    opened = ("open", "product", "--snapshot", "june", "--reviewer", "okta:ana")
    assert desk.at("2026-06-25").says("p-0001", *opened).code == 0
    assert desk.decide("p-0001", second, CY_VIEW, "revoke").code == 0
    assert desk.says("p-0001", "complete", second).code == 0
    assert desk.says("p-0002", "revoked", second, *CY_VIEW, "--ticket", "ACC-13").code == 0
    desk.snapshot("october", "2026-10-20T08:00:00Z", ())

    def look(first_day: str, result: str = "nothing was changed with it") -> Any:
        return desk.says("p-0002", "look", second, *CY_VIEW, "--from", first_day, "--result", result)

    assert look("2026-04-01").code == 0
    assert desk.outcome("product/2026-06-30")["f"] == "exception:look_too_short", "the last good review was of 26 March"
    refused = look("2026-04-01")
    assert (refused.code, "this look is recorded already (ev-" in refused.err) == (2, True)
    assert look("2026-03-01").code == 0
    assert desk.outcome("product/2026-06-30")["f"] == "pass"
    assert look("2026-05-01", "one report was read").code == 0
    assert desk.outcome("product/2026-06-30")["f"] == "pass", "a later look takes nothing from an earlier one"


def removed(desk: Desk, day: str, executed: str, ticket: str, *more: str) -> Any:
    desk.at(day)
    named = ("--ticket", ticket, "--executed-at", f"{executed}T12:00:00Z")
    return desk.says("p-0002", "revoked", REVIEW, *CY, *named, *more)


WHY = ("--reason", "removed once more")


def test_of_two_records_of_a_removal_the_one_that_a_snapshot_proves_counts(decided: Desk) -> None:
    desk = decided
    assert desk.says("p-0001", "complete", REVIEW).code == 0
    look = ("look", REVIEW, *CY, "--from", "2026-01-01", "--result", "nothing was changed with it")
    assert desk.says("p-0002", *look).code == 0
    assert removed(desk, "2026-03-28", "2026-03-27", "ACC-12").code == 0
    refused = removed(desk, "2026-04-03", "2026-04-02", "ACC-15")
    assert (refused.code, "recorded already: ACC-12 at 2026-03-27" in refused.err) == (2, True)
    assert removed(desk, "2026-04-03", "2026-04-02", "ACC-15", *WHY).code == 0

    def counts() -> str:
        (found,) = desk.json("show", REVIEW)["removals"]
        return str(found["ticket"])

    assert (counts(), desk.outcome()["e"]) == ("ACC-12", "cannot_test:pending"), "the first word stands until a proof"
    desk.snapshot("march-2", "2026-03-30T08:00:00Z", ALL)
    assert (counts(), desk.outcome()["e"]) == ("ACC-12", "exception:still_present"), "a word proves nothing"
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))
    assert (counts(), desk.outcome()["e"]) == ("ACC-15", "pass"), "the second removal is the one that is proven"
    (found,) = desk.json("show", REVIEW)["removals"]
    said = [(each["ticket"], each["by"], each["reason"]) for each in found["records"]]
    assert said == [("ACC-12", "p-0002", ""), ("ACC-15", "p-0002", "removed once more")], "both stay visible"
    told = " ".join(desk.says("p-0001", "show", REVIEW).out.split())
    assert "also recorded, which does not count: ACC-12 of 2026-03-27 12:00 UTC" in told
    again = "id,account,right_id,action,occurred_at\ne-1,product:cy,product:admin,add,2026-04-10T12:00:00Z\n"
    desk.capture("csvtable", "grant_event", again, APRIL)
    assert counts() == "ACC-15", "what is given after a snapshot that still held it proves no removal before that one"


def test_a_later_word_on_a_removal_hides_no_earlier_one(decided: Desk) -> None:
    desk = decided
    assert desk.says("p-0001", "complete", REVIEW).code == 0
    assert removed(desk, "2026-03-28", "2026-03-27", "ACC-12").code == 0
    desk.snapshot("april-1", "2026-04-01T08:00:00Z", (ANA, CY_VIEW, ROBOT))
    desk.snapshot("april-2", "2026-04-02T08:00:00Z", ALL)
    assert removed(desk, "2026-04-04", "2026-04-03", "ACC-15", *WHY).code == 0
    desk.snapshot("april-3", APRIL, (ANA, CY_VIEW, ROBOT))
    for kind, header in (
        ("access_request", "id,beneficiary,system,rights,created_at\n"),
        ("approval", "id,subject,approver,duty,decision,decided_at\n"),
    ):
        desk.capture("csvtable", kind, header, APRIL)
    assert desk.outcome()["e"] == "exception:regranted", "it was gone and came back, whatever was said afterwards"

    before = removed(desk, "2026-04-21", "2026-03-27", "ACC-16", *WHY)
    assert before.code == 0, before.err
    (found,) = desk.json("show", REVIEW)["removals"]
    assert (found["ticket"], found["seen_in"]) == ("ACC-12", "april-1"), "of two words with one proof the first counts"


def test_access_that_the_log_shows_given_again_is_not_hidden_by_a_second_removal(decided: Desk) -> None:
    desk = decided
    assert desk.says("p-0001", "complete", REVIEW).code == 0
    assert removed(desk, "2026-03-28", "2026-03-27", "ACC-12").code == 0
    desk.snapshot("march-2", "2026-03-29T08:00:00Z", ALL)
    events = (
        "e-1,product:cy,product:admin,remove,2026-03-27T12:00:00Z\n"
        "e-2,product:cy,product:admin,add,2026-03-28T12:00:00Z\n"
        "e-3,product:cy,product:admin,remove,2026-03-30T12:00:00Z\n"
    )
    for kind, text in (
        ("access_request", "id,beneficiary,system,rights,created_at\n"),
        ("approval", "id,subject,approver,duty,decision,decided_at\n"),
        ("grant_event", f"id,account,right_id,action,occurred_at\n{events}"),
    ):
        desk.capture("csvtable", kind, text, APRIL)
    assert desk.outcome()["e"] == "exception:regranted"
    assert removed(desk, "2026-03-31", "2026-03-30", "ACC-15", *WHY).code == 0
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))
    assert desk.outcome()["e"] == "exception:regranted", "the first removal was carried out, and silently undone"
    (found,) = desk.json("show", REVIEW)["removals"]
    assert found["ticket"] == "ACC-12"


def test_a_snapshot_that_may_not_be_whole_proves_no_record(decided: Desk) -> None:
    desk = decided
    assert desk.says("p-0001", "complete", REVIEW).code == 0
    assert removed(desk, "2026-04-10", "2026-04-09", "ACC-12").code == 0
    header = "snapshot_id,system,taken_at,origin,account,right_id\n"
    torn = "torn,product,2026-03-29T08:00:00Z,system,product:ana,product:admin\ntorn,product,,system,product:cy,x\n"
    desk.capture("access_review", "snapshot", header + torn, "2026-03-29T08:05:00Z", "torn.csv")
    assert removed(desk, "2026-04-11", "2026-03-28", "ACC-11", "--reason", "it was earlier").code == 0
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))
    (found,) = desk.json("show", REVIEW)["removals"]
    assert (found["ticket"], found["seen_in"]) == ("ACC-12", "april"), "nobody dates one back behind a torn list"


def test_pairs_of_a_reviewer_who_left_go_to_another(desk: Desk) -> None:
    review = desk.open()
    assert desk.decide("p-0001", review, CY, "revoke").code == 0
    done = desk.says("p-0002", "route", review, "--from", "okta:ana", "--to", "okta:bo", "--reason", "left on 3 April")
    assert "okta:bo has 3 of 3 to decide" in done.out
    assert desk.decide("p-0002", review, ROBOT).code == 0
    assert "the removal of" not in desk.decide("p-0001", review, CY).err, "until completion a later decision counts"
    assert desk.decide("p-0001", review, CY, "revoke").code == 0
    assert desk.says("p-0002", "revoked", review, *CY, "--ticket", "ACC-12").code == 0
    assert "is recorded already" in desk.decide("p-0001", review, CY).err


def test_a_decision_is_corrected_until_the_review_is_completed(decided: Desk) -> None:
    desk = decided
    corrected = desk.says("p-0001", "decide", REVIEW, *CY_VIEW, "--decision", "revoke", "--reason", "kept by a slip")
    assert corrected.code == 0
    assert desk.says("p-0001", "complete", REVIEW).code == 0
    desk.at("2026-03-28")
    for pair in (CY, CY_VIEW):
        assert desk.says("p-0002", "revoked", REVIEW, *pair, "--ticket", "ACC-12").code == 0
        look = ("look", REVIEW, *pair, "--from", "2026-01-01", "--result", "nothing was changed with it")
        assert desk.says("p-0002", *look).code == 0
    desk.snapshot("april", APRIL, (ANA, ROBOT))
    assert desk.outcome() == dict.fromkeys("abcdefg", "pass"), "both are gone, and nothing is told in two ways"
    desk.snapshot("april", APRIL, (CY_VIEW,), part="second")
    assert desk.outcome()["e"] == "exception:still_present", "the corrected decision is the one that is tested"


def test_a_better_reason_does_not_start_the_days_of_a_removal_anew(decided: Desk) -> None:
    desk = decided
    desk.at("2026-04-03")
    better = desk.says("p-0001", "decide", REVIEW, *CY, "--decision", "revoke", "--reason", "moved to sales in March")
    assert better.code == 0
    pairs = {(each["account"], each["right_id"]): each for each in desk.json("show", REVIEW)["pairs"]}
    assert (pairs[CY]["decided_at"][:10], pairs[CY]["reason"]) == ("2026-03-26", "moved to sales in March")
    assert desk.says("p-0001", "complete", REVIEW).code == 0
    assert desk.at("2026-04-08").says("p-0002", "revoked", REVIEW, *CY, "--ticket", "ACC-12").code == 0
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))
    assert desk.outcome()["e"] == "exception:revoke_late", "it was judged wrong on 26 March"


def test_another_removal_of_the_same_access_does_not_start_its_days_anew(decided: Desk) -> None:
    desk = decided
    assert desk.at("2026-04-03").decide("p-0001", REVIEW, CY, "modify").code == 0
    pairs = {(each["account"], each["right_id"]): each for each in desk.json("show", REVIEW)["pairs"]}
    assert (pairs[CY]["decision"], pairs[CY]["decided_at"][:10]) == ("modify", "2026-03-26")
    assert desk.says("p-0001", "complete", REVIEW).code == 0
    assert desk.at("2026-04-08").says("p-0002", "revoked", REVIEW, *CY, "--ticket", "ACC-12").code == 0
    desk.snapshot("april", APRIL, (ANA, CY_VIEW, ROBOT))
    assert desk.outcome()["e"] == "exception:revoke_late", "it was judged wrong on 26 March, and is judged wrong still"


def test_what_a_reviewer_decided_who_then_left_is_decided_anew(decided: Desk) -> None:
    desk = decided
    scope = desk.root / "scope" / "all.yaml"
    duty = "duty: review, person: p-0001, from: 2025-01-01"
    scope.write_text(scope.read_text(encoding="utf-8").replace(duty, f"{duty}, to: 2026-03-27"), encoding="utf-8")
    assert desk.call("scope", "apply", "--reason", "Ana hands over", "-w", desk.root).code == 0
    desk.at("2026-03-29")
    told = " ".join(desk.decide("p-0001", REVIEW, CY_VIEW, "revoke").err.split())
    assert "has no duty to review" in told
    assert "its decision stands; else run 'twofold review route" in told
    assert "--decided'" in told

    route = ("route", REVIEW, "--account", "product:cy", "--right", "product:view", "--to", "okta:bo", "--decided")
    own = desk.says("product:cy", *route, "--reason", "a friend decides")
    assert (own.code, "is the acting person's own access" in own.err) == (2, True), own.err
    nobody = desk.says("somebody", *route, "--reason", "x")
    assert (nobody.code, "is nobody known" in nobody.err) == (2, True), nobody.err
    done = desk.says("p-0002", *route, "--reason", "Ana left, and kept it by a slip")
    assert (done.code, "okta:bo has 1 of 2 to decide" in done.out) == (0, True), done.err
    assert "1 pairs are undecided" in desk.says("p-0001", "complete", REVIEW).err, "silence is no approval"
    assert desk.decide("p-0002", REVIEW, CY_VIEW, "revoke").code == 0
    assert desk.says("p-0001", "complete", REVIEW).code == 0
    pairs = {(each["account"], each["right_id"]): each for each in desk.json("show", REVIEW)["pairs"]}
    assert (pairs[CY_VIEW]["reviewer"], pairs[CY_VIEW]["decision"]) == ("okta:bo", "revoke")
    assert (pairs[CY]["reviewer"], pairs[CY]["decision"]) == ("okta:ana", "revoke"), "the others stand"
    acts = [(each["act"], each["by"], each["decision"], each["reason"]) for each in pairs[CY_VIEW]["history"]]
    assert acts == [
        ("route", "p-0001", None, ""),
        ("decide", "p-0001", "approve", "looked at it"),
        ("route", "p-0002", None, "Ana left, and kept it by a slip"),
        ("decide", "p-0002", "revoke", "looked at it"),
    ], "the decision that was taken back stays, with who took it back, when and why"
    told = " ".join(desk.says("p-0001", "show", REVIEW).out.split())
    assert "product:cy product:view, act by act:" in told
    assert "p-0001 approve, as okta:ana: looked at it (ev-" in told
    assert "no longer so since 2026-03-29 09:00 UTC (ev-" in told
    assert "product:robot product:view, act by act" not in told, "nothing was changed there"
    desk.snapshot("april", "2026-04-10T08:00:00Z", (ANA, ROBOT))
    found = desk.outcome()
    assert (found["c"], found["d"], found["g"]) == ("pass", "pass", "pass")


def test_two_acts_at_one_moment_are_one_after_the_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    review, at, met = desk.open(), datetime(2026, 3, 26, 12, tzinfo=UTC), threading.Barrier(2)

    def meet(*arguments: Any, **named: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            met.wait(1)
        return capture(*arguments, **named)

    monkeypatch.setattr("twofold.jobs.access_review.capturing.capture", meet)
    told: list[str] = []

    def act(decision: Decision) -> None:
        with Workspace.open(desk.root) as opened:
            try:
                decide(opened, review, CY, decision=decision, reason="looked at it", actor="p-0001", at=at)
                told.append("")
            except UserError as error:
                told.append(str(error))

    acts = [threading.Thread(target=act, args=(each,)) for each in (Decision.APPROVE, Decision.REVOKE)]
    for each in acts:
        each.start()
    for each in acts:
        each.join()
    assert sorted(map(bool, told)) == [False, True], told
    assert "somebody may have acted meanwhile" in "".join(told)
    assert not any(each["conflicted"] for each in desk.json("show", review)["pairs"])


def test_who_lost_the_duty_or_left_decides_no_more(desk: Desk) -> None:
    review = desk.open()
    scope = desk.root / "scope" / "all.yaml"
    duty = "duty: review, person: p-0001, from: 2025-01-01"
    scope.write_text(scope.read_text(encoding="utf-8").replace(duty, f"{duty}, to: 2026-03-27"), encoding="utf-8")
    assert desk.call("scope", "apply", "--reason", "Ana hands over", "-w", desk.root).code == 0
    left = "id,person,type,started_at,last_day,effective_end\ne-1,p-0002,employee,2025-01-01,2026-03-27,2026-03-27\n"
    desk.capture("csvtable", "engagement", left, "2026-03-26T07:00:00Z")

    assert desk.decide("p-0001", review, CY).code == 0, "she has the duty on this day"
    desk.at("2026-03-29")
    for reviewer, pair in (("okta:ana", CY_VIEW), ("okta:bo", ANA)):
        to_other = "okta:bo" if reviewer == "okta:ana" else "okta:ana"
        routed = ("route", review, "--account", pair[0], "--to", to_other, "--reason", "x")
        assert "may not decide on" in desk.says("p-0001", *routed).err
        said = desk.decide(reviewer, review, pair)
        found = f"{reviewer} has no duty to review {pair[0]} {pair[1]} now"
        assert (said.code, found in " ".join(said.err.split())) == (2, True), said.err
    assert desk.json("show", review)["progress"]["undecided"] == 3


def test_decisions_from_a_file(desk: Desk, tmp_path: Path) -> None:
    review = desk.open()
    file = tmp_path / "ana.csv"
    said = desk.says("p-0001", "show", review, "--reviewer", "okta:ana", "--into", file)
    assert "3 pairs written to" in said.out
    assert "there is a file already" in desk.says("p-0001", "show", review, "--into", file).err
    with file.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    assert lines[0]["holds"] == "product:view"

    def answer(changed: list[dict[str, str]]) -> Any:
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(lines[0]))
            writer.writeheader()
            writer.writerows(changed)
        return desk.says("p-0001", "decide", review, "--file", file)

    assert "it holds no new decision" in answer(lines).err
    done = [each | {"decision": "Approve"} for each in lines]
    lost = answer(done[1:])
    assert "1 lines are missing: product:cy product:admin" in lost.err
    wrong = answer([done[0] | {"account": "product:x"}, done[1] | {"decision": "keep"}, done[2], done[2]])
    assert "ana.csv, line 2: product:x product:admin is not in the snapshot" in wrong.err
    assert "ana.csv, line 3: the decision 'keep'" in wrong.err
    assert "ana.csv, line 5: product:robot product:view stands in line 4 already" in wrong.err
    assert "no reason is given" in answer([done[0] | {"decision": "revoke"}, *done[1:]]).err
    other = lines[0] | {"account": "product:ana", "decision": "approve"}
    assert "nobody decides on their own access" in answer([*done, other]).err

    assert answer([done[0] | {"decision": "revoke", "reason": "moved"}, done[1], lines[2]]).code == 0
    progress = desk.json("show", review)["progress"]
    assert (progress["approve"], progress["revoke"], progress["undecided"]) == (1, 1, 2)
    better = [done[0] | {"decision": "revoke", "reason": "moved to sales"}, done[1], lines[2]]
    assert answer(better).code == 0, "a better reason is recorded too"
    assert "moved to sales" in {each["reason"] for each in desk.json("show", review)["pairs"]}
    assert "it holds no new decision" in answer(better).err
    entries = json.loads(desk.call("log", "show", "--kind", "capture", "--json", "-w", desk.root).out)
    parameters = dict(entries[-1]["body"]["provenance"]["parameters"])
    assert set(parameters) == {"file", "file_sha256", "pairs_sha256"}
    assert "there is no such file" in desk.says("p-0001", "decide", review, "--file", tmp_path / "no.csv").err


def test_a_list_that_was_written_earlier_takes_back_no_newer_decision(desk: Desk, tmp_path: Path) -> None:
    review = desk.open()
    assert desk.decide("p-0001", review, CY).code == 0
    lists = [tmp_path / "with.csv", tmp_path / "again.csv"]
    assert desk.says("p-0001", "show", review, "--reviewer", "okta:ana", "--into", lists[0]).code == 0
    assert desk.decide("p-0001", review, CY, "revoke").code == 0
    assert desk.decide("p-0001", review, CY_VIEW, "revoke").code == 0

    def filled(file: Path) -> Any:
        with file.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.DictReader(stream))
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(lines[0]))
            writer.writeheader()
            writer.writerows(each | {"decision": "approve", "reason": "fine"} for each in lines)
        return desk.says("p-0001", "decide", review, "--file", file)

    refused = filled(lists[0])
    told = " ".join(refused.err.split())
    assert refused.code == 2
    assert "with.csv, line 2: approve of product:cy product:admin would take back revoke of 2026-03-26" in told
    assert "with.csv, line 3: approve of product:cy product:view would take back revoke of 2026-03-26" in told
    assert "line 4" not in told, "nobody had decided on it"
    assert desk.json("show", review)["progress"]["revoke"] == 2, "nothing of the file is recorded"
    assert desk.says("p-0001", "show", review, "--reviewer", "okta:ana", "--into", lists[1]).code == 0
    assert filled(lists[1]).code == 0, "who writes the list anew saw the newer decisions"
    assert desk.json("show", review)["progress"]["approve"] == 3


def test_a_file_of_decisions_holds_nothing_that_a_spreadsheet_runs(desk: Desk, tmp_path: Path) -> None:
    desk.snapshot("odd", MARCH, (("=HYPERLINK(1)", "@x"), CY))
    assert desk.says("p-0001", "open", "product", "--snapshot", "odd", *BOTH).code == 0
    assert "there is no such folder" in desk.says("p-0001", "show", REVIEW, "--into", tmp_path / "no" / "x.csv").err
    for number, told in ((1, "it holds no"), (2, "it holds no new decision")):
        file = tmp_path / f"{number}.csv"
        assert desk.says("p-0001", "show", REVIEW, "--into", file).code == 0
        text = file.read_text(encoding="utf-8")
        assert "\n'=HYPERLINK(1),'@x," in text
        assert told in desk.says("p-0001", "decide", REVIEW, "--file", file).err
        file.write_text(text.replace("okta:ana,,", "okta:ana,approve,- needs it"), encoding="utf-8")
        assert desk.says("p-0001", "decide", REVIEW, "--file", file).code == (0 if number == 1 else 2)
    pairs = {each["account"]: (each["decision"], each["reason"]) for each in desk.json("show", REVIEW)["pairs"]}
    assert pairs["=HYPERLINK(1)"] == ("approve", "- needs it")


def test_two_reviews_are_compared(followed: Desk) -> None:
    desk, first = followed, REVIEW
    desk.snapshot("june", "2026-06-24T08:00:00Z", (ANA, CY_VIEW, ("product:dee", "product:view")))
    desk.at("2026-06-25")
    opened = desk.says(
        "p-0001", "open", "product", "--snapshot", "june", "--reviewer", "okta:ana", "--reviewer", "okta:bo"
    )
    assert "Nobody known stands behind product:dee" in " ".join(opened.out.split())
    second = "rv-product-2026-06-25"
    assert desk.decide("p-0001", second, CY_VIEW, "revoke").code == 0

    found = desk.json("diff", second)
    assert found["counts"] == {
        "same": 1, "new": 1, "gone": 2, "changed": 1, "revoked_yet_present": 0, "granted_again": 0,
    }  # fmt: skip
    assert (found["earlier"]["name"], found["later"]["name"]) == (first, second)
    assert desk.json("diff", first, "--with", second) == found
    again = desk.says(
        "p-0001", "open", "product", "--snapshot", "june", "--reviewer", "okta:ana", "--reviewer", "okta:bo"
    )
    assert "rv-product-2026-06-25-2" in again.out
    assert f"{second} rests on this snapshot already" in " ".join(again.out.split())
    assert "rests on this snapshot" not in opened.out


def test_indicators_ask_and_do_not_judge(decided: Desk) -> None:
    desk, review = decided, REVIEW
    found = {each["name"]: each for each in desk.json("indicators", review)["indicators"]}
    assert found["median_seconds"]["value"] < 10
    assert found["median_seconds"]["stands_out"] is True
    assert (found["share_approved"]["value"], found["share_approved"]["stands_out"]) == (75, False)
    said = desk.says("p-0001", "indicators", review).out
    assert "never a verdict" in said
    assert "look " in said


def test_a_review_of_another_tool_is_shown_and_not_decided_on(desk: Desk) -> None:
    campaign = f"campaign_id,system,started_at,completed_at,snapshot_id\nokta-1,product,{MARCH},,march\n"
    decisions = (
        "campaign_id,account,right_id,reviewer,decision,decided_at\nokta-1,product:cy,product:admin,okta:ana,,\n"
    )
    desk.capture("access_review", "campaigns", campaign, "2026-03-25T10:00:00Z")
    desk.capture("access_review", "decisions", decisions, "2026-03-25T10:00:00Z")

    assert "exported from another tool" in " ".join(desk.says("p-0001", "list").out.split())
    assert "is held in another tool" in desk.decide("p-0001", "okta-1", CY).err
    assert "is held in another tool" in desk.says("p-0001", "complete", "okta-1").err
    file = desk.scratch / "campaign.csv"
    file.write_text("id,system\nx,product\n", encoding="utf-8")
    manifest = (
        '[[file]]\npath = "campaign.csv"\nsource = "csvtable"\nkind = "campaign"\nquery = "all"\nrun_by = "p-0001"\n'
    )
    folder = desk.scratch / "forged"
    folder.mkdir()
    shutil.move(file, folder / "campaign.csv")
    times = 'run_at = "2026-07-10T06:00:00Z"\nconnector = "twofold"\n'
    (folder / "exports.toml").write_text(manifest + times, encoding="utf-8")
    assert "marks what a command of Twofold captured" in desk.call("capture", folder, "-w", desk.root).err


def test_a_pair_that_is_told_in_two_ways_says_so(desk: Desk) -> None:
    campaign = f"campaign_id,system,started_at,completed_at,snapshot_id\nokta-1,product,{MARCH},,march\n"
    desk.capture("access_review", "campaigns", campaign, "2026-03-25T10:00:00Z")
    header = "campaign_id,account,right_id,reviewer,decision,decided_at\n"
    lines = "".join(f"okta-1,product:cy,product:admin,okta:ana,{word},{MARCH}\n" for word in ("approve", "revoke"))
    desk.capture("access_review", "decisions", header + lines, "2026-03-25T10:00:00Z")

    shown = " ".join(desk.says("p-0001", "show", "okta-1").out.split())
    assert "told in two ways, of which one is shown: product:cy product:admin." in shown
    assert [each["conflicted"] for each in desk.json("show", "okta-1")["pairs"]] == [True]

    desk.snapshot("april", APRIL, ALL)
    compared = desk.json("diff", "okta-1", "--with", "today")
    (found,) = [each for each in compared["differences"] if each["account"] == "product:cy" and each["conflicted"]]
    assert found["right_id"] == "product:admin", "revoked by one telling and yet present, whatever the other says"
    said = " ".join(desk.says("p-0001", "diff", "okta-1", "--with", "today").out.split())
    assert "told in two ways, of which one is shown" in said


def test_decisions_of_a_bare_day_tell_no_pace(desk: Desk) -> None:
    campaign = f"campaign_id,system,started_at,completed_at,snapshot_id\nokta-1,product,{MARCH},,march\n"
    lines = "".join(f"okta-1,{account},{right},okta:ana,approve,2026-03-26\n" for account, right in ALL)
    desk.capture("access_review", "campaigns", campaign, "2026-03-25T10:00:00Z")
    header = "campaign_id,account,right_id,reviewer,decision,decided_at\n"
    desk.capture("access_review", "decisions", header + lines, "2026-03-27T10:00:00Z")

    found = {each["name"]: each["value"] for each in desk.json("indicators", "okta-1")["indicators"]}
    assert (found["share_approved"], found["median_seconds"], found["largest_burst"]) == (100, None, None)


def test_without_anything(desk: Desk, judged_once: Path) -> None:
    assert "open" in desk.call("review").out
    said = desk.call("review", "list", "-w", judged_once)
    assert said.out == "0 reviews\n"
