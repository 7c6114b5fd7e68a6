"""Roles that follow groups of the company's directory. The role of administrator does not, unless somebody said so."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.http import HttpRequest

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.leaving import end_sessions, is_last_administrator
from twofold.web.accounts.models import Member
from twofold.web.rights import Role
from twofold.web.sign_on.directory import directory_entry
from twofold.web.sign_on.models import GroupRole
from twofold.web.sign_on.policy import sign_on_settings


def role_of_groups(groups: Collection[str]) -> Role | None:
    """Return the role of the first group of the table that is among these; None where none is.

    A line that makes administrators counts only where the settings say so.
    """
    administrators = sign_on_settings().groups_make_administrators
    named = set(groups)
    for each in GroupRole.objects.order_by("position"):
        if each.group in named and (administrators or each.role != Role.ADMINISTRATOR):
            return Role(each.role)
    return None


def follow_groups(user: User, groups: Collection[str], *, by: str, request: HttpRequest | None) -> None:
    """Give an account the role of its groups. In a transaction.

    Who is in none of the table's groups keeps a role that people gave, and falls back to viewer from one that a group
    gave. An administrator stays one unless the settings say otherwise, and the last one in any case.
    """
    entry = directory_entry(user)
    role = role_of_groups(groups)
    member, _ = Member.objects.get_or_create(user=user, defaults={"role": Role.VIEWER.value})
    if role is None and not entry.role_by_group:
        return
    wanted = role or Role.VIEWER
    before = Role(member.role)
    if before is Role.ADMINISTRATOR and wanted is not before and _stays(user):
        return
    if entry.role_by_group != (role is not None):
        entry.role_by_group = role is not None
        entry.save(update_fields=["role_by_group"])
    if wanted is before:
        return
    member.role = wanted.value
    member.save(update_fields=["role"])
    end_sessions([user])
    detail = f"was {before.value}; by groups"
    record_act(AccountAct.ROLE_CHANGED, account=user.email, role=wanted.value, by=by, request=request, detail=detail)


def _stays(administrator: User) -> bool:
    return not sign_on_settings().groups_make_administrators or is_last_administrator(administrator)
