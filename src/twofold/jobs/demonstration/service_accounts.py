"""Accounts that belong to no person (T-08): their inventory, their uses, and their quarterly reviews."""

from datetime import date

from twofold.jobs.demonstration.access import HR_SYNC
from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.changes import PIPELINE
from twofold.jobs.demonstration.people import Person
from twofold.jobs.demonstration.timeline import A_DAY, local, local_day, working_day_on_or_after
from twofold.jobs.demonstration.world import Row, TableExport, World

_BUMPER = "github:brightwater-bumper[bot]"
_DEPLOYER = f"github:{PIPELINE}"
_ACCOUNTS = {
    f"okta:{HR_SYNC}": ("okta", "Creates and closes the accounts of people", "hr-workflow"),
    _BUMPER: ("github", "Proposes newer libraries", "dependency-job"),
    _DEPLOYER: ("github", "Releases to production", "deploy-runner"),
}
"""Account -> system, purpose, job that uses it."""
_SINCE = date(2023, 1, 1)
_USED_ON = tuple(date(2025 + month // 12, month % 12 + 1, 5) for month in range(8, 23))
_REVIEWED_ON = (
    *(date(2025, 9, 15), date(2025, 12, 10), date(2026, 3, 5)),
    *(date(2026, 6, 1), date(2026, 8, 28), date(2026, 11, 16)),
)
_BY_HAND_ON = date(2026, 5, 20)


def keep_service_accounts(world: World) -> None:
    """Export the inventory, the uses and the reviews, with two faults."""
    inventory: list[Row] = []
    owner = min(world.staff.in_role("Engineering Manager", "Senior Engineer"), key=lambda person: person.first_day)
    for account, (_, purpose, job) in _ACCOUNTS.items():
        line = {"account": account, "owner": owner.id, "purpose": purpose, "rights": "", "clients": job}
        inventory.append({**line, "valid_from": _SINCE, "valid_to": ""})
    _owner_left(world, inventory)
    world.tables += [
        TableExport("service_account", inventory, "Inventory of service accounts, all versions"),
        TableExport("sign_in", _uses(world), "Token logs of Okta and GitHub, uses by apps", name="service_sign_in"),
        TableExport("review_item", _reviews(), "Reviews of service accounts, all rows"),
    ]


def _owner_left(world: World, inventory: list[Row]) -> None:
    """Let the owner of the bumper leave, and hand it over only two weeks later."""
    left = next(person for person in world.staff.leavers if _left_in_spring(person))
    last_day = left.engagements[-1].last_day or _SINCE
    handed_over = working_day_on_or_after(last_day + 14 * A_DAY)
    first = next(line for line in inventory if line["account"] == _BUMPER)
    inventory.append({**first, "owner": "p-0010", "valid_from": handed_over})
    first |= {"owner": left.id, "valid_to": handed_over}
    for month in sorted({f"{last_day:%Y-%m}", f"{handed_over - A_DAY:%Y-%m}"}):
        at = local(date.fromisoformat(f"{month}-15"), "12:00")
        item = KeyItem("T-08", f"{_BUMPER}/{month}", ("github",), at)
        world.key.plant(
            item, {"A": "owner_left"}, "The owner had left, and nobody took the account over for two weeks."
        )


def _left_in_spring(person: Person) -> bool:
    engagement = person.engagements[-1]
    spring = date(2026, 1, 15), date(2026, 6, 30)
    return engagement.last_day is not None and spring[0] <= engagement.last_day <= spring[1]


def _uses(world: World) -> list[Row]:
    uses: list[Row] = [
        {
            "id": f"use-{number}-{day:%Y%m}",
            "account": account,
            "system": system,
            "occurred_at": local(day, "04:00"),
            "result": "success",
            "method": "token",
            "client": job,
        }
        for number, (account, (system, _, job)) in enumerate(_ACCOUNTS.items(), 1)
        for day in _USED_ON
    ]
    at = local(_BY_HAND_ON, "21:40")
    by_hand = {"occurred_at": at, "method": "interactive", "client": "workstation-31"}
    uses.append({**uses[-1], "id": "use-by-hand", **by_hand})
    item = KeyItem("T-08", f"{_DEPLOYER}/{local_day(at):%Y-%m}", ("github",), at)
    world.key.plant(item, {"C": "used_by_hand"}, "Somebody signed in by hand with the account that releases.")
    return uses


def _reviews() -> list[Row]:
    return [
        {
            "campaign": f"service-accounts-{day:%Y%m}",
            "account": account,
            "right_id": "*",
            "reviewer": "jira:compliance",
            "decision": "approve",
            "decided_at": local(day, "11:00"),
        }
        for day in _REVIEWED_ON
        for account in _ACCOUNTS
    ]
