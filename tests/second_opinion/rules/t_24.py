"""T-24 Vendors and SOC reports, from audit-domain T-24 and the rule's README.

Worlds lie around 2025, the year of the company; the stretch of a system of its own may end after the clock.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from twofold.controltests.rule import ParameterValue
from twofold.model.instant import Instant
from twofold.tables.rows import Value

from .hands import add_last_day
from .records import Record, Records, Span
from .steps import (
    BOT,
    EVER,
    LINKED,
    NEVER,
    SHARED_ACCOUNT,
    hand,
    has_gap,
    mandates,
    months_later,
    title_mandates,
    uncovered,
)
from .world import A_DAY, World

CONTROL_TEST = "T-24"
TICK = timedelta(microseconds=1)
OUTCOME_ONLY: frozenset[str] = frozenset()
Parameters = Mapping[str, ParameterValue]
PASS = "pass"  # noqa: S105  an outcome
ASKED_OF_REPORTS, ASKED_OF_TIERS = "ABCDEFKL", "HIJ"
NO_REPORT = "na:no_report"
UNFIT = (
    "exception:no_report",
    "exception:certificate",
    "exception:type_1",
    "exception:no_period",
    "exception:other_entity",
    "exception:service_not_in_scope",
    "exception:location_not_in_scope",
    "cannot_test:conflict",
    PASS,
)
"""What a report is worth for a module, from the worst to the best."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A reliance in one stretch, cut to it, with the moment of reliance."""

    vendor: Record
    start: datetime
    end: datetime
    relied_at: datetime

    @property
    def system(self) -> str:
        """The system that relies on the vendor."""
        return str(self.vendor["system"])


def outcomes(records: Records, clock: datetime, parameters: Parameters) -> dict[str, dict[str, str]]:
    """Return item -> letter -> reason code."""
    own = records.by("reliance_period", "system")
    found: dict[str, dict[str, str]] = {}
    for vendor in records["vendor"]:
        reliance = (vendor["relied_from"], vendor["relied_to"] or NEVER)
        periods = [
            row
            for row in own.get(vendor["system"]) or own.get("company", [])
            if row["starts_at"] < reliance[1] and reliance[0] < row["ends_before"]
        ]
        name = f"{vendor['id']}@{vendor['system']}"
        if not periods:
            found[f"{name}/{_day(reliance[0])}"] = _unscheduled(vendor)
        for (first_day, last_day), cut_so in _by_days(periods, reliance).items():
            item = f"{name}/{first_day}/{last_day}"
            start = max(min(row["starts_at"] for row in cut_so), reliance[0])
            end = min(max(row["ends_before"] for row in cut_so), reliance[1])
            stretch = Stretch(vendor, start, end, min(row["relied_at"] or row["ends_before"] for row in cut_so))
            if vendor["conflicted"] or any(row["conflicted"] for row in cut_so):
                found[item] = dict.fromkeys("ABCDEFGHIJKL", "cannot_test:conflict")
            else:
                found[item] = {
                    **_reports(records, stretch, clock, parameters),
                    "G": _tiered(vendor),
                    **_tier_work(records, stretch, clock, parameters),
                }
    return found


def _by_days(periods: Sequence[Record], reliance: tuple[datetime, datetime]) -> dict[tuple[date, date], list[Record]]:
    """Return the declared stretches by the first and last local day on which they meet the reliance."""
    found: dict[tuple[date, date], list[Record]] = {}
    for row in periods:
        end = min(row["ends_before"], reliance[1])
        days = _day(max(row["starts_at"], reliance[0])), (end - timedelta(hours=10, minutes=30)).date()
        found.setdefault(days, []).append(row)
    return found


def _day(moment: datetime) -> date:
    return (moment + timedelta(hours=13, minutes=30)).date()


def _tiered(vendor: Record) -> str:
    return PASS if vendor["tier"] else "exception:not_tiered"


def _unscheduled(vendor: Record) -> dict[str, str]:
    if vendor["conflicted"]:
        return dict.fromkeys("ABCDEFGHIJKL", "cannot_test:conflict")
    late = dict.fromkeys("AH", "exception:not_scheduled")
    return {**dict.fromkeys("BCDEFIJKL", "na:not_scheduled"), **late, "G": _tiered(vendor)}


# Reports on the vendor's controls: A to F, K, L.


def _reports(records: Records, stretch: Stretch, clock: datetime, parameters: Parameters) -> dict[str, str]:
    modules = [each.lower() for each in stretch.vendor["services"]]
    if stretch.vendor["no_report_reason"]:
        return dict.fromkeys(ASKED_OF_REPORTS, "na:no_report_asked")
    if not modules:
        return dict.fromkeys(ASKED_OF_REPORTS, "cannot_test:no_service_named")

    def soft(code: str, *tables: str) -> str:
        if code.startswith("exception") and stretch.relied_at > clock:
            return "cannot_test:pending"
        if code.startswith("exception") and _lacks(records, stretch, *tables):
            return "cannot_test:source_gap"
        return code

    seen = [row for row in records["soc_report"] if row["vendor"] == stretch.vendor["id"] and _reaches(row, stretch)]
    worth = {module: [(_worth(row, stretch.vendor, module), row) for row in seen] for module in modules}
    best = [max((UNFIT.index(each) for each, _ in rows), default=0) for rows in worth.values()]
    months = int(parameters["max_gap_months"])
    fit = {module: [row for each, row in rows if each == PASS] for module, rows in worth.items()}
    timely = {module: [row for row in rows if not _came_late(row, stretch)] for module, rows in fit.items()}
    if all(rows and not _too_long(_gaps(rows, stretch), months) for rows in timely.values()):
        fit = timely
    a = soft(UNFIT[min(best)], "soc_report")
    gaps = {module: _gaps(rows, stretch) for module, rows in fit.items()}
    b = PASS
    if any(_too_long(each, months) for each in gaps.values()):
        b = a if a.startswith("cannot_test") else soft("exception:gap_too_long", "soc_report")
    if b == PASS:
        c = soft(_bridged(records, stretch, sorted({gap for each in gaps.values() for gap in each})), "bridge")
    else:
        c = "na:not_covered"
    by_id = {row["id"]: row for rows in fit.values() for row in rows}
    read = list(by_id.values())
    if not read:
        return {"A": a, "B": b, "C": c, **dict.fromkeys("DEFKL", a if a.startswith("cannot_test") else NO_REPORT)}
    return {
        "A": a,
        "B": b,
        "C": c,
        "D": soft(_worst([_read(records, stretch, row, parameters) for row in read])),
        "E": soft(_duties(records, stretch, read)),
        "F": soft(_providers(records, stretch, read)),
        "K": soft(_kinds(fit, gaps, stretch), "soc_report"),
        "L": _worst([_rostered(records, stretch, row) for row in read]),
    }


def _reaches(row: Record, stretch: Stretch) -> bool:
    return (row["starts_at"] or EVER) < stretch.end and stretch.start < (row["ends_before"] or NEVER)


def _came_late(row: Record, stretch: Stretch) -> bool:
    return row["received_at"] is not None and row["received_at"][0] >= stretch.relied_at


def _lacks(records: Records, stretch: Stretch, *tables: str) -> bool:
    """Return whether what was there at the moment of reliance is not proven complete."""
    return has_gap(records, tables, stretch.system, stretch.start, stretch.end, data_end=stretch.relied_at)


def _worth(row: Record, vendor: Record, module: str) -> str:
    if row["conflicted"]:
        return "cannot_test:conflict"
    if row["kind"] not in {"soc1", "soc2"}:
        return "exception:certificate"
    if row["type"] != 2:
        return "exception:type_1"
    if row["starts_at"] is None or row["ends_before"] is None:
        return "exception:no_period"
    if vendor["entity"] and (row["entity"] or "").lower() != vendor["entity"].lower():
        return "exception:other_entity"
    if module not in {each.lower() for each in row["products"]}:
        return "exception:service_not_in_scope"
    if not {each.lower() for each in vendor["locations"]} <= {each.lower() for each in row["locations"]}:
        return "exception:location_not_in_scope"
    return PASS


def _gaps(rows: Sequence[Record], stretch: Stretch) -> list[tuple[datetime, datetime]]:
    """Return what the reports leave of the stretch, as local days laid on midnights."""
    days = [(_midnight(row["starts_at"]), _midnight(row["ends_before"])) for row in rows]
    return uncovered(_midnight(stretch.start), _midnight(stretch.end), days)


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(_day(moment), time())


def _too_long(gaps: Sequence[tuple[datetime, datetime]], months: int) -> bool:
    if not gaps:
        return False
    start = gaps[0][0]
    end = start + sum((after - before for before, after in gaps), timedelta())
    return end > months_later(start, months) and end + A_DAY > months_later(start + A_DAY, months)


def _letter_ends(row: Record) -> datetime:
    """Return until when a letter speaks, at most to the end of the day on which it was signed."""
    said = _midnight(row["ends_before"])
    return min(said, _midnight(row["signed_at"][1]) + A_DAY) if row["signed_at"] else said


def _bridged(records: Records, stretch: Stretch, gaps: Sequence[tuple[datetime, datetime]]) -> str:
    if not gaps:
        return "na:no_gap"
    letters = [row for row in records["bridge"] if row["vendor"] == stretch.vendor["id"] and _reaches(row, stretch)]
    clear = [row for row in letters if not row["conflicted"]]
    by_management = [row for row in clear if row["signed_by"] and row["signer_role"] == "management"]
    spoken = [(_midnight(row["starts_at"]), _letter_ends(row)) for row in by_management]
    if not any(uncovered(start, end, spoken) for start, end in gaps):
        return PASS
    if len(clear) < len(letters):
        return "cannot_test:conflict"
    if by_management:
        return "exception:bridge_too_short"
    if any(row["signed_by"] for row in clear):
        return "exception:bridge_not_by_management"
    return "exception:bridge_not_signed" if clear else "exception:no_bridge"


def _kinds(
    fit: Mapping[str, Sequence[Record]], gaps: Mapping[str, list[tuple[datetime, datetime]]], stretch: Stretch
) -> str:
    agreed = {
        module: [row for row in rows if row["kind"] == "soc1" or row["other_kind_agreed_by"]]
        for module, rows in fit.items()
    }
    if all(_gaps(rows, stretch) == gaps[module] for module, rows in agreed.items()):
        return PASS
    return "exception:other_kind_in_part" if any(agreed.values()) else "exception:other_kind"


def _worst(codes: Sequence[str]) -> str:
    """Return the worst code of several reports; that nobody is on a roster yet comes after all else that is open."""
    rank = ("exception", "cannot_test", "pass", "na")
    return min(codes, key=lambda code: (rank.index(code.partition(":")[0]), code.endswith("no_roster"), code))


def _read(records: Records, stretch: Stretch, row: Record, parameters: Parameters) -> str:
    return next(_read_faults(records, stretch, row, titles=bool(parameters["allow_role_title"])), PASS)


def _read_faults(records: Records, stretch: Stretch, row: Record, *, titles: bool) -> Iterator[str]:
    received, reviewed = row["received_at"], row["reviewed_at"]
    if _came_late(row, stretch):
        yield "exception:received_late"
    if reviewed is None:
        yield "exception:not_reviewed"
        return
    if reviewed[0] >= stretch.relied_at:
        yield "exception:reviewed_late"
    if received and reviewed[1] < received[0]:
        yield "exception:reviewed_before_receipt"
    if reviewed[1] < row["ends_before"]:
        yield "exception:reviewed_before_end"
    if not row["opinion"]:
        yield "exception:no_opinion"
    if row["opinion"] != "unqualified" and not row["opinion_judgement"]:
        yield "exception:opinion_not_judged"
    shown = [each for each in records["report_exception"] if each["report"] == row["id"]]
    if row["exceptions_listed"] is None and not shown:
        yield "exception:exceptions_not_counted"
    if any(not each["judgement"] and not each["conflicted"] for each in shown):
        yield "exception:exception_not_judged"
    reviewer = _reviewer(records, stretch, row, titles=titles)
    if reviewer.startswith("exception"):
        yield reviewer
    if (row["exceptions_listed"] or 0) > len(shown):
        gap = _lacks(records, stretch, "report_exception")
        yield "cannot_test:source_gap" if gap else "exception:exceptions_not_recorded"
    if any(each["conflicted"] for each in shown):
        yield "cannot_test:conflict"
    if reviewed[1] >= stretch.relied_at or reviewed[0] < row["ends_before"]:
        yield "cannot_test:time_order_unclear"
    if reviewer != PASS:
        yield reviewer


def _rostered(records: Records, stretch: Stretch, row: Record) -> str:
    if row["reviewed_at"] is None:
        return "na:not_reviewed"
    return _reviewer(records, stretch, row, titles=False)


def _reviewer(records: Records, stretch: Stretch, row: Record, *, titles: bool) -> str:
    """Return whether the reviewer was entitled at the time of the review, which is known."""
    if not row["reviewed_by"]:
        return "exception:no_reviewer"
    span: Span = row["reviewed_at"]
    who = hand(records, row["reviewed_by"], span[0])
    if who.state == SHARED_ACCOUNT:
        return "exception:shared_account"
    if who.state == BOT:
        return "exception:not_a_person"
    if who.state != LINKED:
        return "cannot_test:reviewer_unlinked"
    return _entitled(records, str(who.person), stretch.system, span, titles=titles)


def _entitled(records: Records, person: str, system: str, span: Span, *, titles: bool) -> str:
    scopes = {system, "*"}
    own = [
        each for each in mandates(records) if (each.person, each.duty) == (person, "vendor") and each.scope in scopes
    ]
    if any(each.surely(span) for each in own):
        return PASS
    if any(each.perhaps(span) for each in own):
        return "cannot_test:time_order_unclear"
    rosters = [row for row in records["roster"] if row["scope"] in scopes and row["duty"] == "vendor"]
    begins_at = min((row["valid_from"] or EVER for row in rosters), default=NEVER)
    if begins_at <= span[0]:
        return "exception:not_authorised"
    if not titles or not any(row["scope"] in scopes and row["duty"] == "vendor" for row in records["role_authority"]):
        return "cannot_test:no_roster"
    held = [
        each
        for each in title_mandates(records)
        if (each.person, each.duty) == (person, "vendor") and each.scope in scopes
    ]
    if not any(each.perhaps(span) for each in held):
        return "exception:not_authorised"
    surely = span[1] < begins_at and any(each.surely(span) for each in held)
    return PASS if surely else "cannot_test:time_order_unclear"


def _duties(records: Records, stretch: Stretch, reports: Sequence[Record]) -> str:
    def faults(report: Record) -> Iterator[str]:
        rows = [row for row in records["cuec"] if row["report"] == report["id"]]
        needed = [row for row in rows if not row["not_needed_reason"] and not row["conflicted"]]
        if report["cuecs_listed"] is None and not rows:
            yield "exception:duties_not_counted"
        if any(row["own_control"] and row["own_result"] == "not_effective" for row in needed):
            yield "exception:own_control_failed"
        if any(not row["own_control"] for row in needed):
            yield "exception:unowned"
        if (report["cuecs_listed"] or 0) > len(rows):
            gap = _lacks(records, stretch, "cuec")
            yield "cannot_test:source_gap" if gap else "exception:duties_not_recorded"
        if any(row["conflicted"] for row in rows):
            yield "cannot_test:conflict"
        if any(row["own_result"] is None for row in needed):
            yield "cannot_test:own_control_not_concluded"
        yield PASS if rows else "na:no_duties"

    return _worst([next(faults(report)) for report in reports])


def _providers(records: Records, stretch: Stretch, reports: Sequence[Record]) -> str:
    held = {
        row["id"]
        for row in records["vendor"]
        if row["relied_from"] < stretch.end and stretch.start < (row["relied_to"] or NEVER)
    }

    def faults(report: Record) -> Iterator[str]:
        rows = [row for row in records["subservice"] if row["report"] == report["id"]]
        carved = [row for row in rows if row["method"] != "inclusive"]
        open_rows = [row for row in carved if not row["justification"] and not row["conflicted"]]
        if report["subservices_listed"] is None and not rows:
            yield "exception:providers_not_counted"
        if any(row["followed_as"] and row["followed_as"] not in held for row in open_rows):
            yield "exception:followed_nowhere"
        if any(not row["followed_as"] for row in open_rows):
            yield "exception:not_followed"
        if (report["subservices_listed"] or 0) > len(rows):
            gap = _lacks(records, stretch, "subservice")
            yield "cannot_test:source_gap" if gap else "exception:providers_not_recorded"
        if any(row["conflicted"] for row in rows):
            yield "cannot_test:conflict"
        yield PASS if carved else "na:no_carve_out"

    return _worst([next(faults(report)) for report in reports])


# Reviews, contracts and issues: H to J.


def _tier_work(records: Records, stretch: Stretch, clock: datetime, parameters: Parameters) -> dict[str, str]:
    asked = {each.strip() for each in str(parameters["reviewed_tiers"]).split(",")}
    if stretch.vendor["tier"] and stretch.vendor["tier"].lower() not in asked:
        return dict.fromkeys(ASKED_OF_TIERS, "na:tier")
    return {
        "H": _reviewed(records, stretch, clock, int(parameters["review_months"])),
        "I": _contracted(records, stretch, clock),
        "J": _issues(records, stretch, clock),
    }


def _reviewed(records: Records, stretch: Stretch, clock: datetime, months: int) -> str:
    until = min(stretch.end, clock)
    reviews = []
    for row in records["vendor_review"]:
        first, last = row["reviewed_at"]
        reaches = first < until and stretch.start < months_later(last, months)
        if row["vendor"] == stretch.vendor["id"] and reaches and (row["conclusion"] or row["conflicted"]):
            reviews.append(row)
    if any(row["conflicted"] for row in reviews):
        return "cannot_test:conflict"
    named = [row for row in reviews if _has_name(records, row)]
    reviews = [row for row in reviews if row in named or row["conclusion"] == "rejected"]
    if reviews and max(reviews, key=lambda row: row["reviewed_at"])["conclusion"] == "rejected":
        return "exception:rejected"
    sure = [(row["reviewed_at"][1], months_later(row["reviewed_at"][0], months)) for row in named]
    wide = [(row["reviewed_at"][0], months_later(row["reviewed_at"][1], months)) for row in named]
    bare = uncovered(stretch.start, until, wide)
    if bare:
        since, first = months_later(stretch.start, -months), bare[0][0]
        if has_gap(records, ["vendor_review"], stretch.system, since, stretch.end, data_end=first + TICK):
            return "cannot_test:source_gap"
        return "exception:review_overdue" if reviews else "exception:never_reviewed"
    if uncovered(stretch.start, until, sure):
        return "cannot_test:time_order_unclear"
    return "cannot_test:pending" if stretch.end > clock else PASS


def _has_name(records: Records, review: Record) -> bool:
    """Say whether somebody is named for a review, who may be unlinked, but no robot and no shared account."""
    state = hand(records, review["reviewed_by"], review["reviewed_at"][0]).state
    return review["reviewed_by"] is not None and state not in {SHARED_ACCOUNT, BOT}


def _contracted(records: Records, stretch: Stretch, clock: datetime) -> str:
    until = min(stretch.end, clock)
    contracts = [
        row
        for row in records["vendor_contract"]
        if row["vendor"] == stretch.vendor["id"]
        and row["valid_from"] < stretch.end
        and stretch.start < (row["valid_to"] or NEVER)
    ]
    if any(row["conflicted"] for row in contracts):
        return "cannot_test:conflict"
    in_force = [(row["valid_from"], row["valid_to"] or NEVER, row["security_terms"]) for row in contracts]
    bare = uncovered(stretch.start, until, [(start, end) for start, end, terms in in_force if terms])
    if bare:
        if not uncovered(stretch.start, until, [(start, end) for start, end, _ in in_force]):
            return "exception:no_security_terms"
        first = bare[0][0]
        if has_gap(records, ["vendor_contract"], stretch.system, stretch.start, stretch.end, data_end=first + TICK):
            return "cannot_test:source_gap"
        return "exception:contract_gap" if contracts else "exception:no_contract"
    return "cannot_test:pending" if stretch.end > clock else PASS


def _issues(records: Records, stretch: Stretch, clock: datetime) -> str:
    issues = [
        row for row in records["vendor_issue"] if row["vendor"] == stretch.vendor["id"] and _was_open(row, stretch)
    ]
    clear = [row for row in issues if not row["conflicted"]]
    due = [row for row in clear if row["due_at"]]
    if wrong := [fault for row in clear if (fault := _issue_fault(row, clock))]:
        return f"exception:{min(wrong)}"
    if stretch.end > clock:
        return "cannot_test:pending"
    if len(clear) < len(issues):
        return "cannot_test:conflict"
    if any(_closed_before_raised(row) for row in clear):
        return "cannot_test:contradiction"
    if any(row["closed_at"] and row["closed_at"][1] > row["due_at"][1] for row in due):
        return "cannot_test:time_order_unclear"
    if has_gap(records, ["vendor_issue"], stretch.system, stretch.start, stretch.end):
        return "cannot_test:source_gap"
    return PASS if issues else "na:no_issues"


def _closed_before_raised(row: Record) -> bool:
    return bool(row["closed_at"] and row["closed_at"][1] < row["raised_at"][0])


def _was_open(row: Record, stretch: Stretch) -> bool:
    """Return whether an issue may have been open in the stretch, whichever of two times that do not fit is wrong."""
    times = [row["raised_at"], row["closed_at"] or (NEVER, NEVER)]
    if _closed_before_raised(row):
        times.reverse()
    return bool(times[0][0] < stretch.end and times[1][1] >= stretch.start)


def _issue_fault(row: Record, clock: datetime) -> str:
    if not row["owner"]:
        return "no_owner"
    if row["due_at"] is None:
        return "no_due_date"
    return "issue_overdue" if (row["closed_at"] or (clock,))[0] > row["due_at"][1] else ""


# Random worlds.


_YEAR, CLOCK = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC)
_REPORTS = (
    "soc_report",
    "bridge",
    "cuec",
    "subservice",
    "report_exception",
    "vendor_review",
    "vendor_contract",
    "vendor_issue",
)


def shared(world: World) -> None:
    """The stretch of the company, for every system without one of its own."""
    world.add(
        "reliance_period",
        system="company",
        starts_at=_YEAR,
        ends_before=_day_of(12),
        relied_at=world.pick((None, _day_of(14), _day_of(16))),
    )


def parameters(world: World) -> Parameters:
    """Every parameter at its default or at another value."""
    return {
        "max_gap_months": world.pick((0, 1, 3, 3)),
        "review_months": world.pick((6, 12, 12)),
        "reviewed_tiers": world.pick(("critical", "critical, high", "high")),
        "allow_role_title": world.chance(70),
    }


def _day_of(month: int, day: int = 0, hours: int = 0) -> datetime:
    return _YEAR.replace(year=2025 + month // 12, month=month % 12 + 1) + timedelta(days=day, hours=hours)


def _limit(world: World, low: int, high: int) -> datetime:
    """Return a limit: the midnight of some zone at the start of a month, or some days off."""
    off = world.pick((0, 0, 0, 0, -1, 1, world.number_in(-3, 3)))
    return _day_of(world.number_in(low, high), off, world.pick((0, 0, 0, -1, 5, 12)))


def populate(world: World) -> None:
    """One or two vendors of a system, their reports and letters, who read them, reviews, contracts and issues."""
    system, turn = world.key("pay"), _day_of(world.number_in(11, 13), world.number_in(0, 3), 12)
    if world.chance(60):
        periods = (
            [world.pick(((0, 12), (0, 12), (0, 6), (6, 18), (3, 15)))]
            if world.chance(90)
            else world.pick(([(0, 6), (6, 18)], [(0, 12), (3, 12)], [(0, 12), (3, 15)]))
        )
        zone = timedelta(hours=world.pick((0, 0, -1, 5)))
        for start, end in periods:
            _period(world, system, start, end, zone, turn)
    accounts = _people(world, system, turn)
    vendors = [world.key("vendor"), world.key("other")][: world.number_in(1, 2)]
    for vendor in vendors:
        on = system if world.chance(85) else "company"
        if world.chance(75):
            _relied_on(world, vendor, on, _day_of(world.pick((-5, -5, 2))), world.pick((None, None, None, _day_of(10))))
        elif world.chance(70):
            _relied_on(world, vendor, on, _limit(world, -5, 18), world.maybe(20, _limit(world, 19, 22)))
        else:
            changed = _limit(world, -2, 6)
            _relied_on(world, vendor, on, _day_of(-5), changed)
            _relied_on(world, vendor, on, world.pick((changed, _limit(world, 7, 10))), None)
        for _ in range(world.pick((0, 1, 1, 1, 2, 3))):
            _report(world, vendor, accounts, turn)
        for _ in range(world.pick((0, 1, 1, 2))):
            _letter(world, vendor)
        _other_work(world, vendor, accounts)
    for table in world.some(_REPORTS, percent=10):
        world.add(
            "source_gap",
            table_name=table,
            system=system,
            starts_at=world.maybe(50, _limit(world, -14, 14)),
            ends_before=world.maybe(50, _limit(world, -14, 14)),
            reason="not_extracted",
        )
    title = world.key("vendor manager")
    add_last_day(world, "soc_report", "reviewed_by", "reviewed_at", scope=system, duty="vendor", role=title)


def _relied_on(world: World, vendor: str, system: str, start: datetime, end: datetime | None) -> None:
    def cells() -> Mapping[str, Value]:
        return {
            "tier": world.pick(("critical", "Critical", "high", "low", None)),
            "relied_to": end,
            "entity": world.maybe(30, "Pay Ltd"),
            "services": world.pick((["payroll"], ["payroll"], ["Payroll", "time"], None)),
            "locations": world.pick((None, None, ["dublin"], ["dublin", "oslo"])),
            "no_report_reason": world.maybe(5, "nothing of ours is there"),
        }

    for _ in range(2 if world.chance(4) else 1):
        world.add("vendor", id=vendor, system=system, relied_from=start, **cells())


def _period(world: World, system: str, start: int, end: int, zone: timedelta, turn: datetime) -> None:
    relied = world.pick((None, turn, _day_of(end + 1, world.number_in(-2, 2)), _day_of(end + 2), _day_of(end + 2)))
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "reliance_period",
            system=system,
            starts_at=_day_of(start) + zone,
            ends_before=_day_of(end) + zone,
            relied_at=relied,
        )
        relied = _day_of(15)


def _people(world: World, system: str, turn: datetime) -> list[str]:
    accounts = [world.key(f"okta:{name}") for name in ("ana", "ben", "cat")]
    persons = [world.key("p1"), world.key("p2")]
    for account, kind in zip(accounts, (None, None, world.pick(("shared", "bot"))), strict=True):
        world.add("account", id=account, system="okta", kind=kind)
        if world.chance(93 if kind is None else 30):
            world.add(
                "account_link",
                account=account,
                person=world.pick(persons),
                valid_from=world.maybe(10, _limit(world, 8, 15)),
            )
    for person in persons:
        if world.chance(30):
            ended = world.maybe(30, world.instant(_limit(world, 8, 15)))
            world.add(
                "engagement",
                id=world.id("e"),
                person=person,
                type="employee",
                started_at=world.instant(_day_of(-12)),
                effective_end=ended,
            )
        for _ in range(2 if world.chance(8) else 1):
            world.add(
                "job",
                person=person,
                role=world.pick((world.key("vendor manager"), "clerk")),
                valid_from=world.pick((None, None, _limit(world, 9, 15), turn)),
                valid_to=world.maybe(20, world.pick((turn, _limit(world, 9, 15)))),
            )
    for person in world.some(persons, percent=45):
        world.add(
            "roster",
            scope=world.pick((system, system, system, "elsewhere")),
            duty=world.pick(("vendor", "vendor", "vendor", "vendor", "release")),
            person=person,
            valid_from=world.pick((None, _day_of(-20), _limit(world, 10, 13), turn)),
            valid_to=world.maybe(20, world.pick((turn, _limit(world, 9, 15)))),
        )
    if world.chance(10):
        world.add(
            "delegation",
            from_person=persons[0],
            to_person=persons[1],
            duty=world.maybe(50, "vendor"),
            valid_from=_limit(world, 8, 14),
            recorded_at=world.instant(_limit(world, 8, 14)),
        )
    for scope in world.some((system, world.key("elsewhere")), percent=45):
        world.add(
            "role_authority",
            scope=scope,
            duty=world.pick(("vendor", "vendor", "release")),
            role=world.key("vendor manager"),
        )
    return accounts


def _report(world: World, vendor: str, accounts: Sequence[str], turn: datetime) -> None:
    report, start = world.id("report"), _limit(world, -1, 6) if world.chance(40) else _day_of(world.pick((0, 0, 3, 6)))
    end = world.pick((_day_of(12), _day_of(12), _day_of(9), max(_limit(world, 5, 13), start + 20 * A_DAY)))
    listed = {name: world.pick((0, 0, 0, 1, 1, 1, 2, None)) for name in ("report_exception", "cuec", "subservice")}
    received = world.moment(first_day=-60, last_day=50) if world.chance(30) else _limit(world, 10, 13)
    received = max(received, end) if world.chance(50) else received
    reviewed = world.pick((world.near(received), received + world.number_in(0, 12) * A_DAY, world.near(turn, days=1)))
    for _ in range(2 if world.chance(4) else 1):
        world.add(
            "soc_report",
            id=report,
            vendor=vendor,
            entity=world.pick(("pay ltd", "Pay Ltd", "Pay Ltd", "Pay Ltd", None, "Pay Inc")),
            kind=world.pick(("soc1", "soc1", "soc1", "soc2", "soc2", "iso27001")),
            type=world.pick((2, 2, 2, 2, 2, 2, 2, 1, None)),
            products=world.pick(
                (
                    ["payroll", "Time"],
                    ["payroll", "time"],
                    ["payroll", "time"],
                    ["Payroll"],
                    ["Payroll"],
                    ["time"],
                    None,
                )
            ),
            locations=world.pick((None, ["Dublin", "oslo"], ["Dublin", "oslo"], ["dublin", "Oslo"], ["dublin"])),
            starts_at=world.maybe(95, start),
            ends_before=world.maybe(95, end),
            opinion=world.pick(("unqualified", *["unqualified"] * 9, "qualified", None)),
            opinion_judgement=world.maybe(40, "no effect"),
            received_at=world.maybe(90, world.instant(received)),
            reviewed_at=world.maybe(92, world.instant(reviewed, coarse=25)),
            reviewed_by=world.pick(
                [*accounts[:2], *accounts[:2], *accounts[:2], *accounts, *accounts, None, world.key("okta:nobody")]
            ),
            exceptions_listed=listed["report_exception"],
            cuecs_listed=listed["cuec"],
            subservices_listed=listed["subservice"],
            other_kind_agreed_by=world.maybe(25, "auditor"),
        )
    for _ in range(_recorded(world, listed["report_exception"])):
        _twice(
            world,
            "report_exception",
            lambda: {"judgement": world.maybe(90, "no effect")},
            report=report,
            id=world.id("x"),
        )
    for _ in range(_recorded(world, listed["cuec"])):
        _twice(world, "cuec", lambda: _duty(world), report=report, id=world.id("c"))
    for _ in range(_recorded(world, listed["subservice"])):
        _twice(world, "subservice", lambda: _provider(world), report=report, provider=world.id("provider"))


def _recorded(world: World, listed: int | None) -> int:
    return (listed or 0) if world.chance(85) else world.number_in(0, 1)


def _twice(world: World, table: str, cells: Callable[[], Mapping[str, Value]], **key: str) -> None:
    """Add a row, seldom twice with cells of its own each time."""
    for _ in range(2 if world.chance(4) else 1):
        world.add(table, **key, **cells())


def _duty(world: World) -> Mapping[str, Value]:
    return {
        "own_control": world.maybe(90, "AC-03"),
        "own_result": world.pick(
            ("effective", "effective", "effective", "effective", "effective", "not_effective", None)
        ),
        "not_needed_reason": world.maybe(10, "not used"),
    }


def _provider(world: World) -> Mapping[str, Value]:
    return {
        "method": world.pick(("carve_out", "carve_out", "inclusive")),
        "followed_as": world.pick(
            (world.key("vendor"), world.key("vendor"), world.key("other"), world.key("nobody"), None)
        ),
        "justification": world.maybe(20, "holds nothing of ours"),
    }


def _letter(world: World, vendor: str) -> None:
    end = world.pick((_day_of(12), _day_of(12), _limit(world, 8, 13)))
    key, signed = world.id("letter"), world.maybe(50, world.instant(world.near(end, days=3), coarse=30))
    start = world.pick((_day_of(9), _day_of(6), _day_of(0), _limit(world, 0, 12)))
    _twice(
        world,
        "bridge",
        lambda: {
            "vendor": vendor,
            "starts_at": start,
            "ends_before": end,
            "signed_by": world.maybe(85, "J. Roe"),
            "signer_role": world.pick(("management", "management", "management", "auditor", None)),
            "signed_at": signed,
        },
        id=key,
    )


def _other_work(world: World, vendor: str, accounts: Sequence[str]) -> None:
    reviewed = _day_of(world.pick((-1, -3, 0)), world.number_in(-3, 3))
    for _ in range(world.number_in(0, 3)):
        if reviewed < CLOCK:
            cells = partial(_review, world, vendor, world.instant(reviewed), accounts)
            _twice(world, "vendor_review", cells, id=world.id("review"))
        reviewed = world.near(months_later(reviewed, world.pick((3, 6, 12))), days=2)
    start = _day_of(-6)
    for _ in range(world.pick((0, 1, 1, 2, 2))):
        end = world.pick((None, _limit(world, 3, 13), _limit(world, -2, 3)))
        terms, key = world.pick((True, True, True, True, False, None)), world.id("contract")
        for _ in range(2 if world.chance(4) else 1):
            world.add("vendor_contract", id=key, vendor=vendor, valid_from=start, valid_to=end, security_terms=terms)
            terms = None
        start = world.pick((end or _day_of(0), _limit(world, 0, 16)))
    for _ in range(world.pick((0, 0, 1, 1, 2))):
        _twice(world, "vendor_issue", partial(_issue, world, vendor, _limit(world, -3, 13)), id=world.id("issue"))


def _review(world: World, vendor: str, at: Instant, accounts: Sequence[str]) -> Mapping[str, Value]:
    conclusion = world.pick(("approved", "approved", "approved", "approved_with_conditions", "rejected", None))
    named = world.pick([*accounts[:2], *accounts[:2], *accounts, None, world.key("okta:nobody")])
    return {"vendor": vendor, "reviewed_at": at, "reviewed_by": named, "conclusion": conclusion}


def _issue(world: World, vendor: str, raised: datetime) -> Mapping[str, Value]:
    due = raised + world.pick((29, 30, 30)) * A_DAY
    closings = [due, world.near(due), raised + 3 * A_DAY]
    if world.chance(15):
        closings = [raised - A_DAY, raised - TICK, _limit(world, -6, 13)]
    return {
        "vendor": vendor,
        "raised_at": world.instant(raised),
        "owner": world.maybe(92, "p1"),
        "due_at": world.maybe(92, world.instant(world.pick((due, due, due, _day_of(17))))),
        "closed_at": world.maybe(75, world.instant(world.pick(closings))),
    }
