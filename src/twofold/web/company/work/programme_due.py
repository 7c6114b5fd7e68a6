"""What the programme has due: reviews of policies, cover of vendors, ends of duties, training and signatures.

Whose training or signature is open is personal data: it is given for one person, or counted.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from twofold.jobs.due import DueKind, DueThing
from twofold.web.company.programme.cover import signed_by_management, speaks
from twofold.web.company.programme.policies import reviews_due
from twofold.web.company.programme.reading import Reading, Row, reading, remembered
from twofold.web.templating import address
from twofold.web.workspace_access import Current

_TICK = timedelta(microseconds=1)
_VENDORS = """
SELECT id, max(name) AS name FROM vendor WHERE relied_to IS NULL OR relied_to > ? GROUP BY id ORDER BY id
"""
"""Those that somebody relies on at a moment."""
_ENDS = """
SELECT person, duty, scope, valid_to FROM roster AS r WHERE valid_to IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM roster AS x WHERE x.person = r.person AND x.duty = r.duty AND x.scope IN (r.scope, '*')
        AND (x.right_class IS NULL OR x.right_class = r.right_class)
        AND COALESCE(x.valid_from, TIMESTAMP '0001-01-01') <= r.valid_to
        AND (x.valid_to IS NULL OR x.valid_to > r.valid_to)
)
UNION ALL SELECT to_person, COALESCE(duty, 'every duty') || ' of ' || from_person, '', valid_to
FROM delegation WHERE valid_to IS NOT NULL
ORDER BY ALL
"""
_TRAINING = "SELECT * FROM trained WHERE person = ? AND NOT away"
_SIGNATURES = """
SELECT m.*, p.title FROM must_sign AS m LEFT JOIN policy AS p ON p.id = m.policy WHERE m.person = ? ORDER BY m.policy
"""
_COUNTED = """
SELECT 'training' AS kind, '' AS policy, due_at, count(*) AS people FROM trained WHERE NOT away GROUP BY ALL
UNION ALL SELECT 'signature', policy, due_at, count(*) FROM must_sign WHERE signed_at IS NULL GROUP BY ALL
"""


def shared_things(now: Current) -> Sequence[DueThing]:
    """Return what is due of policies, vendors and the roster; without people where the programme's managers do it."""
    with reading(now) as tables:
        return remembered(now, "due", lambda: [*_policies(tables, now), *_vendors(tables, now), *_ends(tables, now)])


def counted_things(now: Current) -> Sequence[DueThing]:
    """Return how many people have a training or a signature due, by day, without a name."""
    with reading(now) as tables:
        return remembered(now, "due-counted", lambda: list(_counted(tables, now)))


def own_things(now: Current, person: str, *, manages: bool, personal: bool) -> list[DueThing]:
    """Return what is due for one person. manages: also what nobody is named for; personal: training and signatures."""
    shared = [each for each in shared_things(now) if each.is_for(person) or (manages and not each.people)]
    return [*shared, *(_personal(now, person) if personal else ())]


def signing_of(now: Current, person: str) -> tuple[Sequence[Row], Row | None]:
    """Return each policy that a person must sign, with `signed_at` where it is, and how their training stands."""
    with reading(now) as tables:
        return tables.rows(_SIGNATURES, person), tables.one(_TRAINING, person)


def _personal(now: Current, person: str) -> Iterator[DueThing]:
    policies, trained = signing_of(now, person)
    for row in policies:
        if row["signed_at"] is None:
            yield DueThing(
                DueKind.SIGNATURE,
                f"{row['policy']}/{row['version']}",
                f"Sign {row['title'] or row['policy']}, version {row['version']}",
                now.day_of(row["due_at"]),
                (person,),
                address("policy", row["policy"]),
            )
    if trained is not None:
        words = "First training" if trained["is_first"] else "Yearly training"
        on = now.day_of(trained["due_at"])
        yield DueThing(DueKind.TRAINING, f"training/{on}", words, on, (person,), address("person", person))


def _policies(tables: Reading, now: Current) -> Iterator[DueThing]:
    for row in reviews_due(tables, now):
        title = f"Review the policy: {row['title'] or row['id']}"
        yield DueThing(DueKind.POLICY, row["id"], title, now.day_of(row["due_at"]), (), address("policy", row["id"]))


def _vendors(tables: Reading, now: Current) -> Iterator[DueThing]:
    """Give the day up to which reports and letters of each vendor reach, ends of contracts, and issues to put right."""
    names = {row["id"]: row["name"] or row["id"] for row in tables.rows(_VENDORS, timezone.now())}
    reports = [row for row in tables.rows("SELECT * FROM soc_report") if speaks(row)]
    letters = [row for row in tables.rows("SELECT * FROM bridge") if signed_by_management(row)]
    reach: dict[str, datetime] = {}
    for row in [*reports, *letters]:
        reach[row["vendor"]] = max(row["ends_before"], reach.get(row["vendor"], row["ends_before"]))
    for vendor, ends in sorted(reach.items()):
        if vendor in names:
            title = f"{names[vendor]}: no report or letter covers what comes after this day"
            yield _of_vendor(vendor, "cover", title, _last_day(now, ends))
    for row in tables.rows("SELECT * FROM vendor_contract WHERE valid_to IS NOT NULL ORDER BY id"):
        if row["vendor"] in names:
            title = f"{names[row['vendor']]}: contract {row['id']} ends"
            yield _of_vendor(row["vendor"], row["id"], title, _last_day(now, row["valid_to"]))
    for row in tables.rows("SELECT * FROM vendor_issue WHERE closed_at IS NULL AND due_at IS NOT NULL ORDER BY id"):
        title = f"{names.get(row['vendor'], row['vendor'])}: issue {row['id']} is to be put right"
        people = (row["owner"],) if row["owner"] else ()
        yield _of_vendor(row["vendor"], row["id"], title, now.day_of(row["due_at"]), people)


def _of_vendor(vendor: str, name: str, title: str, on: date, people: tuple[str, ...] = ()) -> DueThing:
    return DueThing(DueKind.VENDOR, f"{vendor}/{name}", title, on, people, address("vendor", vendor))


def _ends(tables: Reading, now: Current) -> Iterator[DueThing]:
    """Give the days on which duties of the roster and delegations end: one thing for each person and day."""
    found: dict[tuple[date, str], list[str]] = {}
    for row in tables.rows(_ENDS):
        where = {"*": " on every system", "": ""}.get(row["scope"], f" on {row['scope']}")
        found.setdefault((_last_day(now, row["valid_to"]), row["person"]), []).append(f"{row['duty']}{where}")
    for (on, person), duties in found.items():
        more = f" and {len(duties) - 1} more" if len(duties) > 1 else ""
        title = f"{now.people.get(person, person)}: {duties[0]}{more} ends"
        where = f"{reverse('roster')}?person={person}"
        yield DueThing(DueKind.ROSTER, f"{person}/{on}", title, on, (person,), where)


def _counted(tables: Reading, now: Current) -> Iterator[DueThing]:
    found: dict[tuple[str, str, date], int] = {}
    for row in tables.rows(_COUNTED):
        key = row["kind"], row["policy"], now.day_of(row["due_at"])
        found[key] = found.get(key, 0) + row["people"]
    for (kind, policy, on), people in sorted(found.items()):
        whose = "1 person" if people == 1 else f"{people:,} people"
        if kind == "training":
            yield DueThing(DueKind.TRAINING, f"all/{on}", f"Training of {whose}", on, (), reverse("training"))
        else:
            title = f"Signatures under {policy}: {whose}"
            yield DueThing(DueKind.SIGNATURE, f"all/{policy}/{on}", title, on, (), address("policy", policy))


def _last_day(now: Current, ends: datetime) -> date:
    """Return the last day before an exclusive end."""
    return now.day_of(ends - _TICK)
