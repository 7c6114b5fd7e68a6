"""Companies without any anti-pattern, as a generator: many seeds and shapes. What is found is a false positive.

They are made to tempt: rosters of each quarter that are nine tenths the same or wholly, exports without a row, two
reports of one source that are equal, bulk approvals with human pauses, failed tries that a few exceptions belong to,
short but honest reasons, people who leave and are replaced, systems that come into the scope within a period.
"""

import random  # noqa: TID251  companies are drawn from named seeds
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from twofold.readiness.anti_patterns.facts import (
    SOC2,
    SOX,
    AssignmentFact,
    CaptureFact,
    ControlFact,
    EngagementFact,
    Facts,
    LabelFact,
    MomentsFact,
    RunFact,
    SaidFact,
    ScheduleFact,
    ScopeFact,
    TwoRolesFact,
)
from twofold.readiness.near_duplicates.contents import FileText, read_text

BOTH = frozenset({SOC2, SOX})
CONTROLS = ("AC-01", "AC-03", "AC-05", "CM-01", "CM-03", "OP-02", "OP-04", "OP-05")
REASONS = (
    "Looked at all twelve exceptions with the owner; each has a ticket",
    "None of the accounts could write in the time",
    "Test restore of the ledger by Ana, rows compared with the source",
    "OK after the second run, see INC-204 for the cause",
    "The approver was on leave; Bo had the delegation of 3 May",
    "Done by the vendor on 12 June, their report is ev-31",
    "Same right as before, needed for the month end",
    "Pending invoices are not in this table by design",
    "Fixed with release 4.2, and the check refuses it now",
    "Duplicate of the alert of the day before",
)


def clean_company(seed: int) -> Facts:
    """Make one company."""
    chance = random.Random(seed)  # noqa: S311  no secret
    start = datetime(2025, chance.randint(1, 12), 1, tzinfo=UTC)
    soc2 = EngagementFact("soc2", SOC2, start, start + timedelta(days=chance.choice((91, 182, 365))))
    sox_start = start - timedelta(days=30 * chance.randint(0, 5))
    sox = EngagementFact("sox", SOX, sox_start, sox_start + timedelta(days=365))
    engagements = (soc2, sox) if chance.random() < 0.8 else (soc2,)
    first = min(each.starts_at for each in engagements)
    last = max(each.ends_before for each in engagements)
    labels = _labels(chance, first, with_sox=len(engagements) > 1)
    return Facts(
        labels=labels,
        engagements=engagements,
        controls=_controls(chance, first, frozenset(each.lens for each in engagements)),
        schedules=[ScheduleFact(each.system, "access_review", "quarterly") for each in labels if each.lens == SOC2],
        finance_rosters=frozenset({"*"}) if len(engagements) > 1 else frozenset(),
        people_ended={"p-9": last - timedelta(days=chance.randint(1, 60))},
        scopes=_scopes(chance, engagements, labels, first),
        captures=_captures(chance, first, last),
        said=[SaidFact(f"entry: {n}", "reason", chance.choice(REASONS)) for n in range(chance.randint(1, 60))],
        two_roles=_two_roles(chance, last),
        conclusions=chance.randint(1, 80),
        moments=_moments(chance),
        runs=_runs(chance),
        request_lists=chance.choice((0, 2)),
        people=_people(),
    )


def _people() -> dict[str, str]:
    known = {f"p-{n}": f"p-{n}" for n in range(40)}
    known |= {f"okta:u{n}": f"p-{n}" for n in range(40)}
    return known | {f"u{n}@acme.example": f"p-{n}" for n in range(40)}


def _labels(chance: random.Random, first: datetime, *, with_sox: bool) -> list[LabelFact]:
    labels = []
    for n in range(chance.randint(2, 12)):
        starts = chance.choice((None, first - timedelta(days=chance.randint(0, 400))))
        labels.append(LabelFact(f"s{n}", SOC2, starts, None, f"It carries part {n} of the service"))
        if with_sox and (n == 0 or chance.random() < 0.5):
            relied = frozenset(f"report {x}" for x in range(chance.randint(1, 4)))
            labels.append(LabelFact(f"s{n}", SOX, starts, None, f"Invoices of part {n} are computed in it", relied))
    return labels


def _controls(chance: random.Random, first: datetime, lenses: frozenset[str]) -> list[ControlFact]:
    found = []
    for control in CONTROLS:
        if chance.random() < 0.3:
            middle = first + timedelta(days=chance.randint(20, 80))
            owners: tuple[AssignmentFact, ...] = (
                AssignmentFact(control, "p-9", (), None, middle),
                AssignmentFact(control, "p-3", (), middle, None),
            )
        else:
            since = chance.choice((None, first - timedelta(days=1)))
            owners = (AssignmentFact(control, f"p-{chance.randint(1, 8)}", (), since, None),)
        found.append(ControlFact(control, control, lenses, owners))
    return found


def _scopes(
    chance: random.Random, engagements: tuple[EngagementFact, ...], labels: list[LabelFact], first: datetime
) -> list[ScopeFact]:
    """Apply the scope before the period, again for changes; a system that comes late has a label that begins late."""
    ids = frozenset(each.engagement_id for each in engagements)
    known = frozenset((each.system, each.lens, each.starts_at) for each in labels)
    scopes = [
        ScopeFact(7, first - timedelta(days=chance.randint(0, 60)), "First scope", ids, known, frozenset(CONTROLS))
    ]
    shortest = min(each.ends_before - each.starts_at for each in engagements)
    for n, share in enumerate(sorted(chance.uniform(0.0, 0.85) for _ in range(chance.randint(0, 4)))):
        at = first + shortest * share
        known |= {(f"late{n}", SOC2, at + timedelta(days=chance.randint(0, 5)))}
        scopes.append(ScopeFact(20 + n, at, f"System late{n} goes live", ids, known, frozenset(CONTROLS)))
    # The last month brings people and rosters only, or a system that the next period will hold.
    end = max(each.ends_before for each in engagements)
    known |= {("next", SOC2, end + timedelta(days=1))}
    scopes.append(ScopeFact(90, end - timedelta(days=3), "Roster of July", ids, known, frozenset(CONTROLS)))
    return scopes


def _captures(chance: random.Random, first: datetime, last: datetime) -> list[CaptureFact]:
    """Give exports of each quarter: a roster that hardly changes, events, and an export without a row."""
    found: list[CaptureFact] = []
    people = [f"p-{n},Person {n},engineer,2019-03-{n % 28 + 1:02}" for n in range(chance.randint(30, 120))]
    quarter = first
    while quarter < last:
        ends = min(quarter + timedelta(days=92), last)
        asked = ends + timedelta(days=chance.randint(1, 6))
        if chance.random() < 0.9:
            people = [*people[chance.randint(0, 3) :], f"p-{quarter:%j}-{len(people)},New,analyst,{quarter:%Y-%m-%d}"]
        days = [quarter + (ends - quarter) * chance.random() for _ in range(chance.randint(0, 80))]
        events = [f"e-{day:%Y%m%d%H%M%S},grant,okta:u{chance.randint(0, 39)},{day.isoformat()}" for day in days]
        name = f"{quarter:%Y-%m}"
        found += [
            _capture(found, f"{name}/roster.csv", "hr", "roster", people, (quarter, ends), asked),
            _capture(found, f"{name}/grants.csv", "okta", "grants", events, (quarter, ends), asked, events=True),
            _capture(found, f"{name}/bypass.csv", "github", "bypass", [], (quarter, ends), asked, events=True),
        ]
        launch = [f"{name},{n},okta:u{n}" for n in range(chance.randint(6, 60))]
        for report in ("scope", "access_at_launch"):
            found.append(_capture(found, f"{name}/{report}.csv", "okta", report, launch, (quarter, ends), asked))
        quarter = ends
    return found


def _capture(  # noqa: PLR0913  what is known about a file
    so_far: list[CaptureFact],
    name: str,
    source: str,
    kind: str,
    lines: list[str],
    period: tuple[datetime, datetime],
    asked: datetime,
    *,
    events: bool = False,
) -> CaptureFact:
    content = "\n".join(["a,b,c,d", *lines]).encode()
    text: FileText | None = read_text(content)
    evidence = f"ev-{len(so_far) + 1}"
    return CaptureFact(
        evidence,
        name,
        sha256(content).hexdigest(),
        source,
        kind,
        asked,
        *period,
        "file",
        in_force=True,
        holds_events=events,
        text=text,
    )


def _two_roles(chance: random.Random, at: datetime) -> list[TwoRolesFact]:
    found = []
    for n in range(chance.randint(1, 40)):
        one, other = chance.sample(range(40), 2)
        names = chance.choice(((f"p-{one}", f"okta:u{other}"), (f"okta:u{one}", f"u{other}@acme.example")))
        found.append(TwoRolesFact(f"entry: {n}", "sign-off of AC-03", "preparer", names[0], "reviewer", names[1], at))
    # Two accounts that nobody has linked are two names, not one person.
    return [*found, TwoRolesFact("entry: 99", "restore test", "operator", "ops:a", "signer", "ops:b", at)]


def _moments(chance: random.Random) -> list[MomentsFact]:
    """Give series of acts as people make them: pauses from seconds to days, some approved in runs, a few rounded."""
    found = []
    for n in range(chance.randint(1, 20)):
        at, times = 0.0, []
        lengths = [chance.randint(60, 90_000) for _ in range(chance.randint(0, 50))]
        for _ in range(chance.randint(1, 120)):
            at += chance.expovariate(1 / chance.choice((4, 40, 4_000, 90_000)))
            times.append(round(at))
        if chance.random() < 0.3:
            times += [round(at) + 3_600] * chance.randint(1, 6)  # a few filed together
        shared = max(times.count(each) for each in times)
        quarters = sum(each % 900 == 0 for each in times)
        same = max((lengths.count(each) for each in lengths), default=0)
        span = float(max(times) - min(times))
        found.append(
            MomentsFact("approvals", "approval", f"p-{n}", len(times), shared, quarters, span, same, len(lengths))
        )
    return found


def _runs(chance: random.Random) -> list[RunFact]:
    """Give runs in which failed tries are retried; now and then one of them is released all the same."""
    found = []
    for n in range(chance.randint(1, 12)):
        items = chance.choice((3, 40, 400, 4_000))
        failed = sum(chance.random() < 0.03 for _ in range(items))
        exceptions = sum(chance.random() < 0.08 for _ in range(failed)) + sum(
            chance.random() < 0.001 for _ in range(items)
        )
        found.append(RunFact(f"T-{n:02}", f"run-{n}", items, exceptions, failed, items, "check_run"))
    return found
