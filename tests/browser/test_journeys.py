"""A working day of each role in a real browser: what people see on the way, and what the log holds in the end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from twofold.records.workspace import Workspace
from twofold.vault.entry import EntryKind

from .conftest import PASSWORD
from .test_site import PAGES, faults

PERSONS = {"compliance": "p-0001", "owner": "p-0003", "neighbour": "p-0002", "tester": "p-0004", "executive": "p-0005"}
"""Account -> its person; `neighbour` is an owner, too, of another control. The viewer is linked to nobody."""
FINDING = "/findings/OP-02/T-19/F/notice_undecided/"
OWN_FINDING = "/findings/OP-02/T-19/B/slow_response/"
HOSTILE = "<script>window.hacked = 1; alert(1)</script><img src=x onerror='window.hacked = 1'>\n"


class Walk:
    """A tab of somebody's browser. Each page that is passed through has to be in order for axe, once per account."""

    def __init__(self, page: Any, address: str, passed: set[str]) -> None:
        self.page, self.address, self.passed, self.told = page, address, passed, list[str]()
        page.on("console", lambda said: self.told.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("dialog", lambda shown: self.told.append(f"a dialog: {shown.message}"))
        page.on(
            "request", lambda asked: None if asked.url.startswith((address, "data:")) else self.told.append(asked.url)
        )

    def go(self, path: str) -> str:
        """Open an address as if typed; return what the page says."""
        self.page.goto(self.address + path)
        return self.look()

    def click(self, what: str) -> str:
        """Click something that leads to another page, or sends a form."""
        with self.page.expect_navigation():
            self.page.locator(f"main {what}, nav {what}").first.click()
        return self.look()

    def look(self) -> str:
        """Return what the page says, after axe has looked at a page that was not seen before."""
        place = urlsplit(self.page.url).path
        if place not in self.passed:
            self.passed.add(place)
            assert faults(self.page) == [], place
        said: str = self.page.inner_text("main")
        return said

    def fill(self, **fields: str) -> None:
        """Fill fields by their ids; the first `_` stands for `-`."""
        for name, value in fields.items():
            field = self.page.locator(f"#{name.replace('_', '-', 1)}:visible")
            if field.evaluate("each => each.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def refused(self, path: str) -> None:
        """Type an address that the role does not allow; the page says so, and what to do."""
        answer = self.page.goto(self.address + path)
        assert answer.status == 403
        assert "Your role does not allow this page" in self.page.inner_text("body")
        assert self.told.pop().endswith("403 (Forbidden)"), "what the browser itself says of it"


def invited(walk: Walk, email: str, role: str, person: str) -> str:
    """Invite somebody on the page of accounts; return the link."""
    walk.fill(i_email=email, i_role=role, i_person=person)
    said = walk.click("button:text-is('Invite')")
    assert f"Give this link to {email}" in said
    link: str = walk.page.inner_text("pre.secret")
    return link


def set_password(page: Any, link: str) -> None:
    page.goto(link)
    page.fill("#id_password", PASSWORD)
    page.fill("#id_again", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/")


@pytest.fixture(scope="session")
def keys(site: tuple[str, str], browser: Any, signed_in: Any) -> dict[str, Any]:
    """Invite a person of each role; return what the browser of each keeps once the password is set."""
    kept = {"administrator": signed_in}
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    for account in (*PERSONS, "viewer"):
        page.goto(site[0] + "/administration/accounts/")
        role = "owner" if account == "neighbour" else account
        walk = Walk(page, site[0], {"/administration/accounts/", "/administration/accounts/invite"})
        link = invited(walk, f"{account}@example.com", role, PERSONS.get(account, ""))
        own = browser.new_context()
        set_password(own.new_page(), link)
        kept[account] = own.storage_state()
        own.close()
    context.close()
    return kept


@pytest.fixture(scope="session")
def walks(site: tuple[str, str], browser: Any, keys: dict[str, Any]) -> Iterator[Callable[..., Walk]]:
    """Return a function that gives somebody's tab; it stays open, and what it complains of fails at the end."""
    tabs: dict[tuple[str, bool], Walk] = {}
    looked_at = {"viewer": {path.partition("?")[0] for path in PAGES}}  # looked at in test_site.py, in two widths

    def walk_of(account: str, *, scripts: bool = True) -> Walk:
        if (account, scripts) not in tabs:
            context = browser.new_context(
                viewport={"width": 1280, "height": 900}, storage_state=keys[account], java_script_enabled=scripts
            )
            # axe itself is a script: without scripts a page is not looked at again.
            sees = "viewer" if account == "administrator" else account
            passed = looked_at.setdefault(sees, set()) if scripts else Everywhere()
            tabs[account, scripts] = Walk(context.new_page(), site[0], passed)
        return tabs[account, scripts]

    yield walk_of
    for each in tabs.values():
        each.page.context.close()
    assert [said for each in tabs.values() for said in each.told] == []


class Everywhere(set[str]):
    """Places that were all looked at."""

    def __contains__(self, place: object) -> bool:
        return True


def entries(root: Path, kind: EntryKind) -> list[Any]:
    """Return the entries of a kind in the log, oldest first."""
    with Workspace.open(root) as workspace:
        return list(workspace.vault.entries(kind=kind))


def captured(root: Path, kind: str) -> list[str]:
    """Return names of evidence of a kind, oldest first, each with its bytes as text."""
    with Workspace.open(root) as workspace:
        found = [each for each in workspace.vault.each_evidence() if each.provenance.kind == kind]
        return [workspace.vault.blob_path(each.sha256).read_text() for each in found]


@pytest.fixture(scope="session")
def proposal(walks: Callable[..., Walk]) -> str:
    """A tester goes from the results to an exception and proposes that its record is wrong; return the reason."""
    tester = walks("tester")
    tester.go("/")
    tester.click("a:text-is('Test results')")
    tester.click("a:has-text('T-19')")
    tester.fill(f_lens="soc2-2026", f_verdict="EXCEPTION")
    said = tester.click("form#items button[type=submit]")
    assert tester.page.locator("table.grid tbody td.id").count() == 1
    assert "INC-2" in said
    said = tester.click("table.grid a[href$='id=INC-2']")
    assert tester.page.get_by_role("img", name="Timeline of INC-2").is_visible()
    assert "The first response came after the time for its severity" in said
    tester.fill(d_kind="data_error", d_reason="the pager was on time, the ticket was not")
    said = tester.click("button:text-is('Say so')")
    assert "Kept until a second person agrees" in said
    return "the pager was on time, the ticket was not"


@pytest.fixture(scope="session")
def scope_change(walks: Callable[..., Walk]) -> str:
    """A compliance manager proposes a change of a system and sees the plan; return its address."""
    manager = walks("compliance")
    manager.go("/")
    manager.click("a:text-is('Systems and scope')")
    manager.click("a:has-text('Our product')")
    manager.click("a:text-is('Propose a change')")
    manager.page.locator("summary:has-text('Change owner')").click()
    manager.page.fill("#i-change-name", "Our product, renamed")
    manager.page.fill("#i-change-reason", "the brand changed")
    said = manager.click("details[open] form:has(#i-change-name) button[type=submit]")
    assert "Nothing is in force before a second person approves it" in said
    assert "Our product, renamed" in said
    assert "You proposed it, so somebody else approves or declines it" in said
    place: str = urlsplit(manager.page.url).path
    return place


def test_the_administrator_gives_and_takes_but_answers_nothing(
    walks: Callable[..., Walk], browser: Any, served: Path
) -> None:
    admin = walks("administrator")
    admin.go("/")
    admin.click("a:text-is('Accounts')")
    link = invited(admin, "newcomer@example.com", "viewer", "")
    context = browser.new_context()
    newcomer = context.new_page()
    set_password(newcomer, link)
    assert "Viewer" in newcomer.inner_text(".who")
    admin.go("/administration/accounts/")
    row = "tr:has(th:text-is('newcomer@example.com'))"
    admin.page.locator(f"{row} select").select_option("tester")
    admin.click(f"{row} button:text-is('Save')")
    newcomer.reload()
    assert newcomer.title().startswith("Sign in"), "a changed role ends the sessions"
    context.close()
    assert "was viewer" in admin.click("a:text-is('Account log')")
    assert "Capture the answer" not in admin.go(FINDING)
    admin.refused(f"/findings/answer?id={quote('OP-02/T-19/F/notice_undecided')}")
    acts = [each.body["act"] for each in entries(served, EntryKind.ACCOUNT)]
    assert acts[-3:] == ["invited", "activated", "role_changed"]


def test_the_compliance_manager_from_the_overview_to_a_request(walks: Callable[..., Walk], served: Path) -> None:
    manager = walks("compliance")
    manager.go("/")
    manager.click("#next ~ details a:text-is('OP-02')")
    manager.click("a:has-text('nobody decided whether')")
    assert urlsplit(manager.page.url).path == FINDING
    manager.fill(i_cause="nobody was asked", i_response="the form asks", i_owner="p-0003", i_due_on="2026-12-31")
    assert "Captured as ev-" in manager.click("button:text-is('Capture the answer')")
    manager.page.locator("#tasks summary:has-text('Add a task')").click()
    manager.page.locator("#tasks input[name=what]").fill("Show the form to the team")
    manager.page.locator("#tasks input[name=assigned_to]").fill("p-0003")
    assert "Show the form to the team" in manager.click("#tasks button:text-is('Add')")
    manager.go("/findings/")
    manager.click("a:text-is('Board')")
    column = manager.page.locator("section.column", has=manager.page.get_by_role("heading", name="Being repaired"))
    assert "nobody decided whether" in column.inner_text()
    manager.click("a:text-is('Requests')")
    manager.page.locator("summary:has-text('Add a request')").click()
    manager.fill(q_control="OP-02", q_text="The list of incidents", q_to="p-0003", q_due="2026-12-01")
    assert "The list of incidents" in manager.click("button:text-is('Add')")
    assert "nobody was asked" in captured(served, "finding_response")[-1]
    assert entries(served, EntryKind.TASK)[-1].body["what"] == "Show the form to the team"
    assert entries(served, EntryKind.REQUEST)[-1].body["text"] == "The list of incidents"


def test_the_owner_uploads_and_answers_what_is_theirs(walks: Callable[..., Walk], served: Path) -> None:
    owner = walks("owner")
    owner.go("/")
    said = owner.click("a:text-is('My work')")
    assert "Findings that need your answer" in said
    owner.go("/evidence/")
    owner.click("a:text-is('Upload')")
    files = {"pages.csv": "id,incident,opened_at\nPD-9,INC-1,2026-06-02T10:00:00Z\n", "pages.html": HOSTILE}
    dropped = owner.page.evaluate_handle(
        """files => { const held = new DataTransfer();
        for (const [name, text] of Object.entries(files)) held.items.add(new File([text], name)); return held }""",
        files,
    )
    owner.page.dispatch_event("[data-drop]", "drop", {"dataTransfer": dropped})
    assert owner.page.evaluate("document.querySelector('#i-files').files.length") == 2
    owner.fill(
        i_kind="pager_incident", i_query="all pages", i_run_by="p-0003", i_run_at="2026-07-12T10:00", i_owner="p-0003"
    )
    said = owner.click("button:text-is('Capture')")
    assert "pages.csv: 1 rows read" in said
    assert "pages.html: 0 rows read, 1 records set aside" in said
    owner.click("a:has-text('pages.html')")
    assert owner.page.evaluate("window.hacked") is None
    assert "onerror" in owner.page.inner_text("main")
    owner.go(OWN_FINDING)
    owner.fill(i_cause="one was on call", i_response="two are", i_owner="p-0003", i_due_on="2026-12-31")
    assert "Captured as ev-" in owner.click("button:text-is('Capture the answer')")
    neighbour = walks("neighbour")
    assert "Capture the answer" not in neighbour.go(OWN_FINDING)
    neighbour.refused(f"/findings/answer?id={quote('OP-02/T-19/B/slow_response')}")
    assert "one was on call" in captured(served, "finding_response")[-1]


def test_the_tester_proposes_and_signs_completeness(walks: Callable[..., Walk], proposal: str, served: Path) -> None:
    tester = walks("tester")
    assert proposal in tester.go("/results/T-19/item?id=INC-2")
    tester.click("a:text-is('Completeness')")
    tester.click("tbody th a")
    tester.fill(i_conclusion="complete", i_reason="the tracker and the pager agree")
    assert "Captured as ev-" in tester.click("button:text-is('Sign')")
    assert "\nincident_opened,complete,p-0004," in captured(served, "completeness_signature")[-1]


def test_the_executive_is_the_second_person_and_signs_off(
    walks: Callable[..., Walk], proposal: str, scope_change: str, served: Path
) -> None:
    executive = walks("executive")
    executive.go("/")
    assert proposal in executive.click("a:text-is('My work')")
    assert "Recorded as entry" in executive.click("button:text-is('Agree')")
    said = entries(served, EntryKind.DISPOSITION)[-1]
    assert (said.body["reason"], said.actor) == (proposal, "p-0004")
    executive.go("/systems/")
    executive.click("a:has-text('Changes of scope')")
    executive.click(f"a[href='{scope_change}']")
    executive.click("button:text-is('Approve and apply')")
    assert "Our product, renamed" in executive.go("/systems/")
    assert entries(served, EntryKind.SCOPE_APPLY)[-1].body["reason"] == "the brand changed"
    executive.go("/controls/OP-02/")
    executive.fill(s_engagement="soc2-2026", s_conclusion="not_effective", s_role="preparer", s_reason="one of two")
    assert "Signed: entry" in executive.click("button:text-is('Sign')")
    assert entries(served, EntryKind.SIGN_OFF)[-1].actor == "p-0005"


def test_the_viewer_reads_all_and_may_do_nothing(walks: Callable[..., Walk]) -> None:
    viewer = walks("viewer")
    viewer.go("/")
    for entry in viewer.page.locator("nav a").all_inner_texts():
        viewer.click(f"a:text-is('{entry}')")
        acts = viewer.page.locator("main form[method=post]").all()
        assert {each.get_attribute("action") for each in acts} <= {"/tokens/make"}, entry
    for path in ("/evidence/upload", "/systems/product/change", "/administration/accounts/", "/prepare/"):
        viewer.refused(path)


def test_the_palette_takes_one_there_by_keyboard(walks: Callable[..., Walk]) -> None:
    viewer = walks("viewer")
    viewer.go("/")
    viewer.page.keyboard.press("Control+k")
    viewer.page.keyboard.type("inc-2")
    viewer.page.get_by_role("option").filter(has_text="inc-2").first.wait_for()
    while "inc-2" not in viewer.page.inner_text("[role=option][aria-selected=true]").lower():
        viewer.page.keyboard.press("ArrowDown")
    viewer.page.keyboard.press("Enter")
    viewer.page.wait_for_url("**/results/T-19/item?id=INC-2**")
    viewer.look()
    viewer.page.keyboard.press("Control+k")
    viewer.page.keyboard.type("access rev")
    viewer.page.keyboard.press("Enter")  # before the list answers what was typed
    viewer.page.wait_for_url("**/reviews/")
    viewer.look()


def test_an_access_review_is_decided_by_keyboard(walks: Callable[..., Walk], served: Path) -> None:
    manager, executive = walks("compliance"), walks("executive")
    manager.go("/reviews/")
    manager.page.locator("summary:has-text('Open a review')").click()
    manager.fill(o_snapshot="product|newest", o_reviewers="okta:ana okta:eve")
    manager.click("button:text-is('Open')")
    place = urlsplit(manager.page.url).path
    for walk, name, letters in ((manager, "Ana", "ara"), (executive, "Eve", "a")):
        walk.go(place)
        walk.click(f"th a:text-is('{name}')")
        for letter in letters:
            for key in ("j", letter):
                walk.page.keyboard.press(key)
            walk.page.keyboard.type("looked at it")
            walk.page.keyboard.press("Escape")
        walk.page.keyboard.press("e")
        with walk.page.expect_navigation():
            walk.page.keyboard.press("Enter")
        assert "Captured as ev-" in walk.look()
    manager.go(place)
    assert "Captured as ev-" in manager.click("button:text-is('Complete the review')")
    lines = [line.split(",") for each in captured(served, "review_item") for line in each.splitlines()[1:]]
    assert [each[4] for each in lines if each[-1] == "looked at it"] == ["approve", "revoke", "approve", "approve"]


def test_a_request_is_answered_without_scripts(walks: Callable[..., Walk], served: Path) -> None:
    manager, owner = walks("compliance", scripts=False), walks("owner", scripts=False)
    manager.go("/requests/")
    manager.page.locator("summary:has-text('Add a request')").click()
    manager.fill(q_control="OP-02", q_text="The pages of March", q_to="p-0003")
    assert "The pages of March" in manager.click("button:text-is('Add')")
    card = "section:has(h2:has-text('The pages of March'))"
    owner.go("/requests/")
    owner.page.locator(f"{card} input[name=evidence]").fill("ev-7")
    owner.click(f"{card} button:text-is('Answer')")
    manager.go("/requests/")
    said = manager.click(f"{card} button:text-is('Accept')")
    assert "accepted" in said
    assert entries(served, EntryKind.ANSWER)[-1].actor == "p-0003"


def test_controls_are_chosen_by_keyboard_and_given_away_at_once(walks: Callable[..., Walk], served: Path) -> None:
    manager, executive = walks("compliance"), walks("executive")
    manager.go("/controls/?words=op-")
    for key in "jjxjx":
        manager.page.keyboard.press(key)
    assert "(2)" in manager.page.inner_text("#bulk button >> nth=0")
    manager.click("button:has-text('Change the chosen')")
    manager.fill(i_day="2027-01-01", i_owner="p-0005", i_reason="operations move")
    assert "2 controls have owner" in manager.click("button:text-is('Show the plan')")
    place = urlsplit(manager.page.url).path
    manager.click("a:text-is('systems')")
    manager.page.locator("input[value=product]").check()
    manager.click("button:has-text('Change the chosen')")
    manager.page.locator("summary:has-text('Change owner')").click()
    manager.page.fill("#i-change-owner", "p-0005")
    assert "It holds 3 edits" in manager.click("details[open] form:has(#i-change-owner) button[type=submit]")
    executive.go(place)
    assert "In force: entry" in executive.click("button:text-is('Approve and apply')")
    said = entries(served, EntryKind.SCOPE_APPLY)[-1]
    assert (said.actor, said.body["second_person"], said.body["reason"]) == ("p-0001", "p-0005", "operations move")
    written = "".join(each.read_text() for each in (served / "scope").glob("*.yaml"))
    assert written.count("owner: p-0005, from: 2027-01-01") == 2
