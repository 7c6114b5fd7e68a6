"""Commits as GitHub's REST API gives them, with the people who had a hand in them.

An author is the GitHub account that GitHub itself attributes the commit to, else the e-mail in the commit. It refuses
to say that a merge commit adds no content: the API cannot show that, so `base_merge` stays empty.
"""

from collections.abc import Iterator

from twofold.sources.github.fields import Object, Reading, account_of_email, inner, objects, required, text
from twofold.tables.commit_message import Signature, coauthors, git_account, reviewers, signature_of, ticket_keys
from twofold.tables.rows import Row


def commit_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield the code_commit row of one object of GET /repos/{repo}/commits."""
    yield commit_row(record, place, reading, reading.repository(text(record, "url")))


def commit_row(record: Object, place: str, reading: Reading, repository: str) -> Row:
    """Return the code_commit row of a REST commit object."""
    commit = inner(record, "commit")
    message = text(commit, "message")
    values = {
        "repository": repository,
        "sha": required(record, "sha"),
        "parents": [required(parent, "sha") for parent in objects(record, "parents")],
        "author": _person(record, commit, "author"),
        "committer": _person(record, commit, "committer"),
        "coauthors": sorted({_account(person) for person in coauthors(message)}),
        "reviewed_by": sorted({_account(person) for person in reviewers(message)}),
        "authored_at": reading.instant(inner(commit, "author"), "date"),
        "committed_at": reading.instant(inner(commit, "committer"), "date"),
        "tree_sha": text(inner(commit, "tree"), "sha"),
        "tickets": ticket_keys(reading.context.ticket_key, message),
    }
    return Row("code_commit", place, values)


def _person(record: Object, commit: Object, role: str) -> str:
    login = text(inner(record, role), "login")
    if login:
        return f"github:{login}"
    signature = inner(commit, role)
    return _account(signature_of(text(signature, "name"), text(signature, "email")))


def _account(person: Signature) -> str:
    return account_of_email(person.email) or git_account(person)
