"""Members of an organisation or repository, and their identities at the company's single sign-on.

It refuses to link a member to a person by name. A NameID of the SAML identity is what the identity provider itself
asserted; it is taken for the person's id only where the capture says so.
"""

from collections.abc import Iterator

from twofold.sources.github.fields import Object, Reading, UnreadableError, inner, required, text
from twofold.tables.rows import Row

_KINDS = {"bot": "bot", "user": "human"}


def member_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield the account row of GET /orgs/{org}/members, /users/{login} or /repos/{repo}/collaborators."""
    login = required(record, "login")
    values = {
        "id": f"github:{login}",
        "system": _system(reading),
        "kind": _KINDS.get(text(record, "type").lower(), ""),
        "status": "disabled" if text(record, "suspended_at") else "active",
        "username": login,
        "email": text(record, "email"),
        "created_at": reading.instant(record, "created_at"),
    }
    yield Row("account", place, values)


def saml_rows(record: Object, place: str, reading: Reading) -> Iterator[Row]:
    """Yield account, and account_link where the parameter `name_id` is `person`, of a GraphQL externalIdentity."""
    identity = inner(record, "node") or record
    login = text(inner(identity, "user"), "login")
    if not login:
        msg = "the SAML identity is linked to no GitHub user"
        raise UnreadableError(msg)
    name_id = required(inner(identity, "samlIdentity"), "nameId")
    is_person = reading.parameter("name_id") == "person"
    values = {
        "id": f"github:{login}",
        "system": _system(reading),
        "kind": "human",
        "status": "active",
        "username": login,
        "email": name_id if "@" in name_id and not is_person else "",
    }
    yield Row("account", place, values)
    if is_person:
        yield Row("account_link", place, {"account": f"github:{login}", "person": name_id, "proof": "saml"})


def _system(reading: Reading) -> str:
    owner = reading.parameter("org") or reading.parameter("repo").partition("/")[0]
    return reading.context.system_of("github", owner or reading.required_parameter("org", "acme"))
