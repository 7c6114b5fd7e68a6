"""Asks the person at the terminal for a passphrase; nothing is shown, and nothing is asked where there is none."""

import sys

import typer


def ask_passphrase() -> str | None:
    """Ask for the passphrase of a key that exists."""
    if not sys.stdin.isatty():
        return None
    return str(typer.prompt("Passphrase of the key", hide_input=True, err=True))


def ask_new_passphrase() -> str | None:
    """Ask twice for the passphrase of a new key."""
    if not sys.stdin.isatty():
        return None
    text = "Passphrase for the new key (12 characters or more)"
    return str(typer.prompt(text, hide_input=True, confirmation_prompt=True, err=True))
