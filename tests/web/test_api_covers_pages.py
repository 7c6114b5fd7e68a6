"""Whatever a screen can do, a program can do as well: each page beside its operations, in a table of the docs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_every_page_by_every_role import walked

TABLE = Path(__file__).parents[2] / "docs" / "formats" / "api-of-pages.md"
_NO = "no: "
_OF_THE_LIBRARY = "/account/"
"""Pages of the account library, which one line of the table stands for."""


def table() -> dict[str, str]:
    """Return page -> what the table says of it."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    found = {page.strip("`"): said for page, said in rows}
    assert len(found) == len(rows), "a page stands in the table twice"
    return found


def operations_in(said: str) -> list[str]:
    return [] if said.startswith(_NO) else re.findall(r"`((?:GET|POST) [^`]+)`", said)


def pages() -> Iterator[tuple[str, str, str]]:
    """Yield address, as the table writes it, name, and right of each page of ours."""
    from django.urls import get_resolver  # noqa: PLC0415

    from twofold.web.guard import right_needed  # noqa: PLC0415

    for prefix, pattern in walked(get_resolver().url_patterns, ""):
        address = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", prefix + str(pattern.pattern))
        if not address.startswith(_OF_THE_LIBRARY):
            yield address, pattern.name, right_needed(pattern.name, pattern.callback) or ""


def operations() -> dict[str, str]:
    """Return operation -> right, from the API itself."""
    from twofold.web.api.api import api  # noqa: PLC0415
    from twofold.web.api.operation import API_RIGHT  # noqa: PLC0415

    return {
        f"{method} {path.replace('{path:', '{')}": getattr(each.view_func, API_RIGHT)
        for _, router in api._routers  # noqa: SLF001  there is no public way to walk them
        for path, view in router.path_operations.items()
        for each in view.operations
        for method in each.methods
    }


@pytest.mark.usefixtures("site")
def test_each_page_has_operations_or_a_reason_why_not() -> None:
    told, known = table(), operations()
    addresses = [address for address, _, _ in pages()]
    assert sorted(addresses) == sorted(set(told) - {f"{_OF_THE_LIBRARY}…"}), "a page lacks its line, or is gone"
    for page, said in told.items():
        named = operations_in(said)
        assert named or said.removeprefix(_NO), f"{page} has neither an operation nor a reason"
        assert set(named) <= set(known), f"{page} names an operation that is not there"
    of_pages = {each for said in told.values() for each in operations_in(said)}
    assert set(known) == of_pages, "each operation stands beside the page that it does the work of"


@pytest.mark.usefixtures("site")
def test_an_operation_asks_for_the_right_of_its_page() -> None:
    told, known = table(), operations()
    wrong = [
        (address, right, named)
        for address, _, right in pages()
        if (named := operations_in(told[address])) and right not in {known[each] for each in named}
    ]
    assert wrong == []
