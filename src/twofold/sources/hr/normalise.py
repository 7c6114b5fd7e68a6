"""HR files to canonical rows: who works here, from when to when, in which role."""

from twofold.sources.hr.bamboohr import report
from twofold.sources.hr.roster import job_history, roster
from twofold.tables.rows import Normaliser

KINDS: dict[str, Normaliser] = {"roster": roster, "job_history": job_history, "bamboohr_report": report}
FEEDS: dict[str, tuple[str, ...]] = {
    "roster": ("person", "engagement", "job"),
    "job_history": ("job",),
    "bamboohr_report": ("person", "engagement", "job"),
}
