"""Reads what a commit message says in fixed forms: trailers with people, and ticket keys.

It refuses to guess: a name in running text is no reviewer, and only the last paragraph holds trailers, as git itself
reads them. Co-authors count wherever their line stands, because a squash merge joins several messages and a missed
contributor could pass as an independent approver.
"""

import re
from dataclasses import dataclass

_TRAILER = re.compile(r"^[ \t]*([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_SIGNATURE = re.compile(r"^(.*?)\s*<([^<>]*)>")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Signature:
    """A person as a trailer names one: `Ana Lima <ana@example.com>`; e-mail in lower case, "" where there is none."""

    name: str
    email: str


def reviewers(message: str) -> list[Signature]:
    """Return who the Reviewed-by trailers name, in order."""
    paragraphs = _PARAGRAPH.split(message.replace("\r\n", "\n").strip())
    return _people(paragraphs[-1], "reviewed-by")


def coauthors(message: str) -> list[Signature]:
    """Return who the Co-authored-by lines name, in order, wherever they stand."""
    return _people(message.replace("\r\n", "\n"), "co-authored-by")


def git_account(signature: Signature) -> str:
    """Return `git:<e-mail>`, or `git:<name>` where no e-mail is given; "" for nobody."""
    found = signature.email or signature.name
    return f"git:{found}" if found else ""


def signature_of(name: str, email: str) -> Signature:
    """Return a signature with the e-mail in its compared form: trimmed, lower case."""
    return Signature(name.strip(), email.strip().lower())


def ticket_keys(pattern: str, *texts: str) -> list[str]:
    """Return each ticket key that the texts name, once, sorted; `pattern` is the context's `ticket_key`."""
    return sorted({match[0] for text in texts for match in re.finditer(pattern, text)})


def _people(text: str, trailer: str) -> list[Signature]:
    people: dict[Signature, None] = {}
    for match in _TRAILER.finditer(text):
        if match[1].lower() != trailer or not match[2]:
            continue
        named = _SIGNATURE.match(match[2])
        people[signature_of(named[1], named[2]) if named else signature_of(match[2], "")] = None
    return list(people)
