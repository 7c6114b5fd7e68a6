"""Policies: versions, promises, who has not signed; and signing for oneself. Rows have the columns of their tables."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.web.accounts.member import person_of
from twofold.web.api.findings import CapturedOut
from twofold.web.api.operation import acts, next_page, reads
from twofold.web.api.people import Id, RowOut, VersionOut, Words, versions_out
from twofold.web.company.programme.policies import (
    acknowledge_policy,
    details_of_policy,
    row_of_policy,
    rows_of_policies,
    who_has_not_signed,
)
from twofold.web.company.programme.reading import first_page, reading
from twofold.web.workspace_access import current

router = Router(tags=["policies"])


class PolicyOut(Schema):
    """A policy with its version in force. must, signed: how many people must sign it, and how many did.

    on_roster: whether who approved it surely had the duty then. due_at: when it has to be looked at again.
    """

    id: str
    title: str | None
    system: str | None
    review_months: int | None
    acknowledge_days: int | None
    version: str | None
    approver: str | None
    approved_by: str | None
    approved_at: datetime | None
    on_roster: bool | None
    effective_at: datetime | None
    looked_at: datetime | None
    due_at: datetime | None
    promises: int
    must: int
    signed: int


class PolicyPage(Schema):
    """A page of policies by id. `next`: the address of the page after it; null at the end."""

    items: list[PolicyOut]
    next: str | None


class PromiseOut(Schema):
    """A promise of the version in force. practice: what is measured of it; differs: documents that say otherwise."""

    promise: RowOut
    practice: dict[str, Any] | None
    differs: list[str]


class PolicyOneOut(PolicyOut):
    """One policy. mine: the duty of the caller's own person to sign it, null where there is none."""

    versions: list[RowOut]
    reviews: list[RowOut]
    duties: list[RowOut]
    numbers: list[PromiseOut]
    history: list[VersionOut]
    mine: RowOut | None


class UnsignedPage(Schema):
    """A page of people who must sign and did not. `next`: the address of the page after it; null at the end."""

    items: list[RowOut]
    next: str | None


class VersionIn(Schema):
    """The version that was read: the one in force."""

    version: Annotated[str, Field(min_length=1, max_length=200)]


@reads(router, "/policies", "see_programme", PolicyPage, "Policies, by id")
def list_policies(request: HttpRequest, words: Words = "", after: Id = "") -> PolicyPage:
    """Return a page."""
    now = current()
    with reading(now) as tables:
        rows, more = first_page(rows_of_policies(tables, now, words=words, after=after), "id")
    items = [PolicyOut(**row) for row in rows]
    return PolicyPage(items=items, next=next_page(request, "after", more) if more else None)


@reads(router, "/policies/{policy_id}", "see_programme", PolicyOneOut, "One policy")
def policy_one(request: HttpRequest, policy_id: Id) -> PolicyOneOut:
    """Return one policy; 404 for an unknown one."""
    now, own = current(), person_of(request.user)
    with reading(now) as tables:
        row = row_of_policy(tables, now, policy_id)
        found = details_of_policy(tables, now, row, timezone.now())
        mine = tables.one("SELECT * FROM must_sign WHERE policy = ? AND person = ?", policy_id, own) if own else None
    numbers = []
    for each in found["numbers"]:
        practice = each["practice"]
        told = {"state": str(practice.state), "text": practice.text} if practice else None
        promise = {name: value for name, value in each.items() if name not in {"practice", "differs"}}
        numbers.append(PromiseOut(promise=promise, practice=told, differs=each["differs"]))
    return PolicyOneOut(
        **PolicyOut(**row).model_dump(),
        **{**found, "numbers": numbers, "history": versions_out(found["history"])},
        mine=mine,
    )


@reads(router, "/policies/{policy_id}/unsigned", "see_people", UnsignedPage, "Who must sign a policy and did not")
def list_unsigned(request: HttpRequest, policy_id: Id, after: Id = "") -> UnsignedPage:
    """Return a page of people by id."""
    now = current()
    with reading(now) as tables:
        row_of_policy(tables, now, policy_id)
        rows, more = first_page(who_has_not_signed(tables, policy_id, after), "person")
    return UnsignedPage(items=list(rows), next=next_page(request, "after", more) if more else None)


@acts(router, "/policies/{policy_id}/sign", "acknowledge", CapturedOut, "Sign a policy for oneself", on=policy_one)
def sign_policy(request: HttpRequest, policy_id: Id, given: VersionIn) -> CapturedOut:
    """Capture that the caller's own person read and accepted the version in force."""
    return CapturedOut(evidence=acknowledge_policy(request, policy_id, given.version))
