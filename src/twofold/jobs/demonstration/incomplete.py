"""The variant with holes: the same company, but its exports do not prove that they are whole.

Each hole names a population whose test must stop, and the code of the completeness check that says so. No answer key is
written for this variant beyond `answer_key_stops.csv`: a test that stops has no outcomes.
"""

import orjson

from twofold.jobs.demonstration.export_folder import Export, ExportFolder

CAP = 1000
Stop = tuple[str, str, str]
"""Population, code of the check, why."""


def make_incomplete(folder: ExportFolder) -> tuple[Stop, ...]:
    """Punch every hole and return what must stop."""
    return (
        _count_disagrees(folder),
        _cut_at_cap(folder),
        _incident_missing(folder),
        _leaver_missing(folder),
        _page_without_incident(folder),
    )


def _count_disagrees(folder: ExportFolder) -> Stop:
    """GitHub said that there are seven deployments more than the file has."""
    export = folder.exports["github/deployments.json"]
    export.claimed = export.rows + 7
    return "change_item", "row_count", "GitHub counted seven deployments more than the file has."


def _cut_at_cap(folder: ExportFolder) -> Stop:
    """The System Log ends at exactly 1000 events, and nothing shows that it was the last page."""
    export = folder.exports["okta/system_log.json"]
    _replace(export, orjson.loads(export.body)[:CAP])
    export.claimed, export.page_size, export.paging_proven = CAP, CAP, None
    return "grant", "page_cap", "The System Log ends at exactly 1000 events without proof of the last page."


def _incident_missing(folder: ExportFolder) -> Stop:
    """One number is missing in the incidents' sequence; the pager, which names it, is adjusted by its own hole."""
    export = folder.exports["csvtable/incident.csv"]
    lines = export.body.decode().splitlines(keepends=True)
    del lines[12]
    export.body, export.rows = "".join(lines).encode(), export.rows - 1
    return "incident_opened", "id_gaps", "One number is missing among the incidents."


def _leaver_missing(folder: ExportFolder) -> Stop:
    """HR's roster lost the end of one engagement although Okta deactivated the account."""
    export = folder.exports["hr/roster.csv"]
    lines = export.body.decode().splitlines(keepends=True)
    index = next(number for number, line in enumerate(lines) if number and line.split(",")[6] and line.count("-1,"))
    cells = lines[index].rstrip("\n").split(",")
    cells[6:10] = ["", "", "", ""]
    lines[index] = ",".join(cells) + "\n"
    export.body = "".join(lines).encode()
    return "engagement_end", "reconciliation", "Okta switched somebody off whose engagement HR shows as running."


def _page_without_incident(folder: ExportFolder) -> Stop:
    """The pager raised something that no incident answers."""
    export = folder.exports["csvtable/pager_incident.csv"]
    export.body += b"PD-9001,pager,,2026-03-03T08:15:00Z\n"
    export.rows += 1
    return "incident_opened", "reconciliation", "The pager raised something that no incident answers."


def _replace(export: Export, rows: list[object]) -> None:
    export.body, export.rows = orjson.dumps(rows), len(rows)
