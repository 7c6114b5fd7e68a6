"""Make docs/formats/steps.md: `python -m twofold.populations.document > docs/formats/steps.md`."""

import sys
from pathlib import Path

from twofold.populations.steps import STEPS, step_text, steps_needed

_HEAD = Path(__file__).with_name("steps_head.md")


def steps_page() -> str:
    """Return the page as Markdown: the conventions, then every step as its SQL file explains it."""
    parts = [_HEAD.read_text(encoding="utf-8").rstrip()]
    for name in sorted(STEPS):
        first, lines = _head_of(name)
        parts.append(f"### {name}\n\n{first}")
        if lines:
            parts.append("```text\n" + "\n".join(lines) + "\n```")
        reads = [each for each in steps_needed(step_text(name)) if each != name]
        if reads:
            parts.append("Built on " + ", ".join(f"[{each}](#{each})" for each in reads) + ".")
    return "\n\n".join(parts) + "\n"


def _head_of(name: str) -> tuple[str, list[str]]:
    """Return what the first comment of a step says: its first sentence, without the name, and the other lines."""
    lines = []
    for line in step_text(name).splitlines():
        if not line.startswith("--"):
            break
        lines.append(line[2:].removeprefix(" "))
    first, rest = lines[0].removeprefix(f"{name}: "), lines[1:]
    return first[:1].upper() + first[1:], rest


if __name__ == "__main__":
    sys.stdout.write(steps_page())
