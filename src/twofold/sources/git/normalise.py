"""A git history, one commit a line as `export.py` writes it, to canonical rows.

People are `git:<e-mail>`. Git checks neither name nor e-mail, so an e-mail counts as verified only where the capture
says that the server does (parameter `verified_emails`). It refuses to say when a commit was pushed: git keeps no such
time.
"""

from collections.abc import Iterator
from typing import Any

from twofold.model.instant import Instant, parse_instant
from twofold.model.problem import Problem, UserError
from twofold.tables.commit_message import Signature, coauthors, git_account, reviewers, signature_of, ticket_keys
from twofold.tables.json_records import read_records
from twofold.tables.rows import NormaliseContext, Normaliser, Row, SetAside, SourceFile

_EXCERPT = 120
_SYSTEM = "git"
"""An e-mail is the same account in every repository."""
_People = dict[str, tuple[Signature, str]]
"""Account id to its last name in the history, and where that stands."""


class _UnreadableError(ValueError):
    """A commit that cannot become a row; the message names the field."""


def history(file: SourceFile, context: NormaliseContext) -> Iterator[Row | SetAside]:
    """Yield code_commit for each commit, then account for each e-mail, under the last name it used."""
    parameters = file.evidence.provenance.parameters
    repository = parameters.get("repo", "").strip()
    if not repository:
        found, expected = "nothing says which repository this history is of", 'repo = "owner/name" among the parameters'
        remedy = 'add parameters = { repo = "owner/name" } to the file in exports.toml and capture it again'
        raise UserError(Problem(file.evidence.name, found, expected, remedy))
    people: _People = {}
    for found_record in read_records(file.path):
        if isinstance(found_record, SetAside):
            yield found_record
            continue
        place, record = found_record
        try:
            yield _commit_row(record, place, repository, context, people)
        except _UnreadableError as error:
            yield SetAside(place, str(error), repr(record)[:_EXCERPT])
    verified = parameters.get("verified_emails", "").strip().lower() == "true"
    for account, (person, place) in sorted(people.items()):
        email = person.email if verified else ""
        yield Row("account", place, {"id": account, "system": _SYSTEM, "username": person.name, "email": email})


def _commit_row(record: dict[str, Any], place: str, repository: str, context: NormaliseContext, people: _People) -> Row:
    message = _text(record, "message")
    parents = record.get("parents")
    if not isinstance(parents, list) or not all(isinstance(parent, str) for parent in parents):
        msg = f"parents holds {repr(parents)[:40]}, a list of commit ids is expected"
        raise _UnreadableError(msg)
    author = signature_of(_text(record, "author_name"), _text(record, "author_email"))
    committer = signature_of(_text(record, "committer_name"), _text(record, "committer_email"))
    sha = _text(record, "sha")
    if not sha:
        msg = "sha is empty"
        raise _UnreadableError(msg)
    trailer_people = [*coauthors(message), *reviewers(message)]
    row = Row(
        "code_commit",
        place,
        {
            "repository": repository,
            "sha": sha,
            "parents": parents,
            "author": git_account(author),
            "committer": git_account(committer),
            "coauthors": sorted({git_account(person) for person in coauthors(message)}),
            "reviewed_by": sorted({git_account(person) for person in reviewers(message)}),
            "authored_at": _instant(record, "author_date", context),
            "committed_at": _instant(record, "commit_date", context),
            "tree_sha": _text(record, "tree") if "tree" in record else "",
            "tickets": ticket_keys(context.ticket_key, message),
        },
    )
    # The author's and committer's own spelling of a name stands over the one that a trailer gives.
    for person in (*trailer_people, committer, author):
        if account := git_account(person):
            people[account] = (person, place)
    return row


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    if isinstance(value, str):
        return value
    msg = f"{name} holds {repr(value)[:40]}, a text is expected"
    raise _UnreadableError(msg)


def _instant(record: dict[str, Any], name: str, context: NormaliseContext) -> Instant:
    try:
        return parse_instant(_text(record, name), zone=context.zone)
    except ValueError as error:
        msg = f"{name}: {error}"
        raise _UnreadableError(msg) from error


KINDS: dict[str, Normaliser] = {"history": history}
FEEDS: dict[str, tuple[str, ...]] = {"history": ("code_commit",)}
