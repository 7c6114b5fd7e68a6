"""Accounts as the directory has them: joiners get one, changes reach it, leavers lose it at once. Nothing is erased."""

from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.leaving import close_account, is_last_administrator
from twofold.web.accounts.models import Member
from twofold.web.number import number_in
from twofold.web.rights import Role
from twofold.web.sign_on.directory import directory_entry
from twofold.web.sign_on.group_roles import follow_groups
from twofold.web.sign_on.models import DirectoryEntry, ProviderLink
from twofold.web.sign_on.scim.answers import conflict, missing, wrong
from twofold.web.sign_on.scim.profile import CORE, ENTERPRISE, Profile, profile_of
from twofold.web.workspace_access import current


@dataclass(frozen=True, slots=True)
class Directory:
    """Who acts: the directory, by its token, in one request."""

    name: str
    request: HttpRequest

    @property
    def actor(self) -> str:
        """The name that the log gets."""
        return f"scim: {self.name}"

    def record(self, act: AccountAct, user: User, detail: str = "") -> None:
        """Write an entry about an account."""
        role = Member.objects.filter(user=user).values_list("role", flat=True).first() or ""
        record_act(act, account=user.email, role=role, by=self.actor, request=self.request, detail=detail[:300])

    def address(self, kind: str, key: int) -> str:
        """Return the address of a resource. kind: Users or Groups."""
        return self.request.build_absolute_uri(f"/scim/v2/{kind}/{key}")


def visible() -> QuerySet[User]:
    """Return the accounts that are there for the directory, in the order in which they were made."""
    found = User.objects.exclude(directory_entry__removed=True).select_related("directory_entry")
    return found.prefetch_related("directory_groups").order_by("pk")


def found_by(name: str, value: str | bool) -> QuerySet[User]:
    """Return the accounts whose attribute is a value; raises ScimError for an attribute that is no filter."""
    named = visible()
    if name == "active":
        return named.filter(is_active=value is True or str(value).lower() == "true")
    text = str(value)
    if name == "username":
        unnamed = Q(directory_entry=None) | Q(directory_entry__user_name="")
        return named.filter(Q(directory_entry__user_name__iexact=text) | (unnamed & Q(username__iexact=text)))
    if name == "externalid":
        return named.filter(directory_entry__external_id=text).exclude(directory_entry__external_id="")
    if name in {"emails", "emails.value"}:
        return named.filter(email__iexact=text)
    if name == "id":
        return named.filter(pk=_key(text))
    message = f"{name[:100]} is no attribute that users can be found by"
    raise wrong(message, "invalidFilter")


def account(key: str) -> User:
    """Return the account of an id; raises ScimError where there is none for the directory."""
    user = visible().filter(pk=_key(key)).first()
    if user is None:
        message = "user of this id"
        raise missing(message)
    return user


def entry_of(user: User) -> DirectoryEntry | None:
    """Return what the directory said of an account; None for one that it never changed."""
    return getattr(user, "directory_entry", None)


def join(profile: Profile, directory: Directory) -> User:
    """Make an account, or give a leaver's back with the role of a joiner; raises ScimError where the name is taken."""
    address = profile.address
    try:
        with transaction.atomic():
            taken = _same(profile, address, but=None).first()
            if taken is not None:
                entry = entry_of(taken)
                if entry is None or not entry.removed:
                    message = "an account of this userName or e-mail address is there already"
                    raise conflict(message, "uniqueness")
                return _come_back(taken, entry, profile, directory)
            user = User.objects.create_user(address, address)
            Member.objects.create(user=user, role=Role.VIEWER.value)
            now = timezone.now()
            DirectoryEntry.objects.create(user=user, user_name=profile.user_name, provisioned=True, changed_at=now)
            directory.record(AccountAct.PROVISIONED, user)
            change(user, profile, directory)
            _follow(user, directory)
            return user
    except IntegrityError as error:
        message = "an account of this userName or e-mail address is there already"
        raise conflict(message, "uniqueness") from error


def change(user: User, profile: Profile, directory: Directory) -> None:
    """Make an account what a profile says; raises ScimError for what cannot be."""
    with transaction.atomic():
        entry = directory_entry(user)
        before = profile_of(user, entry)
        address = profile.address
        if _same(profile, address, but=user).exists():
            message = "another account has this userName or e-mail address"
            raise conflict(message, "uniqueness")
        closes, opens = before.active and not profile.active, profile.active and not before.active
        if closes:
            _may_close(user)
        if opens:
            _may_open(entry)
        _write(user, entry, profile, address)
        said = [
            f"{name} was {old[:80]!a}"
            for name, old, new in (
                ("address", before.email, address),
                ("user name", before.user_name, profile.user_name),
                ("employee number", before.employee_number, profile.employee_number),
            )
            if old and old != new
        ]
        if said:
            directory.record(AccountAct.PROFILE_CHANGED, user, "; ".join(said))
        _link_person(user, profile, directory)
        if closes:
            _close(user, entry, directory)
        if opens:
            _open(user, entry, directory)


def leave(user: User, directory: Directory) -> None:
    """Close an account, which is then gone for the directory; what it did stays. Raises ScimError as `change`."""
    with transaction.atomic():
        entry = directory_entry(user)
        if user.is_active:
            _may_close(user)
            _close(user, entry, directory, "removed from the directory")
        entry.removed = True
        entry.changed_at = timezone.now()
        entry.save()
        user.directory_groups.clear()


def told(user: User, directory: Directory) -> dict[str, Any]:
    """Return an account as a resource."""
    entry = entry_of(user)
    profile = profile_of(user, entry)
    name = {"givenName": profile.given, "familyName": profile.family}
    changed = entry.changed_at if entry else user.date_joined
    return {
        "schemas": [CORE, ENTERPRISE],
        "id": str(user.pk),
        **({"externalId": profile.external_id} if profile.external_id else {}),
        "userName": profile.user_name,
        "name": {**name, "formatted": f"{profile.given} {profile.family}".strip()},
        "displayName": profile.display or f"{profile.given} {profile.family}".strip() or profile.user_name,
        "emails": [{"value": user.email, "type": "work", "primary": True}],
        "active": user.is_active,
        "groups": [
            {"value": str(each.pk), "display": each.display_name, "$ref": directory.address("Groups", each.pk)}
            for each in user.directory_groups.all()
        ],
        ENTERPRISE: {"employeeNumber": profile.employee_number} if profile.employee_number else {},
        "meta": {
            "resourceType": "User",
            "created": user.date_joined.isoformat(),
            "lastModified": changed.isoformat(),
            "location": directory.address("Users", user.pk),
        },
    }


def _come_back(user: User, entry: DirectoryEntry, profile: Profile, directory: Directory) -> User:
    """Give an account back as a joiner's: an address may have gone to somebody else, so nothing else comes with it."""
    if profile.active and not user.is_active:
        _may_open(entry)
    entry.removed, entry.role_by_group, entry.provisioned = False, False, True
    entry.save()
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    ProviderLink.objects.filter(user=user).delete()
    Member.objects.update_or_create(user=user, defaults={"role": Role.VIEWER.value, "person": ""})
    directory.record(AccountAct.PROVISIONED, user, "came back, as a viewer")
    change(user, profile, directory)
    _follow(user, directory)
    return user


def _write(user: User, entry: DirectoryEntry, profile: Profile, address: str) -> None:
    if user.email != address:
        EmailAddress.objects.filter(user=user).delete()
    user.username = user.email = address
    user.first_name, user.last_name = profile.given, profile.family
    user.save(update_fields=["username", "email", "first_name", "last_name"])
    entry.user_name, entry.external_id = profile.user_name, profile.external_id
    entry.employee_number, entry.display_name = profile.employee_number, profile.display
    entry.changed_at = timezone.now()
    entry.save()


def _may_close(user: User) -> None:
    if is_last_administrator(user):
        message = "this is the last administrator, whom the directory cannot take away"
        raise conflict(message)


def _may_open(entry: DirectoryEntry) -> None:
    if not entry.closed:
        message = "an administrator deactivated this account, and gives it back"
        raise conflict(message)


def _close(user: User, entry: DirectoryEntry, directory: Directory, detail: str = "") -> None:
    entry.closed = True
    entry.save()
    close_account(user, by=directory.actor, request=directory.request, detail=detail)


def _open(user: User, entry: DirectoryEntry, directory: Directory) -> None:
    user.is_active, entry.closed = True, False
    user.save(update_fields=["is_active"])
    entry.save()
    directory.record(AccountAct.REACTIVATED, user)


def _link_person(user: User, profile: Profile, directory: Directory) -> None:
    """Link an account that is nobody's yet to the person of the HR roster with its number."""
    people = current().people
    person = next((each for each in (profile.employee_number, profile.external_id) if each and each in people), None)
    if person is not None and Member.objects.filter(user=user, person="").update(person=person):
        directory.record(AccountAct.PERSON_LINKED, user, person)


def _follow(user: User, directory: Directory) -> None:
    groups = user.directory_groups.values_list("display_name", flat=True)
    follow_groups(user, list(groups), by=directory.actor, request=directory.request)


def _same(profile: Profile, address: str, *, but: User | None) -> QuerySet[User]:
    """Return other accounts with the user name or the address."""
    names = (
        Q(username__iexact=address) | Q(email__iexact=address) | Q(directory_entry__user_name__iexact=profile.user_name)
    )
    found = User.objects.filter(names).select_related("directory_entry")
    return found if but is None else found.exclude(pk=but.pk)


def _key(text: str) -> int:
    """Return the number of an id; -1, which nothing has, for a text that is none."""
    number = number_in(text)
    return -1 if number is None else number
