"""The command palette and the help on words, by keyboard alone, and the search box where scripts do not run."""

from typing import Any

import pytest

from .conftest import Opened
from .test_site import faults


@pytest.mark.parametrize("keys", ["/", "Control+k", "Meta+k"])
def test_the_palette_goes_where_one_chooses(opened: Opened, keys: str) -> None:
    page = opened("/systems/")
    page.keyboard.press(keys)
    field = page.get_by_role("combobox", name="Go to or search")
    assert field.is_visible()
    page.keyboard.type("op-02")
    page.locator("#palette-list [role=option]", has_text="OP-02").first.wait_for()
    assert page.locator("#palette-list [aria-selected=true]").count() == 1
    assert faults(page) == []
    chosen = page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-activedescendant')") != chosen
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/controls/OP-02/")


def test_escape_closes_it_and_gives_the_focus_back(opened: Opened) -> None:
    page = opened("/controls/")
    page.focus("nav a")
    page.keyboard.press("Control+k")
    page.locator("#palette-list [role=option]").first.wait_for()
    page.keyboard.press("Escape")
    assert page.get_by_role("combobox", name="Go to or search").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "A"
    page.focus("#f-words")
    page.keyboard.type("a/b")
    assert page.input_value("#f-words") == "a/b"


def test_a_word_is_explained_without_a_script(site: tuple[str, str], browser: Any, signed_in: Any) -> None:
    context = browser.new_context(java_script_enabled=False, storage_state=signed_in)
    page = context.new_page()
    page.goto(site[0] + "/results/")
    meaning = page.locator("#term-exception")
    assert not meaning.is_visible()
    page.locator("button[popovertarget=term-exception]").first.press("Enter")
    assert "does not meet an attribute" in meaning.inner_text()
    page.keyboard.press("Escape")
    assert not meaning.is_visible()
    page.fill("#q-side", "inc-2")
    page.press("#q-side", "Enter")
    page.wait_for_url("**/search?q=inc-2")
    assert "INC-2" in page.inner_text("main")
    context.close()


def test_one_piece_of_evidence_is_for_everybody(opened: Opened) -> None:
    page = opened("/evidence/")
    page.click("tbody th a >> nth=0")
    page.wait_for_url("**/evidence/ev-*/")
    for width, scheme in ((1280, "light"), (420, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
