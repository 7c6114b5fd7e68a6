from pathlib import Path

from twofold.populations.document import steps_page
from twofold.populations.steps import STEPS, step_text

PAGE = Path(__file__).parents[2] / "docs" / "formats" / "steps.md"


def test_the_page_in_the_repository_is_made_from_the_steps_of_today() -> None:
    assert PAGE.read_text(encoding="utf-8") == steps_page(), "run: make docs"


def test_every_step_says_what_it_is() -> None:
    for name in STEPS:
        assert step_text(name).startswith(f"-- {name}: "), name
        assert f"### {name}\n" in steps_page()
