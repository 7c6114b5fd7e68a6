"""The site in a real browser: nothing is wrong for axe at WCAG 2.2 AA, two widths, light and dark, by keyboard."""

from typing import Any

import pytest

from .conftest import Opened, say_password_again

PAGES = (
    *("/", "/systems/", "/systems/product/", "/controls/", "/controls/OP-02/", "/evidence/", "/results/"),
    *("/results/T-19/", "/results/T-19/item?id=INC-2&rows=1", "/results/T-19/rule", "/findings/"),
    "/samples/",
    *("/search?q=op-02", "/glossary/", "/evidence/?state=stale"),
    *("/findings/board", "/findings/OP-02/T-19/B/slow_response/", "/calendar/?month=2026-06", "/inbox/notices"),
    *(
        "/requests/",
        "/inbox/",
        "/administration/accounts/",
        "/administration/sign-on/",
        "/administration/sign-on/add/oidc",
        "/administration/sign-on/add/saml",
        "/administration/log/",
        "/account/2fa/",
        "/account/sessions/",
    ),
    *("/people/", "/people/p-0001/", "/roster/", "/policies/", "/vendors/", "/training/"),
    "/reviews/",
    "/account/password/change/",
    *("/prepare/trust-page/", "/prepare/trust-page/preview/", "/request-lists/", "/request-lists/merged"),
    *("/prepare/reply/", "/prepare/readiness", "/prepare/readiness/page"),
    "/scope/changes/",
    "/scope/history/",
    *("/deficiencies/", "/deficiencies/sox-fy2026/OP-02/"),
)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


OPTIONS = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}
"""What passes is only counted: naming each place that is in order takes most of the time."""


def faults(page: Any) -> list[str]:
    """Return what axe finds, each with the first place."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(axe.Axe().axe_script)
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", OPTIONS)
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_for_everybody(path: str, looked_at: Opened) -> None:
    for_everybody(looked_at(path))


def test_a_sample_is_for_everybody(looked_at: Opened) -> None:
    page = looked_at("/samples/")
    page.click("tbody th a >> nth=-1")
    said = page.inner_text("main")
    for words in ("supports reliance only without units that were replaced", "to ask", "Named by a person", "INC-2"):
        assert words in said
    for_everybody(page)


def for_everybody(page: Any) -> None:
    """Hold a page against axe in two widths, light and dark, and see that nothing stands out of it."""
    for width, scheme in ((1280, "light"), (420, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_wrong_is_found(browser: Any) -> None:
    page = browser.new_page()
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src=x><p style='color:#999'>faint</p></main>")
    assert [fault.split(":")[0] for fault in faults(page)] == ["color-contrast", "image-alt"]
    page.close()


def test_the_sign_in_page_is_for_everybody(site: tuple[str, str], browser: Any) -> None:
    page = browser.new_page()
    page.goto(site[0] + "/")
    assert page.title().startswith("Sign in")
    assert faults(page) == []
    page.close()


def test_a_page_is_reached_by_keyboard_alone(opened: Opened) -> None:
    page = opened("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Controls":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/controls/")
    page.focus("#f-words")
    page.keyboard.type("incident")
    page.keyboard.press("Enter")
    page.wait_for_url("**words=incident**")
    assert page.locator("tbody tr").count() < 8


def test_from_the_overview_to_the_raw_record(opened: Opened) -> None:
    page = opened("/")
    page.click("a:has-text('T-19'), th a:has-text('OP-02')")
    page.goto(page.url.split("/controls")[0].split("/results")[0] + "/findings/")
    page.click("tbody th a >> nth=0")
    page.click("main a:has-text('INC-2') >> nth=0")
    assert "SOC 2" in page.inner_text("main")
    page.click("summary:has-text('Clause of the rule') >> nth=0")
    assert "rule.sql:" in page.inner_text("main")


def test_the_menu_of_a_small_screen(opened: Opened) -> None:
    page = opened("/", width=420)
    assert not page.is_visible("text=Systems and scope")
    page.click("label.menu-label")
    page.click("text=Systems and scope")
    page.wait_for_url("**/systems/")


def test_the_site_reads_without_scripts(site: tuple[str, str], browser: Any, signed_in: Any) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in)
    page = context.new_page()
    page.goto(site[0] + "/results/T-19/")
    assert "INC-1" in page.inner_text("main")
    context.close()


def test_a_passkey_is_added_and_signs_in(site: tuple[str, str], browser: Any, signed_in: Any) -> None:
    address = site[0]
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    flags = ("hasResidentKey", "hasUserVerification", "isUserVerified", "automaticPresenceSimulation")
    options = {"protocol": "ctap2", "transport": "internal", **dict.fromkeys(flags, True)}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(address + "/account/2fa/webauthn/add/")
    say_password_again(page)
    page.fill("#id_name", "A laptop")
    if page.locator("#id_passwordless").count():
        page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda address: not address.endswith("/add/"))
    page.goto(address + "/account/2fa/webauthn/")
    assert "A laptop" in page.inner_text("main")
    page.goto(address + "/")
    page.click("text=Sign out")
    page.wait_for_url("**/account/login/**")
    page.click("#passkey_login")
    page.wait_for_url(address + "/")
    page.goto(address + "/administration/log/")
    assert "factor added" in page.inner_text("main")
    context.close()
