"""The names of accounts that a page shows: the linked person's, else what the source calls the account."""

from collections.abc import Iterable, Mapping

from twofold.tables.store import table_texts
from twofold.web.company.run_files import rows_of
from twofold.web.workspace_access import Current

_NAMES = """
WITH asked AS (SELECT id, username, lower(email) AS email FROM {account} WHERE list_contains($accounts, id)),
linked AS (
    SELECT k.account, min(p.name) AS name FROM {account_link} AS k JOIN {person} AS p ON p.id = k.person
    WHERE list_contains($accounts, k.account) GROUP BY k.account HAVING count(DISTINCT k.person) = 1
),
mailed AS (
    SELECT lower(p.email) AS email, min(p.name) AS name FROM {person} AS p
    WHERE lower(p.email) IN (SELECT email FROM asked) GROUP BY lower(p.email) HAVING count(DISTINCT p.id) = 1
)
SELECT a.id, COALESCE(l.name, m.name, a.username) FROM asked AS a
LEFT JOIN linked AS l ON l.account = a.id LEFT JOIN mailed AS m ON m.email = a.email
"""


_MOST_KEPT = 20_000
_KEPT: dict[tuple[object, ...], str | None] = {}
"""A state of the tables and an account -> its name, None for what is no known account."""


def names_of(now: Current, accounts: Iterable[str]) -> Mapping[str, str]:
    """Return account -> name; what is no known account is left out."""
    wanted = sorted({each for each in accounts if each and each not in now.people})
    folder = now.workspace.tables_folder
    if not wanted or not folder.exists():
        return {}
    made = (folder, folder.stat().st_ino, folder.stat().st_mtime_ns)
    unknown = [each for each in wanted if (made, each) not in _KEPT]
    if unknown:
        texts = table_texts(["account", "account_link", "person"], folder)
        query = _NAMES.format(**{name: f"({text})" for name, text in texts.items()})
        found: dict[str, str] = dict(rows_of(query, {"accounts": unknown}))
        if len(_KEPT) + len(unknown) > _MOST_KEPT:
            _KEPT.clear()
        _KEPT.update({(made, each): found.get(each) for each in unknown})
    return {each: name for each in wanted if (name := _KEPT.get((made, each)))}
