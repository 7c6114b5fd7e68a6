"""Access reviews on the site: opened, decided by the person each pair is routed to, followed up; never one's own."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from twofold.engagement.access_review_diff import Change, Difference, PairList
from twofold.jobs.access_review.comparing import Comparison

from ..cli.conftest import _must
from ..cli.test_review import (
    ACCOUNTS,
    ALL,
    ANA,
    APRIL,
    CY,
    CY_VIEW,
    MARCH,
    REVIEW,
    RIGHTS,
    ROBOT,
    SCOPE,
    Desk,
    in_process,
)

As = Callable[[str], Any]
MOMENT = datetime(2026, 3, 26, 9, tzinfo=UTC)


class Clock:
    """The clock of the site: a second later each time it is read."""

    def __init__(self) -> None:
        self.time = MOMENT

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture(scope="session")
def with_a_snapshot(tmp_path_factory: pytest.TempPathFactory, site: str) -> Path:
    """Return a workspace with accounts, rights and a snapshot; not to be changed."""
    del site
    folder = tmp_path_factory.mktemp("snapshots")
    root = folder / "acme"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TWOFOLD_KEY_PASSPHRASE", "a passphrase of tests")
        patched.setattr("twofold.vault.signing.keys.ROUNDS", 1_000)
        _must("init", root, "--company", "Acme Inc.", "--zone", "UTC")
        for file in (root / "scope").iterdir():
            file.unlink()
        (root / "scope" / "all.yaml").write_text(SCOPE, encoding="utf-8")
        _must("scope", "apply", "--reason", "first scope", "-w", root)
        made = Desk(in_process, root, folder, patched)
        made.capture("csvtable", "access_right", RIGHTS, "2026-03-25T07:00:00Z")
        made.capture("csvtable", "account", ACCOUNTS, "2026-03-25T07:00:00Z")
        made.snapshot("march", MARCH, ALL)
    return root


@pytest.fixture
def reviewers(
    with_a_snapshot: Path, as_role: As, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    """Serve a workspace of one's own; the compliance manager is Ana, the owner is Bo."""
    from django.test import override_settings  # noqa: PLC0415

    from twofold.web.accounts.models import Member  # noqa: PLC0415

    clients = {"ana": as_role("compliance"), "bo": as_role("owner"), "viewer": as_role("viewer")}
    root = Path(shutil.copytree(with_a_snapshot, tmp_path / "acme"))
    monkeypatch.setattr("twofold.web.company.access_reviews.timezone", Clock())
    Member.objects.filter(user__username="compliance@example.com").update(person="p-0001")
    with override_settings(WORKSPACE=root):
        yield clients
    Member.objects.filter(user__username="compliance@example.com").update(person="")


def said(client: Any, address: str, given: dict[str, str]) -> str:
    shown: str = client.post(address, given, follow=True).content.decode()
    return shown


def decisions(**pairs: tuple[tuple[str, str], str, str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, (pair, decision, reason) in pairs.items():
        given |= {f"pair-{name}": "|".join(pair), f"decision-{name}": decision, f"reason-{name}": reason}
    return given


def opened(clients: dict[str, Any]) -> str:
    shown = said(clients["ana"], "/reviews/open", {"snapshot": "product|march", "reviewers": "okta:ana p-0002"})
    assert f"{REVIEW}</h1>" in shown
    return f"/reviews/{REVIEW}/"


def test_a_review_from_the_snapshot_to_its_end(reviewers: dict[str, Any]) -> None:
    ana, bo = reviewers["ana"], reviewers["bo"]
    form = ana.get("/reviews/").content.decode()
    assert "product: march" in form
    assert "you state that every access review of the system" in form, "it is captured in the name of who opens it"
    page = opened(reviewers)
    for view in ("application", "person", "flat", "nonsense"):
        assert "product:cy" in ana.get(f"{page}?view={view}").content.decode()
    assert "product:cy" not in ana.get(f"{page}?reviewer=okta:bo").content.decode().split("<table class")[-1]
    assert "No pair is like that" in ana.get(f"{page}?only=risky&words=zzz").content.decode()
    assert "product:cy" not in ana.get(f"{page}?view=flat&after=product:d").content.decode().split("<table class")[-1]
    assert "undecided" in said(ana, f"{page}complete", {})
    done = decisions(
        a=(CY, "revoke", "moved to sales"), b=(CY_VIEW, "approve", "needs it"), c=(ROBOT, "approve", "the backup")
    )
    assert "Captured as ev-" in said(ana, f"{page}decide", done)
    assert "Captured as ev-" in said(bo, f"{page}decide", decisions(a=(ANA, "approve", "leads the team")))
    assert "Captured as ev-" in said(ana, f"{page}complete", {})
    shown = said(bo, f"{page}removed", {"pair": "|".join(CY), "ticket": "ACC-12"})
    assert "ACC-12" in shown
    assert "no later snapshot" in shown
    assert "completed" in bo.get("/reviews/").content.decode()


def test_nobody_decides_on_own_access_or_for_somebody_else(reviewers: dict[str, Any]) -> None:
    ana, bo = reviewers["ana"], reviewers["bo"]
    page = opened(reviewers)
    assert "nobody decides on their own access" in said(ana, f"{page}decide", decisions(a=(ANA, "approve", "mine")))
    assert "is to be decided by okta:ana" in said(bo, f"{page}decide", decisions(a=(CY, "approve", "fine")))
    assert "no reason is given" in said(ana, f"{page}decide", decisions(a=(CY, "approve", " ")))
    assert "no decision is given" in said(ana, f"{page}decide", decisions(a=(CY, "", "later")))
    assert "is not in" in said(ana, f"{page}decide", decisions(a=(("product:x", "product:y"), "approve", "x")))
    assert "4</b> <a" in ana.get(page).content.decode(), "nothing was decided"


def test_a_reason_that_no_evidence_could_be_read_with_is_refused(reviewers: dict[str, Any]) -> None:
    ana = reviewers["ana"]
    page = opened(reviewers)
    for reason, found in (("a\0b", "no text holds"), ("y" * 1_100_000, "a text of 1,100,000 characters")):
        shown = said(ana, f"{page}decide", decisions(a=(CY, "approve", reason)))
        assert (found in shown, "Captured as" in shown) == (True, False)
    shown = said(ana, f"{page}route", {"to": "okta:bo", "reason": "a\0b"})
    assert ("no text holds" in shown, "Captured as" in shown) == (True, False)
    assert "4</b> <a" in ana.get(page).content.decode(), "nothing was decided"


def test_the_record_shows_the_period_in_which_the_snapshot_was_taken(
    reviewers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, clock = reviewers["ana"], Clock()
    clock.time = datetime(2026, 4, 2, 9, tzinfo=UTC)
    monkeypatch.setattr("twofold.web.company.access_reviews.timezone", clock)
    said(ana, "/reviews/open", {"snapshot": "product|march", "reviewers": "okta:ana p-0002"})
    assert in_process("test", "T-05", "-w", tmp_path / "acme").code == 0
    record = ana.get("/reviews/rv-product-2026-04-02/record").content.decode()
    assert "product/2026-03-31" in record, "T-05 counts a review for the period of its snapshot"
    assert "product/2026-06-30" not in record


def test_names_may_hold_the_stroke_between_account_and_right(
    reviewers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, root = reviewers["ana"], tmp_path / "acme"
    desk = Desk(in_process, root, tmp_path, monkeypatch)
    auth0 = [(f"auth0|{number}", "product:view") for number in range(3)]
    desk.snapshot("march-2", "2026-03-25T09:00:00Z", tuple(auth0))
    said(ana, "/reviews/open", {"snapshot": "product|march-2", "reviewers": "okta:ana"})
    page = f"/reviews/{REVIEW}/"
    shown = ana.get(page).content.decode()
    assert 'value="auth0%7C0|product%3Aview"' in shown
    given = {"pair-1": "auth0%7C0|product%3Aview", "decision-1": "approve", "reason-1": "needs it"}
    assert "Captured as ev-" in said(ana, f"{page}decide", given)

    from twofold.web.company.access_review_record import differing, key_of  # noqa: PLC0415  needs the settings of the site

    differences = [Difference(*pair, Change.NEW, None, None) for pair in auth0]
    rest = list(differing(differences, "", key_of(differences[0])))
    assert rest == differences[1:], "no pair stands on two pages"


def test_a_word_that_is_no_decision_is_undecided_on_the_page_as_in_the_counts(
    reviewers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, desk = reviewers["ana"], Desk(in_process, tmp_path / "acme", tmp_path, monkeypatch)
    campaign = f"id,system,snapshot,started_at\nother-1,product,march,{MARCH}\n"
    desk.capture("csvtable", "campaign", campaign, "2026-03-25T10:00:00Z")
    words = zip(ALL, ("keep", "Approve", "", "certified"), strict=True)
    lines = "".join(f"other-1,{account},{right},okta:ana,{word},{MARCH}\n" for (account, right), word in words)
    header = "campaign,account,right_id,reviewer,decision,decided_at\n"
    two = f"other-1,{CY[0]},{CY[1]},okta:ana,revoke,{MARCH}\n"
    desk.capture("csvtable", "review_item", header + lines + two, "2026-03-25T10:00:00Z")
    desk.snapshot("april", APRIL, ALL)

    shown = ana.get("/reviews/other-1/").content.decode()
    assert '3</b> <a href="?only=undecided' in shown
    assert shown.count(">undecided</span>") == 3
    assert "says keep" in shown
    only = ana.get("/reviews/other-1/?only=undecided").content.decode().split("<table class")[-1]
    assert [pair[0] in only for pair in (ANA, CY_VIEW, ROBOT)] == [True, True, True]
    assert "told in two ways" in ana.get("/reviews/other-1/difference?with=today", follow=True).content.decode()


def test_no_pair_is_lost_between_two_pages_whatever_its_names_hold(
    reviewers: dict[str, Any], program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = reviewers["ana"]
    desk = Desk(in_process, tmp_path / "acme", tmp_path, monkeypatch)
    alike = (("product:a b", "c"), ("product:a", "b c"), ("product:x|y", "z"), ("product:x", "y|z"))
    desk.snapshot("alike", "2026-03-25T09:00:00Z", alike)
    said(ana, "/reviews/open", {"snapshot": "product|alike", "reviewers": "okta:ana"})

    found, address = [], f"/reviews/{REVIEW}/pairs?limit=1"
    while address:
        listed = program("compliance").get(address).json()
        found += [(each["account"], each["right"]) for each in listed["items"]]
        address = (listed["next"] or "").removeprefix("/api/v1")
    assert sorted(found) == sorted(alike)

    monkeypatch.setattr("twofold.web.company.access_review_reading.PAGE", 1)
    for view in ("application", "person", "flat"):
        rows, address = 0, f"/reviews/{REVIEW}/?view={view}"
        while address:
            shown = ana.get(address).content.decode()
            rows += shown.count("<tr data-pair")
            rest = shown.partition('<a class="button plain" href="')[2].partition('"')[0].replace("&amp;", "&")
            address = f"/reviews/{REVIEW}/{rest}" if rest else ""
        assert rows == len(alike), view


def test_pairs_go_to_somebody_else(reviewers: dict[str, Any]) -> None:
    page = opened(reviewers)
    given = {"from": "okta:ana", "to": "okta:bo", "reason": "Ana is away"}
    assert "Captured as ev-" in said(reviewers["ana"], f"{page}route", given)
    assert "Captured as ev-" in said(reviewers["bo"], f"{page}decide", decisions(a=(CY, "approve", "fine")))


def test_what_is_refused(reviewers: dict[str, Any]) -> None:
    ana, viewer = reviewers["ana"], reviewers["viewer"]
    assert "there is no snapshot" in said(ana, "/reviews/open", {"snapshot": "product|none", "reviewers": "okta:ana"})
    assert "linked to no one person" in said(ana, "/reviews/open", {"snapshot": "product|march", "reviewers": "x"})
    page = opened(reviewers)
    assert viewer.get(page).status_code == 200
    acts = ("decide", "route", "delegate", "remind", "complete", "removed", "looked")
    assert [viewer.post(f"{page}{act}").status_code for act in acts] == [403] * 7
    held = ("route", "remind", "complete")
    assert [reviewers["bo"].post(f"{page}{act}").status_code for act in held] == [403] * 3
    assert ana.get("/reviews/rv-none/").status_code == 404
    assert ana.post("/reviews/rv-none/complete").status_code == 404


def test_the_page_shows_what_was_corrected_taken_back_and_recorded_again(reviewers: dict[str, Any]) -> None:
    ana, bo = reviewers["ana"], reviewers["bo"]
    page = opened(reviewers)
    said(ana, f"{page}decide", decisions(a=(CY, "approve", "needs it"), b=(CY_VIEW, "approve", "needs it")))
    assert "History:" not in ana.get(page).content.decode(), "one decision each is no history"
    shown = said(ana, f"{page}decide", decisions(a=(CY, "revoke", "kept by a slip")))
    assert shown.count("History: 3 acts") == 1
    assert "<s>approve</s>" in shown
    assert "? corrected</span>" in shown
    assert "kept by a slip" in shown
    route = {"account": CY_VIEW[0], "right": CY_VIEW[1], "to": "okta:bo", "reason": "Ana left"}
    assert "no undecided pair is meant" in said(ana, f"{page}route", route)
    shown = said(ana, f"{page}route", {**route, "decided": "1"})
    assert "? taken back</span>" in shown
    assert "Captured as ev-" in said(bo, f"{page}decide", decisions(a=(CY_VIEW, "approve", "needs it still")))

    removal = {"pair": "|".join(CY), "ticket": "ACC-12"}
    assert "ACC-12" in said(bo, f"{page}removed", removal)
    assert "the removal is recorded already: ACC-12" in said(bo, f"{page}removed", {**removal, "ticket": "ACC-15"})
    shown = said(bo, f"{page}removed", {**removal, "ticket": "ACC-15", "reason": "done once more"})
    assert "also recorded" in shown
    assert "done once more" in shown
    for result in ("no invoice changed", "no report was read"):
        look = {"pair": "|".join(CY), "from": "2026-01-01", "result": result}
        shown = said(bo, f"{page}looked", look)
    assert "no invoice changed" in shown
    assert "no report was read" in shown


def test_chosen_pairs_are_decided_at_once_and_the_evidence_says_so(reviewers: dict[str, Any]) -> None:
    ana = reviewers["ana"]
    page = opened(reviewers)
    given = decisions(a=(CY, "", ""), b=(CY_VIEW, "", ""), c=(ROBOT, "approve", "not this way"))
    bulk = {**given, "act": "bulk", "bulk-decision": "approve", "bulk-reason": "all of the team"}
    assert "no decision is given" in said(ana, f"{page}decide", bulk), "nothing is chosen"
    chosen = {**bulk, "chosen-a": "1", "chosen-b": "1", "here": "view=flat"}
    shown = said(ana, f"{page}decide", chosen)
    assert "Captured as ev-" in shown
    assert "at once: 2 pairs" in shown
    assert shown.count(">in bulk<") == 2
    assert "no decision is given" in said(ana, f"{page}decide", {**chosen, "bulk-decision": ""})
    assert "no reason is given" in said(ana, f"{page}decide", {**chosen, "bulk-reason": " "})


def test_a_reviewer_delegates_and_is_reminded(reviewers: dict[str, Any]) -> None:
    ana, bo = reviewers["ana"], reviewers["bo"]
    page = opened(reviewers)
    assert "p-0001 is reminded by" in said(ana, f"{page}remind", {"reviewer": "okta:ana"})
    assert "has no undecided pair" in said(ana, f"{page}remind", {"reviewer": "okta:cy"})
    given = {"account": "product:cy", "to": "okta:bo", "reason": "Bo leads the team"}
    assert "no reason is given" in said(ana, f"{page}delegate", {**given, "reason": ""})
    assert "Captured as ev-" in said(ana, f"{page}delegate", given)
    assert "waits for p-0001" in said(ana, f"{page}delegate", given)
    assert "Captured as ev-" in said(bo, f"{page}decide", decisions(a=(CY, "approve", "fine")))


def test_context_removals_differences_and_the_completion_record(
    reviewers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, bo = reviewers["ana"], reviewers["bo"]
    page = opened(reviewers)
    assert "none seen" in ana.get(page).content.decode()
    record = ana.get(f"{page}record").content.decode()
    assert "not over yet" in record
    assert "every pair" in record
    done = decisions(a=(CY, "revoke", "moved"), b=(CY_VIEW, "approve", "needs it"), c=(ROBOT, "approve", "backup"))
    said(ana, f"{page}decide", done)
    said(bo, f"{page}decide", decisions(a=(ANA, "approve", "leads the team")))
    look = {"pair": "|".join(CY), "from": "2026-01-01", "result": "no invoice changed"}
    assert "no ISO 8601 day" in said(bo, f"{page}looked", {**look, "from": "then"}).replace("&#39;", "'")
    assert "looked at" in said(bo, f"{page}looked", look)
    assert "Captured as ev-" in said(ana, f"{page}complete", {})
    record = ana.get(f"{page}record").content.decode()
    assert "4 of 4: 3 approved, 1 revoke" in record
    assert record.count("/evidence/ev-") >= 4
    assert "first review" in ana.get(f"{page}difference", follow=True).content.decode()
    assert "no snapshot" in ana.get(f"{page}difference?with=today", follow=True).content.decode()
    doubtful = Comparison(
        PairList("a", MOMENT, frozenset()), PairList("b", MOMENT, frozenset()), [], ("ev-9: page_cap",)
    )
    from twofold.web.company import access_review_record  # noqa: PLC0415  once the web framework is set up

    monkeypatch.setattr(access_review_record, "comparison_of", lambda *_: doubtful)
    assert "A list may not be whole (ev-9: page_cap)" in ana.get(f"{page}difference").content.decode()
    assert ana.get("/reviews/rv-none/record").status_code == 404
    assert ana.get("/reviews/rv-none/difference").status_code == 404
