"""The variant with holes: the same company, but its exports do not prove that they are whole.

Each hole names the population whose test must stop, and the code of the check that says so.
"""

import orjson

from twofold.jobs.demonstration.export_folder import Export, ExportFolder

CAP = 1000


def make_incomplete(folder: ExportFolder) -> tuple[tuple[str, str], ...]:
    """Punch every hole and return (population, check code) for each."""
    return (
        _count_disagrees(folder),
        _cut_at_cap(folder),
        _incident_missing(folder),
        _leaver_missing(folder),
        _page_without_incident(folder),
    )


def _count_disagrees(folder: ExportFolder) -> tuple[str, str]:
    """GitHub said that there are seven deployments more than the file has."""
    export = folder.exports["github/deployments.json"]
    export.claimed = export.rows + 7
    return "change_item", "row_count"


def _cut_at_cap(folder: ExportFolder) -> tuple[str, str]:
    """The System Log ends at exactly 1000 events, and nothing shows that it was the last page."""
    export = folder.exports["okta/system_log.json"]
    _replace(export, orjson.loads(export.body)[:CAP])
    export.claimed, export.page_size, export.paging_proven = CAP, CAP, None
    return "grant", "page_cap"


def _incident_missing(folder: ExportFolder) -> tuple[str, str]:
    """One number is missing in the incidents' sequence; the pager, which names it, is adjusted by its own hole."""
    export = folder.exports["csvtable/incident.csv"]
    lines = export.body.decode().splitlines(keepends=True)
    del lines[12]
    export.body, export.rows = "".join(lines).encode(), export.rows - 1
    return "incident_opened", "id_gap"


def _leaver_missing(folder: ExportFolder) -> tuple[str, str]:
    """HR's roster lost the end of one engagement although Okta deactivated the account."""
    export = folder.exports["hr/roster.csv"]
    lines = export.body.decode().splitlines(keepends=True)
    index = next(number for number, line in enumerate(lines) if number and line.split(",")[6] and line.count("-1,"))
    cells = lines[index].rstrip("\n").split(",")
    cells[6:10] = ["", "", "", ""]
    lines[index] = ",".join(cells) + "\n"
    export.body = "".join(lines).encode()
    return "engagement_end", "reconciliation"


def _page_without_incident(folder: ExportFolder) -> tuple[str, str]:
    """The pager raised something that no incident answers."""
    export = folder.exports["csvtable/pager_incident.csv"]
    export.body += b"PD-9001,pager,,2026-03-03T08:15:00Z\n"
    export.rows += 1
    return "incident_opened", "reconciliation"


def _replace(export: Export, rows: list[object]) -> None:
    export.body, export.rows = orjson.dumps(rows), len(rows)
