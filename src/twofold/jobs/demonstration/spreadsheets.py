"""A spreadsheet of finance, used for a booking each quarter (T-33)."""

from datetime import date, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.key_reports import CONTROL, FILE
from twofold.jobs.demonstration.timeline import local
from twofold.jobs.demonstration.world import Row, TableExport, World

_USED_ON = (
    *(date(2025, 10, 6), date(2026, 1, 7), date(2026, 4, 7)),
    *(date(2026, 7, 7), date(2026, 9, 8)),
)
_OFF_BY_A_CENT, _REWRITTEN = date(2026, 4, 7), date(2026, 9, 8)


def use_spreadsheets(world: World) -> None:
    """Export the file, its versions, reviews and uses; one total differs, one version was used against its review."""
    accountant, controller = world.staff.in_role("Revenue Accountant")[0], world.staff.by_id("p-0004")
    file: Row = {"id": FILE, "system": "erp", "owner": accountant.id, "complexity": 5}
    versions: list[Row] = [
        {
            "file": FILE,
            "content_hash": f"content-{day:%Y%m}",
            "saved_at": local(day, "08:00"),
            "saved_by": f"okta:{accountant.okta}",
            "formula_hash": "formulas-4" if day == _REWRITTEN else "formulas-3",
        }
        for day in (date(2025, 9, 10), *_USED_ON)
    ]
    reviews: list[Row] = [
        {
            "file": FILE,
            "content_hash": version["content_hash"],
            "reviewed_at": version["saved_at"] + timedelta(hours=2),
            "reviewer": f"okta:{controller.okta}",
            "result": result,
        }
        for version, result in ((versions[0], "ok"), (versions[-1], "not_ok"))
    ]
    uses: list[Row] = [
        {
            "id": f"use-{day:%Y%m}",
            "file": FILE,
            "system": "erp",
            "used_at": local(day, "11:00"),
            "control": CONTROL,
            "content_hash": f"content-{day:%Y%m}",
        }
        for day in _USED_ON
    ]
    totals: list[Row] = [
        {
            "use": f"use-{day:%Y%m}",
            "name": "deferred revenue",
            "file_total": 81_500_000 + day.month + (day == _OFF_BY_A_CENT),
            "source_total": 81_500_000 + day.month,
        }
        for day in _USED_ON
    ]
    world.tables += [
        TableExport("euc_file", [file], "Inventory of key files"),
        TableExport("euc_version", versions, "File store, versions"),
        TableExport("euc_review", reviews, "Reviews of key files"),
        TableExport("euc_use", uses, "Journal entries that rest on files"),
        TableExport("euc_tie_out", totals, "Journal entries, totals compared"),
    ]
    for day, letter, reason, why in (
        (_OFF_BY_A_CENT, "D", "totals_differ", "The total of the file differs from its source by a cent."),
        (_REWRITTEN, "B", "review_not_ok", "The formulas were new, the review found fault, and the file was used."),
    ):
        item = KeyItem("T-33", f"use-{day:%Y%m}", ("erp",), local(day, "11:00"))
        world.key.plant(item, {letter: reason}, why, lenses=("sox",))
