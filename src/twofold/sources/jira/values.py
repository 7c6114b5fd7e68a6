"""Plain text out of Jira's field values: options, users, lists, and Atlassian documents (API v3).

It never guesses: an unknown shape gives an empty text, and a person is only ever an account id, never a name.
"""

import re
from typing import Any

_SEPARATOR = re.compile(r"[;\n]")
_NAME_KEYS = ("value", "name", "displayName", "key")
_BLOCKS = frozenset({"paragraph", "heading", "listItem", "codeBlock", "blockquote", "tableRow"})


def text_of(value: Any) -> str:
    """Return the text of a field value: an option's value, an account for a user, the words of a document."""
    if isinstance(value, dict):
        return _object_text(value)
    if isinstance(value, list):
        return "; ".join(text for text in map(text_of, value) if text)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()


def _object_text(value: dict[str, Any]) -> str:
    if value.get("type") == "doc":
        return _document_text(value).strip()
    if "accountId" in value or "emailAddress" in value:
        return account_of(value)
    return next((str(value[key]).strip() for key in _NAME_KEYS if value.get(key)), "")


def texts_of(value: Any) -> list[str]:
    """Return the parts of a list field: one per option, or a text split at `;` and line ends."""
    parts = [text_of(element) for element in value] if isinstance(value, list) else _SEPARATOR.split(text_of(value))
    return [part.strip() for part in parts if part.strip()]


def account_of(user: Any) -> str:
    """Return `jira:<account id>` of a user object, or "" where it has no id.

    Jira Cloud gives accountId. Data Center gives key, which survives a rename, and name.
    """
    if not isinstance(user, dict):
        return ""
    found = next((str(user[key]) for key in ("accountId", "key", "name") if user.get(key)), "")
    return f"jira:{found}" if found else ""


def _document_text(node: Any) -> str:
    """Return the words of an Atlassian document, one line for each block."""
    if not isinstance(node, dict):
        return ""
    if node.get("type") == "text":
        return str(node.get("text", ""))
    if node.get("type") == "hardBreak":
        return "\n"
    inner = "".join(_document_text(child) for child in node.get("content") or [])
    return f"{inner}\n" if node.get("type") in _BLOCKS else inner
