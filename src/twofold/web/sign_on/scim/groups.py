"""Groups as the directory has them. Their members get the roles that the table of groups says."""

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from twofold.web.number import number_in
from twofold.web.sign_on.group_roles import follow_groups
from twofold.web.sign_on.models import DirectoryGroup
from twofold.web.sign_on.scim.answers import conflict, missing, wrong
from twofold.web.sign_on.scim.requests import Operation, attribute, chosen, filter_of, readable, values_in
from twofold.web.sign_on.scim.users import Directory, visible

CORE = "urn:ietf:params:scim:schemas:core:2.0:Group"
_LONGEST = 200


def found_by(name: str, value: str | bool) -> QuerySet[DirectoryGroup]:
    """Return the groups whose attribute is a value; raises ScimError for an attribute that is no filter."""
    groups, text = DirectoryGroup.objects.order_by("pk"), str(value)
    if name == "displayname":
        return groups.filter(display_name__iexact=text)
    if name == "externalid":
        return groups.filter(external_id=text).exclude(external_id="")
    if name == "id":
        number = number_in(text)
        return groups.none() if number is None else groups.filter(pk=number)
    message = f"{name[:100]} is no attribute that groups can be found by"
    raise wrong(message, "invalidFilter")


def group(key: str) -> DirectoryGroup:
    """Return the group of an id; raises ScimError where there is none."""
    found = found_by("id", key).first()
    if found is None:
        message = "group of this id"
        raise missing(message)
    return found


def make(body: Mapping[str, Any], directory: Directory) -> DirectoryGroup:
    """Make a group with its members; raises ScimError where its name is taken."""
    said = {attribute(name): value for name, value in body.items()}
    now = timezone.now()
    with transaction.atomic():
        made = DirectoryGroup(made_at=now, changed_at=now)
        _name(made, said.get("displayname"))
        made.external_id = _text("externalId", said.get("externalid"))
        _save(made)
        members = _accounts(values_in(said.get("members") or []))
        made.members.set(members)
        _follow(members, directory)
    return made


def put(one: DirectoryGroup, body: Mapping[str, Any], directory: Directory) -> None:
    """Make a group what a whole resource says."""
    said = {attribute(name): value for name, value in body.items()}
    changes = [Operation("replace", name, said[name]) for name in ("displayname", "externalid") if name in said]
    patch(one, [*changes, Operation("replace", "members", said.get("members") or [])], directory)


def patch(one: DirectoryGroup, operations: Collection[Operation], directory: Directory) -> None:
    """Do the operations of PATCH, all or none; roles of whoever it touches follow. Raises ScimError."""
    with transaction.atomic():
        before, name = set(one.members.all()), one.display_name
        for each in operations:
            _do(one, each)
        one.changed_at = timezone.now()
        _save(one)
        after = set(one.members.all())
        _follow(before ^ after if name == one.display_name else before | after, directory)


def remove(one: DirectoryGroup, directory: Directory) -> None:
    """Remove a group; its members stay, without the role that it gave."""
    with transaction.atomic():
        members = list(one.members.all())
        one.delete()
        _follow(members, directory)


def told(one: DirectoryGroup, directory: Directory, *, members: bool) -> dict[str, Any]:
    """Return a group as a resource, with its members if they are wanted."""
    return {
        "schemas": [CORE],
        "id": str(one.pk),
        **({"externalId": one.external_id} if one.external_id else {}),
        "displayName": one.display_name,
        **(
            {
                "members": [
                    {"value": str(each.pk), "display": each.email, "$ref": directory.address("Users", each.pk)}
                    for each in one.members.order_by("pk")
                ]
            }
            if members
            else {}
        ),
        "meta": {
            "resourceType": "Group",
            "created": one.made_at.isoformat(),
            "lastModified": one.changed_at.isoformat(),
            "location": directory.address("Groups", one.pk),
        },
    }


def _do(one: DirectoryGroup, operation: Operation) -> None:
    if not operation.path:
        if not isinstance(operation.value, dict):
            message = "without a path, value is an object"
            raise wrong(message)
        for name, value in operation.value.items():
            if attribute(str(name)) != "id":
                _do(one, Operation(operation.op, str(name), value))
        return
    choice = chosen(operation.path)
    name = choice[0] if choice else attribute(operation.path)
    if name == "members":
        _change_members(one, operation, choice[1] if choice else "")
    elif name == "displayname" and operation.op != "remove":
        _name(one, operation.value)
    elif name == "externalid":
        one.external_id = "" if operation.op == "remove" else _text("externalId", operation.value)
    else:
        message = f"{operation.path[:100]} of a group cannot be changed"
        raise wrong(message, "invalidPath")


def _change_members(one: DirectoryGroup, operation: Operation, condition: str) -> None:
    if operation.op == "remove":
        if condition:
            name, value = filter_of(condition)
            if name != "value":
                message = 'members are chosen by value: members[value eq "id"]'
                raise wrong(message, "invalidPath")
            one.members.remove(*_accounts([str(value)], known_only=False))
        elif operation.value:
            one.members.remove(*_accounts(values_in(operation.value), known_only=False))
        else:
            one.members.clear()
        return
    accounts = _accounts(values_in(operation.value or []))
    if operation.op == "add":
        one.members.add(*accounts)
    else:
        one.members.set(accounts)


def _accounts(keys: Collection[str], *, known_only: bool = True) -> list[User]:
    """Return the accounts of ids. known_only: an id of none is an error, as it is not when members are taken out."""
    numbers = {number for each in keys if (number := number_in(each)) is not None}
    found = list(visible().filter(pk__in=numbers))
    if known_only and len(found) != len(set(keys)):
        message = "a member is no user that is there"
        raise wrong(message)
    return found


def _follow(members: Collection[User], directory: Directory) -> None:
    for each in sorted(members, key=lambda user: user.pk):
        groups = DirectoryGroup.objects.filter(members=each).values_list("display_name", flat=True)
        follow_groups(each, list(groups), by=directory.actor, request=directory.request)


def _name(one: DirectoryGroup, value: object) -> None:
    one.display_name = _text("displayName", value)
    if not one.display_name:
        message = "displayName is needed"
        raise wrong(message)


def _text(name: str, value: object) -> str:
    text = "" if value is None else value
    if not isinstance(text, str) or len(text) > _LONGEST or not readable(text):
        message = f"{name} is a text of at most {_LONGEST} characters"
        raise wrong(message)
    return text.strip()


def _save(one: DirectoryGroup) -> None:
    try:
        with transaction.atomic():
            one.save()
    except IntegrityError as error:
        message = "a group of this name is there already"
        raise conflict(message, "uniqueness") from error
