"""What a directory says of one person: read from a whole resource, or from the operations of PATCH."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from twofold.web.sign_on.models import DirectoryEntry
from twofold.web.sign_on.scim.answers import wrong
from twofold.web.sign_on.scim.requests import Operation, attribute, chosen, readable

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_ENTERPRISE = ENTERPRISE.lower()
_MOST = {"user_name": 254, "email": 254, "given": 150, "family": 150, "display": 300}
_MOST_OTHERWISE = 200
_FIELDS = {
    "username": "user_name",
    "externalid": "external_id",
    f"{_ENTERPRISE}:employeenumber": "employee_number",
    "name.givenname": "given",
    "name.familyname": "family",
    "displayname": "display",
    "emails.value": "email",
    "active": "active",
}
_NEEDED = frozenset({"user_name", "email", "active"})


@dataclass(frozen=True, slots=True)
class Profile:
    """A person. email: "" where the directory says none, and then the user name is the address."""

    user_name: str = ""
    external_id: str = ""
    employee_number: str = ""
    given: str = ""
    family: str = ""
    display: str = ""
    email: str = ""
    active: bool = True

    @property
    def address(self) -> str:
        """The e-mail address of the account, in lower case; raises ScimError where there is none."""
        found = (self.email or self.user_name).strip().lower()
        try:
            validate_email(found)
        except ValidationError as error:
            message = "an account needs an e-mail address: in emails, or as userName"
            raise wrong(message) from error
        return found


def profile_in(body: Mapping[str, Any]) -> Profile:
    """Return what a whole resource says; attributes that we do not keep are left aside. Raises ScimError."""
    found = _changed(Profile(), body)
    if not found.user_name:
        message = "userName is needed"
        raise wrong(message)
    return found


def profile_after(before: Profile, operation: Operation) -> Profile:
    """Return what an operation of PATCH makes of a profile; raises ScimError."""
    if operation.op == "remove":
        field = _FIELDS.get(_name(operation.path))
        if field in _NEEDED:
            message = f"{operation.path} cannot be removed"
            raise wrong(message, "mutability")
        empty: dict[str, Any] = {field: ""} if field else {}
        return replace(before, **empty)
    if not operation.path:
        if not isinstance(operation.value, dict):
            message = "without a path, value is an object"
            raise wrong(message)
        return _changed(before, operation.value)
    return _changed(before, {operation.path: operation.value})


def profile_of(user: User, entry: DirectoryEntry | None) -> Profile:
    """Return the profile of an account as it stands."""
    return Profile(
        user_name=(entry.user_name if entry else "") or user.email,
        external_id=entry.external_id if entry else "",
        employee_number=entry.employee_number if entry else "",
        given=user.first_name,
        family=user.last_name,
        display=entry.display_name if entry else "",
        email=user.email,
        active=user.is_active,
    )


def _changed(before: Profile, said: Mapping[str, Any]) -> Profile:
    found: dict[str, Any] = {}
    for name, value in _flat(said):
        field = _FIELDS.get(name)
        if field == "active":
            found[field] = _truth(value)
        elif field is not None:
            found[field] = _text(name, value, _MOST.get(field, _MOST_OTHERWISE))
    if any(name in found and not found[name] for name in ("user_name", "email")):
        message = "userName and e-mail address cannot be empty"
        raise wrong(message)
    return replace(before, **found)


def _flat(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) of each attribute, those of objects with the object's name before."""
    for key, value in said.items():
        name = _name(str(key))
        if name == "emails" and isinstance(value, list):
            address = _address(value)
            if address is not None:
                yield "emails.value", address
        elif isinstance(value, dict):
            joint = ":" if name == _ENTERPRISE else "."
            for sub, each in value.items():
                yield f"{name}{joint}{str(sub).lower()}", each
        else:
            yield name, value


def _name(path: str) -> str:
    """Return the name of the attribute that a path means; of a list's, whichever is chosen."""
    found = chosen(path)
    if found is None:
        return attribute(path)
    kind = found[1].lower().replace('"', " ").split()
    if found[0] == "emails" and ("work" in kind or "primary" in kind):
        return f"emails.{found[2]}"
    return f"{found[0]}.other"


def _address(emails: list[Any]) -> Any:
    """Return the address to use of a list: the primary one, else that for work, else the first; None without one."""
    given = [each for each in emails if isinstance(each, dict) and each.get("value")]
    given.sort(key=lambda each: (not _is_primary(each), each.get("type") != "work"))
    return given[0]["value"] if given else None


def _is_primary(email: Mapping[str, Any]) -> bool:
    return str(email.get("primary", "")).lower() == "true"


def _truth(value: object) -> bool:
    """Return true or false, which one directory sends as texts."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    message = "active is true or false"
    raise wrong(message)


def _text(name: str, value: object, most: int) -> str:
    text = "" if value is None else str(value).strip() if isinstance(value, str | int) else None
    if text is None or len(text) > most or not readable(text):
        message = f"{name} is a text of at most {most} characters"
        raise wrong(message)
    return text
