"""The names that people and archives give to files: data to be kept and shown, never a path to write to."""

import unicodedata

GREATEST_NAME = 1_024
"""Characters."""


def name_fault(name: str) -> str:
    """Say what is wrong with a name, "" when it can be kept.

    Refused are empty and overlong names, and characters that could hide in a list or act on a terminal:
    controls, line separators, direction marks, and bytes that are not valid UTF-8.
    """
    if not name.strip():
        return "the name is empty"
    if len(name) > GREATEST_NAME:
        return f"the name has {len(name):,} characters, more than {GREATEST_NAME:,}"
    if name.isascii() and name.isprintable():
        return ""
    if any(unicodedata.category(character) == "Cs" for character in name):
        return "the name is not valid UTF-8"
    # Zero-width joiners are needed in some scripts; they neither reorder nor control anything.
    if any(unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"} and each not in "\u200c\u200d" for each in name):
        return "the name holds control characters"
    return ""


def shown(name: str) -> str:
    """Write a name so that it can stand in a message: nothing in it acts on a terminal."""
    return name if not name_fault(name) else ascii(name[:200])
