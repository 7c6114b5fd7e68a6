"""Ends of engagements (T-03): every leaver first leaves in good order, then a fault alters one of them.

In good order: HR enters the end beforehand, the HR workflow deactivates the Okta account the same evening, API tokens
are revoked then, and the local ERP account is disabled. Accounts in GitHub and Jira are deleted by that workflow, so
the lists of those two show the people who are there. An item is an engagement and a system with an account.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from twofold.jobs.demonstration.access import HOUR, AccountEvent, Administrator, Holding, gave_rights_back, welcome
from twofold.jobs.demonstration.people import Engagement, Person
from twofold.jobs.demonstration.rights import JIRA_USERS, group
from twofold.jobs.demonstration.timeline import (
    FIRST_DAY,
    LAST_DAY,
    after_working_days,
    before_working_days,
    local,
    local_day,
    working_day_on_or_after,
    working_days,
)
from twofold.jobs.demonstration.world import Row, World

A_DAY = timedelta(days=1)
ERP_ADMIN = "erp:admin"


@dataclass(slots=True, eq=False)
class Leaver:
    """A person who left, with the events that closed the accounts."""

    person: Person
    engagement: Engagement
    okta_closed: AccountEvent
    erp_closed: AccountEvent | None = None
    token: Row | None = None

    @property
    def ended_at(self) -> datetime:
        """When the engagement ended."""
        if self.engagement.ended_at is None:
            msg = f"{self.engagement.id} has no end"
            raise ValueError(msg)
        return self.engagement.ended_at

    def item(self, system: str = "okta") -> str:
        """Identifier of the item: the engagement and a system on which the person had an account."""
        return f"{self.engagement.id}@{system}"


@dataclass(slots=True)
class Departures:
    """What leaving produced beside the events of accounts."""

    tokens: list[Row] = field(default_factory=list)
    sign_ins: list[tuple[Person, datetime]] = field(default_factory=list)
    """Sign-ins to Okta that a fault needs."""
    erp_sign_ins: list[tuple[Person, datetime]] = field(default_factory=list)
    """Log-ins to the ERP with its own password, by people who are there."""
    purged: set[str] = field(default_factory=set)
    """Account ids that are disabled although no event says since when."""


def see_everyone_off(it: Administrator, departures: Departures) -> list[Leaver]:
    """Let every leaver leave in good order."""
    leavers = []
    for person in it.world.staff.leavers:
        leavers.append(_see_off(it, departures, person))
        ended = leavers[-1].engagement
        for system in ("okta", "erp") if person.erp else ("okta",):
            it.world.key.item("T-03", f"{ended.id}@{system}", system, leavers[-1].ended_at)
    return leavers


def _see_off(it: Administrator, departures: Departures, person: Person) -> Leaver:
    engagement = person.engagements[-1]
    if engagement.ended_at is None:
        msg = f"{engagement.id} has no end"
        raise ValueError(msg)
    closed_at = engagement.ended_at + it.draw.minutes(5, 170)
    leaver = Leaver(person, engagement, it.note(f"okta:{person.okta}", "disable", closed_at))
    for holding in it.book.held_by(person, closed_at):
        holding.until = closed_at
    if person.erp:
        leaver.erp_closed = it.note(f"erp:{person.erp}", "disable", closed_at + timedelta(minutes=20), ERP_ADMIN)
    if person.github:
        leaver.token = {
            "id": f"tok-{it.draw.sha1()[:10]}",
            "account": f"okta:{person.okta}",
            "system": "okta",
            "kind": "token",
            "created_at": leaver.ended_at - timedelta(days=90),
            "revoked_at": closed_at,
        }
        departures.tokens.append(leaver.token)
    return leaver


def disabled_late(it: Administrator, _: Departures, leaver: Leaver) -> None:
    """Okta was closed on the third business day; the limit is one."""
    _close_at(it, leaver, local(after_working_days(local_day(leaver.ended_at), 3), "09:40"))
    _late(it.world, leaver, "The Okta account was disabled on the third business day; one is allowed.")


def contractor_late(it: Administrator, departures: Departures, leaver: Leaver) -> None:
    """The contractor's account lived for two more weeks."""
    leaver.engagement.type = "contractor"
    _close_at(it, leaver, local(after_working_days(local_day(leaver.ended_at), 10), "15:10"))
    if leaver.token:
        departures.tokens.remove(leaver.token)
    _late(it.world, leaver, "The contractor's account was disabled ten business days after the contract ended.")


def enabled_again(it: Administrator, _: Departures, leaver: Leaver) -> None:
    """An administrator opened the account again the next week, and closed it a week later."""
    account = leaver.okta_closed.account
    admin = f"okta:{it.admins[1].okta}"
    opened = it.note(account, "enable", local(after_working_days(local_day(leaver.ended_at), 5), "11:00"), admin)
    it.note(account, "disable", local(after_working_days(local_day(leaver.ended_at), 10), "11:00"), admin)
    gave_rights_back(it, opened)
    _late(
        it.world, leaver, "The account was disabled in time, then opened again without a new engagement.", "reenabled"
    )


def signed_in_after(it: Administrator, departures: Departures, leaver: Leaver) -> None:
    """The leaver signed in an hour after the end, before the account was closed in time."""
    leaver.okta_closed.at = leaver.ended_at + 2 * HOUR
    if leaver.token:
        leaver.token["revoked_at"] = leaver.okta_closed.at
    departures.sign_ins.append((leaver.person, leaver.ended_at + HOUR))
    it.world.key.exception(("T-03", leaver.item(), "B"), "used_after_end", "A sign-in succeeded an hour after the end.")


def token_left(it: Administrator, _: Departures, leaver: Leaver) -> None:
    """An API token stayed valid."""
    if leaver.token is None:
        msg = f"{leaver.person.id} has no token"
        raise ValueError(msg)
    leaver.token["revoked_at"] = None
    it.world.key.exception(
        ("T-03", leaver.item(), "C"), "credential_live", "An API token of the leaver was never revoked."
    )


def told_late(it: Administrator, _: Departures, leaver: Leaver) -> None:
    """The manager had the account closed; HR entered the end a week later."""
    leaver.engagement.entered_at = local(after_working_days(local_day(leaver.ended_at), 5), "10:00")
    it.world.key.exception(
        ("T-03", leaver.item(), "D"), "late_notice", "HR entered the end five business days after it."
    )


def erp_left_open(it: Administrator, _: Departures, leaver: Leaver) -> None:
    """Okta was closed in time; the ERP's own account still accepts its password."""
    if leaver.erp_closed is None:
        msg = f"{leaver.person.id} has no ERP account"
        raise ValueError(msg)
    it.book.account_events.remove(leaver.erp_closed)
    leaver.erp_closed = None
    _late(
        it.world,
        leaver,
        "The local ERP account was never closed; single sign-on does not cover it.",
        "app_account_open",
        "erp",
    )


def event_purged(it: Administrator, departures: Departures, leaver: Leaver) -> None:
    """The ERP account is disabled, and no event says since when."""
    if leaver.erp_closed is None:
        msg = f"{leaver.person.id} has no ERP account"
        raise ValueError(msg)
    it.book.account_events.remove(leaver.erp_closed)
    departures.purged.add(leaver.erp_closed.account)
    it.world.key.cannot_test(
        ("T-03", leaver.item("erp"), "A"), "no_close_time", "The ERP account is disabled; nothing says when."
    )


def rehired(it: Administrator, _: Departures, leaver: Leaver) -> None:
    """The person came back three months later; both stretches are in order."""
    person, first = leaver.person, leaver.engagement
    back_on = working_day_on_or_after(local_day(leaver.ended_at) + timedelta(days=90))
    person.engagements.append(Engagement(f"{first.id[:-1]}2", first.type, back_on))
    it.world.key.item("T-03", f"{first.id}@jira", "jira", leaver.ended_at)
    welcome(it, person, back_on)


def use_the_erp(it: Administrator, departures: Departures) -> None:
    """Let people who stay log in to the ERP with its own password now and then: Okta is not the only way in."""
    users = [person for person in it.world.staff.steady() if person.erp]
    for day in working_days(FIRST_DAY, LAST_DAY)[::3]:
        departures.erp_sign_ins.append((it.draw.one_of(users), local(day, "09:00") + it.draw.minutes(0, 400)))


def convert_contractors(it: Administrator) -> None:
    """Two contractors became employees without a gap; the end of the contract asks for no removal."""
    candidates = [
        x for x in it.world.staff.steady() if x.engagements[-1].type == "contractor" and not x.erp and not x.github
    ]
    for person, day in zip(candidates, (date(2026, 1, 30), date(2026, 6, 30)), strict=False):
        contract = person.engagements[-1]
        ended_at = local(day, "17:00")
        person.engagements[-1] = replace(contract, last_day=day, ended_at=ended_at, entered_at=ended_at - 10 * A_DAY)
        starts = working_day_on_or_after(day + A_DAY)
        person.engagements.append(Engagement(f"{contract.id[:-1]}2", "employee", starts, follows=contract.id))
        for right in (group("okta-users"), JIRA_USERS):
            it.request(person, right, before_working_days(day, 5))
            item = f"{contract.id}@{right.system}"
            it.world.key.item("T-03", item, right.system, ended_at)
            why = "The contract went on as an employment without a gap, and the access was approved again."
            it.world.key.excuse("T-03", item, "ABCD", "continued", why)


def plant_departures(it: Administrator, departures: Departures, leavers: list[Leaver]) -> None:
    """Alter one leaver per plan, in order of their last day."""
    ordered = sorted(leavers, key=lambda leaver: leaver.ended_at)
    free = [leaver for leaver in ordered if not leaver.engagement.involuntary]
    for plant, wanted, since in PLANS:
        leaver = next((x for x in free if wanted(x) and local_day(x.ended_at) >= since), None)
        leaver = leaver or next(x for x in free if wanted(x))
        free.remove(leaver)
        plant(it, departures, leaver)


def _close_at(it: Administrator, leaver: Leaver, moment: datetime) -> None:
    for holding in _held_until(it, leaver.person, leaver.okta_closed.at):
        holding.until = moment
    leaver.okta_closed.at = moment
    if leaver.erp_closed:
        leaver.erp_closed.at = leaver.ended_at + HOUR


def _held_until(it: Administrator, person: Person, moment: datetime) -> Iterator[Holding]:
    return (holding for holding in it.book.holdings if holding.person is person and holding.until == moment)


def _late(world: World, leaver: Leaver, why: str, reason: str = "late", system: str = "okta") -> None:
    world.key.exception(("T-03", leaver.item(system), "A"), reason, why)


def _anyone(leaver: Leaver) -> bool:
    return not leaver.person.github and not leaver.person.erp


def _engineer(leaver: Leaver) -> bool:
    return bool(leaver.person.github)


def _in_finance(leaver: Leaver) -> bool:
    return bool(leaver.person.erp)


PLANS: tuple[tuple[Callable[[Administrator, Departures, Leaver], None], Callable[[Leaver], bool], date], ...] = (
    (rehired, _anyone, date(2025, 11, 10)),
    (disabled_late, _anyone, date(2025, 10, 1)),
    (disabled_late, _anyone, date(2026, 3, 1)),
    (disabled_late, _anyone, date(2026, 10, 1)),
    (enabled_again, _anyone, date(2026, 1, 1)),
    (signed_in_after, _engineer, date(2026, 2, 1)),
    (signed_in_after, _anyone, date(2026, 6, 1)),
    (token_left, _engineer, date(2026, 4, 1)),
    (told_late, _anyone, date(2026, 5, 1)),
    (told_late, _engineer, date(2025, 12, 1)),
    (contractor_late, _anyone, date(2026, 7, 1)),
    (erp_left_open, _in_finance, date(2026, 1, 1)),
    (erp_left_open, _in_finance, date(2025, 10, 1)),
    (event_purged, _in_finance, date(2026, 6, 1)),
)
