"""Facts that move the severity of a deficiency and that software knows, told from `severity_facts.toml`.

They lower no class: that nobody used an access lowers the likelihood argument, and cures nothing (audit-domain 2.6).
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("severity_facts.toml")


@cache
def known_facts() -> Sequence[Mapping[str, Any]]:
    """Return the lines of the file: title, text, and the controls or reason codes that they stand for."""
    lines: Sequence[Mapping[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["fact"]
    return lines


def telling_facts(control_id: str, codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield title and text of each fact that holds for a control whose findings have these reason codes."""
    words = {code.rpartition(":")[2] for code in codes}
    for each in known_facts():
        if control_id in each.get("controls", ()):
            yield each["title"], each["text"]
        elif found := sorted(words & set(each.get("codes", ()))):
            yield each["title"], f"{each['text']}: {', '.join(found)}"
