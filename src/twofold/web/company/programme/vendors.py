"""Vendors: who relies on them, what their reports cover of our time, duties left to us, reviews, contracts, issues."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from twofold.scope.stretches import Stretch
from twofold.web.company.programme.control_tests import control_tests_reading, items_about
from twofold.web.company.programme.cover import Cover, cover, signed_by_management, speaks
from twofold.web.company.programme.history import versions
from twofold.web.company.programme.reading import PAGE, Reading, Row, first_page, reading
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.workspace_access import Current, current

_OF_VENDOR = ("soc_report", "bridge", "vendor_review", "vendor_contract", "vendor_issue")
_OF_REPORT = ("report_exception", "cuec", "subservice")
_COMPANY = "company"
Needed = tuple[str, Stretch, frozenset[str]]
"""Title of a stretch to answer for, the stretch, and the systems that it is laid down for (empty = every one)."""
_LIST = """
SELECT v.id, max(v.name) AS name, string_agg(DISTINCT v.system, ', ' ORDER BY v.system) AS systems,
    max(v.tier) AS tier, max(v.no_report_reason) AS no_report_reason,
    bool_or(v.relied_to IS NULL OR v.relied_to > ?) AS relied_now,
    (SELECT string_agg(DISTINCT s.value, ', ' ORDER BY s.value) FROM vendor__services AS s WHERE s.id = v.id)
        AS services,
    (SELECT count(*) FROM cuec AS c JOIN soc_report AS r ON r.id = c.report WHERE r.vendor = v.id) AS duties,
    (SELECT count(*) FROM cuec AS c JOIN soc_report AS r ON r.id = c.report
        WHERE r.vendor = v.id AND c.own_control IS NULL AND c.not_needed_reason IS NULL) AS unmapped,
    (SELECT arg_max(struct_pack(reviewed_at := w.reviewed_at, reviewed_by := w.reviewed_by, conclusion := w.conclusion),
        w.reviewed_at) FROM vendor_review AS w WHERE w.vendor = v.id) AS review,
    (SELECT count(*) FROM vendor_issue AS i WHERE i.vendor = v.id AND i.closed_at IS NULL) AS issues
FROM vendor AS v
WHERE v.id > ? AND (? = '' OR contains(lower(concat_ws(' ', v.id, v.name)), lower(?))) AND (? = '' OR v.tier = ?)
GROUP BY v.id ORDER BY v.id
"""
_HAND = """
SELECT w.*, h.person AS hand FROM {table} AS w
LEFT JOIN person_account AS h ON h.account = w.reviewed_by
    AND (h.valid_from IS NULL OR h.valid_from <= w.reviewed_at) AND (h.valid_to IS NULL OR w.reviewed_at < h.valid_to)
WHERE w.vendor = ?
"""
"""Rows with a reviewer, and the person behind that account at the time."""


@require_safe
@needs("see_programme")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with a page of vendors by id, each with how far its reports and letters reach."""
    now, at = current(), timezone.now()
    asked = {name: request.GET.get(name, "").strip() for name in ("words", "tier", "after")}
    with reading(now) as tables:
        found = page_of_vendors(tables, now, asked, at)
        tiers = [row["tier"] for row in tables.rows("SELECT DISTINCT tier FROM vendor WHERE tier <> '' ORDER BY tier")]
    values = {
        **found,
        "asked": asked,
        "speaks": speaks,
        "tests": control_tests_reading(now, ("vendor",)),
        "tiers": tiers,
    }
    return page(request, "programme/vendors.html", values, at="vendors", title="Vendors")


def page_of_vendors(tables: Reading, now: Current, asked: dict[str, str], at: datetime) -> dict[str, Any]:
    """Return a page of vendors: `rows`, `after`, and by vendor `reports` and `covers`. asked: words, tier, after."""
    words, tier = asked["words"], asked["tier"]
    found = tables.rows(f"{_LIST} LIMIT {PAGE + 1}", at, asked["after"], words, words, tier, tier)
    rows, after = first_page(found, "id")
    ids = [row["id"] for row in rows]
    reports = _by_vendor(tables, "soc_report", ids, "ends_before DESC NULLS LAST")
    letters = _by_vendor(tables, "bridge", ids, "ends_before DESC")
    relied = _by_vendor(tables, "vendor", ids, "system, relied_from", column="id")
    needed = list(_needed(tables, now))
    covers = {each: covers_of(needed, now, relied[each], reports.get(each, []), letters.get(each, [])) for each in ids}
    return {"after": after, "covers": covers, "reports": reports, "rows": rows}


@require_safe
@needs("see_programme")
def show(request: HttpRequest, vendor_id: str) -> HttpResponse:
    """Answer with one vendor."""
    now, at = current(), timezone.now()
    with reading(now) as tables:
        told = details_of_vendor(tables, now, vendor_id)
    values: dict[str, Any] = {
        **told,
        "at": at,
        "bars": bars(told["covers"], told["reports"], told["letters"]),
        "signed_by_management": signed_by_management,
        "speaks": speaks,
        "vendor": told["relied"][-1],
    }
    found = items_about(now, "T-24", [f"{vendor_id}@"])
    values |= {"items": [found] if found else [], "tests": control_tests_reading(now, ("vendor", "soc_report"))}
    title = values["vendor"]["name"] or vendor_id
    return page(request, "programme/vendor.html", values, at="vendors", title=title)


def details_of_vendor(tables: Reading, now: Current, vendor_id: str) -> dict[str, Any]:
    """Return what is known of a vendor: reliance, reports, letters, cover, duties, reviews, contracts, issues, history.

    Raises Http404 for an unknown one.
    """
    relied = tables.rows("SELECT * FROM vendor WHERE id = ? ORDER BY system, relied_from", vendor_id)
    if not relied:
        raise Http404
    reports = tables.rows(f"{_HAND.format(table='soc_report')} ORDER BY w.ends_before DESC NULLS LAST", vendor_id)
    letters = tables.rows("SELECT * FROM bridge WHERE vendor = ? ORDER BY ends_before DESC", vendor_id)
    return {
        "contracts": _about(tables, "vendor_contract", vendor_id, "valid_from DESC"),
        "covers": covers_of(list(_needed(tables, now)), now, relied, reports, letters),
        "duties": _left_to_us(tables, "cuec", vendor_id),
        "exceptions": _left_to_us(tables, "report_exception", vendor_id),
        "history": _history(tables, vendor_id),
        "issues": _about(tables, "vendor_issue", vendor_id, "raised_at DESC"),
        "letters": letters,
        "lists": _lists(tables, vendor_id),
        "providers": _left_to_us(tables, "subservice", vendor_id),
        "relied": relied,
        "reports": reports,
        "reviews": tables.rows(f"{_HAND.format(table='vendor_review')} ORDER BY w.reviewed_at DESC", vendor_id),
    }


def covers_of(
    needed: Sequence[Needed], now: Current, relied: Sequence[Row], reports: Sequence[Row], letters: Sequence[Row]
) -> list[Cover]:
    """Return the cover of each stretch to answer for: those laid down for systems that rely on it, else our audits."""
    zone = now.workspace.settings.reporting_zone
    found: dict[tuple[datetime, datetime], Cover] = {}
    for title, stretch, systems in needed:
        for row in relied:
            part = stretch.common(Stretch.of(row["relied_from"], row["relied_to"]))
            if part is not None and (not systems or row["system"] in systems):
                found.setdefault((part.starts_at, part.ends_before), cover(title, part, reports, letters, zone))
    return [found[key] for key in sorted(found)]


def _needed(tables: Reading, now: Current) -> Iterator[Needed]:
    """Yield title, stretch and systems (empty = every one) of what is to be answered for."""
    laid = tables.rows("SELECT system, starts_at, ends_before FROM reliance_period ORDER BY starts_at")
    own = {row["system"] for row in laid} - {_COMPANY}
    engagements = now.scope.scope.engagements if now.scope else ()
    names = {(each.period.starts_at, each.period.ends_before): each.id for each in engagements}
    if not laid:
        for (starts, ends), name in names.items():
            yield name, Stretch(starts, ends), frozenset()
    every = {each["system"] for each in tables.rows("SELECT DISTINCT system FROM vendor")}
    for row in laid:
        stretch = Stretch(row["starts_at"], row["ends_before"])
        systems = frozenset(every - own) if row["system"] == _COMPANY else frozenset({row["system"]})
        title = names.get((row["starts_at"], row["ends_before"]), f"as laid down for {row['system']}")
        yield title, stretch, systems


def bars(covers: Sequence[Cover], reports: Sequence[Row], letters: Sequence[Row]) -> list[dict[str, object]]:
    """Return what is drawn on one time line: stretches, reports, letters and open gaps, in per mille of its width."""
    if not covers:
        return []
    starts, ends = min(each.first for each in covers), max(each.last for each in covers)
    whole = (ends - starts).total_seconds()

    def bar(kind: str, title: str, first: datetime, last: datetime) -> dict[str, object] | None:
        left, right = max(first, starts), min(last, ends)
        if left >= right:
            return None
        at, width = (left - starts).total_seconds() / whole, (right - left).total_seconds() / whole
        return {
            "kind": kind,
            "title": title,
            "first": first,
            "last": last,
            "x": round(1000 * at),
            "width": max(2, round(1000 * width)),
        }

    drawn = [bar("needed", each.title, each.first, each.last) for each in covers]
    drawn += [
        bar("told", f"report {each['id']}", each["starts_at"], each["ends_before"]) for each in reports if speaks(each)
    ]
    drawn += [
        bar(
            "letter" if signed_by_management(each) else "unsigned",
            f"letter {each['id']}",
            each["starts_at"],
            each["ends_before"],
        )
        for each in letters
    ]
    drawn += [
        bar("gap", "in no report", gap.first, gap.last) for each in covers for gap in each.gaps if not gap.bridged
    ]
    return [each for each in drawn if each is not None]


def _by_vendor(
    tables: Reading, table: str, ids: list[str], order: str, *, column: str = "vendor"
) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    query = f"SELECT * FROM {table} WHERE list_contains(?, {column}) ORDER BY {order}"  # noqa: S608  names of ours
    for row in tables.rows(query, ids):
        found.setdefault(row[column], []).append(row)
    return found


def _about(tables: Reading, table: str, vendor: str, order: str) -> list[Row]:
    return tables.rows(f"SELECT * FROM {table} WHERE vendor = ? ORDER BY {order}", vendor)  # noqa: S608  names of ours


def _left_to_us(tables: Reading, table: str, vendor: str) -> list[Row]:
    """Return exceptions, duties or providers of all reports of a vendor."""
    key = "provider" if table == "subservice" else "id"
    return tables.rows(
        f"""
        SELECT c.*, r.ends_before FROM {table} AS c JOIN soc_report AS r ON r.id = c.report
        WHERE r.vendor = ? ORDER BY r.ends_before DESC NULLS LAST, c.report, c.{key}
        """,  # noqa: S608  names of ours
        vendor,
    )


def _lists(tables: Reading, vendor: str) -> dict[str, list[str]]:
    """Return services and locations that we use, and products and locations in the scope of its reports."""
    asked = {
        "services": "SELECT DISTINCT value FROM vendor__services WHERE id = ? ORDER BY value",
        "locations": "SELECT DISTINCT value FROM vendor__locations WHERE id = ? ORDER BY value",
        "products": "SELECT DISTINCT p.value FROM soc_report__products AS p JOIN soc_report AS r ON r.id = p.id"
        " WHERE r.vendor = ? ORDER BY p.value",
    }
    return {name: [row["value"] for row in tables.rows(query, vendor)] for name, query in asked.items()}


def _history(tables: Reading, vendor: str) -> list[object]:
    own: dict[str, tuple[str, object]] = {"vendor": ("id = ?", vendor)}
    own |= dict.fromkeys(_OF_VENDOR, ("vendor = ?", vendor))
    reports = [row["id"] for row in tables.rows("SELECT id FROM soc_report WHERE vendor = ?", vendor)]
    own |= dict.fromkeys(_OF_REPORT, ("list_contains(?, report)", reports))
    return list(versions(tables, own))
