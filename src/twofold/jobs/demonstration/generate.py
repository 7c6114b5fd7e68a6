"""Generates the demonstration company: scope files, raw vendor exports with planted faults, and the answer key.

The same seed gives the same bytes. Nothing here runs a rule of Twofold or reads what was written.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from twofold.jobs.demonstration.access import (
    AccessBook,
    Administrator,
    grant_through_the_year,
    hold_before_the_year,
    welcome_joiners,
)
from twofold.jobs.demonstration.answer_key import AnswerKey, write_stops
from twofold.jobs.demonstration.authority import appoint
from twofold.jobs.demonstration.changes import Slot, build_repositories
from twofold.jobs.demonstration.confirmations import export_confirmations
from twofold.jobs.demonstration.cost_and_firms import export_cost_and_firms
from twofold.jobs.demonstration.deficiencies import export_deficiencies
from twofold.jobs.demonstration.direct_changes import change_directly
from twofold.jobs.demonstration.draw import Draw
from twofold.jobs.demonstration.duties import hold_two_functions
from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.incidents import have_incidents
from twofold.jobs.demonstration.incomplete import Stop, make_incomplete
from twofold.jobs.demonstration.job_changes import change_jobs
from twofold.jobs.demonstration.leavers import (
    Departures,
    convert_contractors,
    plant_departures,
    see_everyone_off,
    use_the_erp,
)
from twofold.jobs.demonstration.people import CAST_SIZE, hire_staff
from twofold.jobs.demonstration.planted_access import plant_access
from twofold.jobs.demonstration.planted_changes import PLANS as CHANGE_PLANS
from twofold.jobs.demonstration.planted_emergencies import PLANS as EMERGENCY_PLANS
from twofold.jobs.demonstration.planted_reviews import ABSENT, FAULTS
from twofold.jobs.demonstration.questionnaire import export_questionnaire
from twofold.jobs.demonstration.releases import count_releases, record_artefacts
from twofold.jobs.demonstration.request_lists import export_request_lists
from twofold.jobs.demonstration.restores import test_restores
from twofold.jobs.demonstration.reviews import Campaign, review_access
from twofold.jobs.demonstration.scope_files import write_scope
from twofold.jobs.demonstration.subjects import live_through_the_year
from twofold.jobs.demonstration.tickets import export_tickets, export_users, number_tickets
from twofold.jobs.demonstration.world import World
from twofold.jobs.demonstration.write_github import export_github
from twofold.jobs.demonstration.write_okta import export_okta
from twofold.jobs.demonstration.write_tables import (
    export_erp,
    export_hr,
    export_operations,
    export_reviews,
    export_world_tables,
)

Variant = Literal["complete", "incomplete"]
MOST_PEOPLE = 700
"""So many different names can be made."""
FEWEST_LEAVERS, FEWEST_CHANGES = 30, 200
"""Fewer do not hold all the faults."""


@dataclass(frozen=True, slots=True)
class GeneratedCompany:
    """What was written, and the key to it.

    `rows` counts the records of all exports. `stops` says what must stop in the incomplete variant, which has no
    other key: population, code of the check, why.
    """

    folder: Path
    key: AnswerKey
    deployments: int
    rows: int
    stops: tuple[Stop, ...] = ()


def generate(
    into: Path,
    *,
    seed: int,
    changes: int = 5000,
    people: int = 400,
    leavers: int = 40,
    variant: Variant = "complete",
) -> GeneratedCompany:
    """Write the company below `into`: twofold.toml, scope/, exports/ and answer_key*.csv.

    The variant "incomplete" has holes in its exports, and `answer_key_stops.csv` in place of the other keys.

    `changes` counts pull requests and direct pushes. Raises ValueError when the numbers leave no room for the faults.
    """
    enough = leavers >= FEWEST_LEAVERS and changes >= FEWEST_CHANGES
    if not enough or not CAST_SIZE + 2 * leavers <= people <= MOST_PEOPLE:
        msg = (
            f"{changes} changes, {people} people and {leavers} leavers do not fit: at least {FEWEST_CHANGES} changes "
            f"and {FEWEST_LEAVERS} leavers, and {CAST_SIZE} people beside twice the leavers, up to {MOST_PEOPLE}"
        )
        raise ValueError(msg)
    staff = hire_staff(Draw(seed, "people"), people=people, leavers=leavers)
    world = World(seed, staff, appoint(staff))
    _make_changes(world, changes)
    book, departures = AccessBook(), Departures()
    campaigns = _manage_access(world, book, departures)
    incidents = have_incidents(world, world.draw("incidents"))
    restores = test_restores(world, world.draw("restores"))
    tickets = [change.ticket for repo in world.repositories.values() for change in repo.changes if change.ticket]
    tickets, requests = number_tickets(tickets, "CHG"), number_tickets(book.requests, "ACC")
    live_through_the_year(world, book, campaigns, restores)
    folder = ExportFolder()
    export_tickets(folder, tickets, project="CHG", kind="issues")
    export_tickets(folder, requests, project="ACC", kind="access_requests")
    export_users(folder, staff)
    export_github(folder, world)
    export_okta(folder, world, book, departures)
    export_hr(folder, world)
    export_reviews(folder, book, campaigns, [staff.by_id("p-0003"), staff.by_id("p-0005")])
    export_operations(folder, world, incidents, restores, departures)
    export_erp(folder, world, book, departures)
    export_world_tables(folder, world)
    export_cost_and_firms(folder)
    export_confirmations(folder)
    export_request_lists(folder, staff.by_id("p-0003").id)
    export_questionnaire(folder, staff.by_id("p-0003").id)
    export_deficiencies(folder)
    stops = make_incomplete(folder) if variant == "incomplete" else ()
    write_scope(into, world)
    folder.write(into / "exports")
    if stops:
        write_stops(into, stops)
    else:
        world.key.write(into)
    deployments = sum(len(repository.deployments) for repository in world.repositories.values())
    return GeneratedCompany(into, world.key, deployments, sum(x.rows for x in folder.exports.values()), stops)


def _make_changes(world: World, changes: int) -> None:
    """Build every repository, plant the faults in their slots, and count the items."""
    plans = (*CHANGE_PLANS, *EMERGENCY_PLANS)
    reserved: dict[str, dict[Slot, bool]] = defaultdict(dict)
    for plan in plans:
        if plan.slot in reserved[plan.system]:
            msg = f"two faults want {plan.system} at {plan.slot}"
            raise ValueError(msg)
        reserved[plan.system][plan.slot] = plan.direct
        world.quiet_days.add((plan.system, plan.slot.day))
    world.repositories = build_repositories(
        world.draw("changes"), world.staff, world.authority, changes=changes, reserved=reserved
    )
    record_artefacts(world)
    at = {(repo.system, change.slot): change for repo in world.repositories.values() for change in repo.changes}
    for plan in plans:
        plan.plant(world, at[plan.system, plan.slot])
    change_directly(world, world.draw("direct changes"))
    count_releases(world)


def _manage_access(world: World, book: AccessBook, departures: Departures) -> list[Campaign]:
    """Hire, grant, review and see off, in that order."""
    draw = world.draw("access")
    administrator = Administrator(world, book, draw)
    hold_before_the_year(world, book, draw)
    welcome_joiners(administrator)
    plant_access(administrator)
    grant_through_the_year(administrator)
    hold_two_functions(administrator)
    change_jobs(administrator)
    leavers = see_everyone_off(administrator, departures)
    convert_contractors(administrator)
    use_the_erp(administrator, departures)
    plant_departures(administrator, departures, leavers)
    return review_access(administrator, FAULTS, ABSENT)
