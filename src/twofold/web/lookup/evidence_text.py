"""Words of evidence, found at once among many: FTS5 on SQLite, a GIN index of a tsvector on PostgreSQL.

Both index `words` of the list of evidence, and keep themselves up with it. Each word that is asked for is the
beginning of one that stands there; all of them must stand there.
"""

import re
from typing import Any

from django.db import connection
from django.db.models import QuerySet

_WORD = re.compile(r"\w+")
_MOST_WORDS = 12
_PLAIN = "regexp_replace(words, '[^[:alnum:]]+', ' ', 'g')"
_VECTOR = f"to_tsvector('simple'::regconfig, {_PLAIN})"

SQLITE = (
    """
    CREATE VIRTUAL TABLE lookup_evidencetext USING fts5(
        words, content='company_evidencerow', content_rowid='number',
        tokenize='unicode61 remove_diacritics 2', prefix='2 3'
    )
    """,
    """
    CREATE TRIGGER lookup_text_added AFTER INSERT ON company_evidencerow BEGIN
        INSERT INTO lookup_evidencetext(rowid, words) VALUES (new.number, new.words);
    END
    """,
    """
    CREATE TRIGGER lookup_text_gone AFTER DELETE ON company_evidencerow BEGIN
        INSERT INTO lookup_evidencetext(lookup_evidencetext, rowid, words) VALUES ('delete', old.number, old.words);
    END
    """,
    "INSERT INTO lookup_evidencetext(lookup_evidencetext) VALUES ('rebuild')",
)
POSTGRESQL = (f"CREATE INDEX lookup_evidencetext ON company_evidencerow USING gin ({_VECTOR})",)


def words_of(asked: str) -> list[str]:
    """Return the words of what somebody typed, in lower case, without signs.

    >>> words_of("pull_requests, GitHub!")
    ['pull', 'requests', 'github']
    """
    return [word for each in _WORD.findall(asked.lower()) for word in each.split("_") if word][:_MOST_WORDS]


def with_words(rows: QuerySet[Any], asked: str) -> QuerySet[Any]:
    """Narrow rows of the list of evidence to what has all the words; a text without any word narrows nothing."""
    words = words_of(asked)
    if not words:
        return rows
    if connection.vendor == "postgresql":
        query = " & ".join(f"{word}:*" for word in words)
        return rows.extra(where=[f"{_VECTOR} @@ to_tsquery('simple', %s)"], params=[query])  # noqa: S610  what was asked is given apart
    query = " ".join(f'"{word}"*' for word in words)
    where = "number IN (SELECT rowid FROM lookup_evidencetext WHERE lookup_evidencetext MATCH %s)"
    return rows.extra(where=[where], params=[query])  # noqa: S610  what was asked is given apart
