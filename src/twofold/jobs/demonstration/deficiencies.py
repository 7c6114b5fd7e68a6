"""What relies on the financial systems, how it was tested, and what two people judged of the SOX deficiencies.

No control test reads it. One interface failed and one checklist was not tested to the end of the year, so that some
classes are decided, others wait for a judgement, and others for a test.
"""

from collections.abc import Iterator
from datetime import date

from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.timeline import PERIOD_DAYS, iso, local
from twofold.jobs.demonstration.world import Row

_ENGAGEMENT = "sox-fy2026"
_FINANCE, _CONTROLLER, _ACCOUNTANT = "p-0002", "p-0004", "p-0008"
_FIRST, _LAST = PERIOD_DAYS["sox"]
_ROLLED_TO = date(2026, 6, 30)
_FAILED_FROM = date(2026, 7, 1)
_REGISTER = (
    ("RPT-1", "key_report", "Revenue report", "billing", "Revenue", "completeness"),
    ("AUT-1", "automated_control", "Invoice completeness", "billing", "Revenue", "completeness"),
    ("INT-1", "interface", "Journal interface", "ledger", "Revenue", "accuracy"),
    ("MAN-1", "it_dependent_manual_control", "Cash reconciliation", "payments", "Cash", "existence"),
    ("RPT-2", "key_report", "Deferred revenue report", "analytics", "Deferred revenue", "valuation"),
    ("AUT-2", "automated_control", "General ledger", "erp", "All accounts", "presentation"),
    ("MAN-2", "it_dependent_manual_control", "Close checklist", "erp", "All accounts", "cut-off"),
    ("MAN-3", "it_dependent_manual_control", "Entity-level controls", "company", "All accounts", "presentation"),
    ("CMP-1", "compensating_control", "Monthly review of margins", "billing", "Revenue", "accuracy"),
)
"""Id, kind, name as in the labels of the systems, system, account, assertion."""
_OTHER_TESTS = (
    ("INT-1", _FIRST, _ROLLED_TO, "effective", "test", "Totals of ledger and ERP agree in all nine months"),
    ("INT-1", _FAILED_FROM, _LAST, "not_effective", "test", "Two batches of August came twice"),
    ("MAN-2", _FIRST, _ROLLED_TO, "effective", "test", "Nine checklists read; the last quarter is still to be tested"),
)
"""Of the register, first and last day, result, method, note. All others were tested effective over the year."""
_CALM = (
    ("J_prudent_official", "", "satisfied", "Reconciliations of the year show no error"),
    ("J_indicator", "", "none", "None was seen in the year"),
    ("J_uncorrected", "", "no", "It is new this year"),
)
_JUDGED = (
    (_ENGAGEMENT, "J_tolerable_rate", "", "5", "Agreed with Hollis Audit LLP before testing"),
    (_ENGAGEMENT, "J_materiality", "", "1000000.00 USD", "5% of pre-tax income of the plan, memo of October 2025"),
    ("AC-02", "J_same_objective", "", "none", "Nothing else removes rights on a change of job"),
    ("AC-02", "J_caused_by_itgc", "INT-1", "yes", "Old rights let a person start the batch again"),
    ("AC-02", "J_reasonably_possible", "INT-1", "yes", "It happened twice, and was found only at month end"),
    ("AC-02", "J_max_exposure", "INT-1", "1400000.00 USD", "The largest month of journals that were sent twice"),
    ("AC-02", "J_precision", "CMP-1", "250000.00 USD", "The review follows up every movement above this amount"),
    ("AC-02", "J_merits_attention", "INT-1", "yes", "The audit committee follows the interface"),
    ("OP-06", "J_same_objective", "", "none", "No other control watches the jobs of the ledger"),
    ("OP-06", "J_caused_by_itgc", "INT-1", "no", "The batches came twice by hand, not by the failed job"),
)
"""Subject (a control stands for its deficiency), input, what of it, answer, reason."""
_CALM_OF = ("AC-02", "BC-01", "OP-06", "OP-08")


def export_deficiencies(folder: ExportFolder) -> None:
    """Add the register of reliance, its tests, and the judgements."""
    register = [
        {
            **dict(zip(("id", "kind", "name", "system", "account", "assertion"), line, strict=True)),
            "owner": _ACCOUNTANT,
            "valid_from": "",
            "valid_to": "",
        }
        for line in _REGISTER
    ]
    query = "SOX office, register of what relies on systems"
    folder.add_csv("sox/reliance.csv", "reliance", query, register, source="csvtable")
    query = "SOX office, tests of what relies on systems"
    folder.add_csv("sox/reliance_test.csv", "reliance_test", query, list(_tests()), source="csvtable")
    query = "SOX office, minutes of the evaluation of deficiencies"
    folder.add_csv("sox/deficiency_judgement.csv", "deficiency_judgement", query, list(_judged()), source="csvtable")


def _tests() -> Iterator[Row]:
    named = {line[0] for line in _OTHER_TESTS}
    whole = [
        (line[0], _FIRST, _LAST, "effective", "test", "Tested over the year, workpaper of the SOX office")
        for line in _REGISTER
        if line[0] not in named
    ]
    for number, (of, first, last, result, method, note) in enumerate((*whole, *_OTHER_TESTS), 1):
        yield {
            "id": f"RT-{number}",
            "reliance": of,
            "first_on": first,
            "last_on": last,
            "result": result,
            "method": method,
            "tested_by": _CONTROLLER,
            "tested_on": date(2026, 10, 20),
            "note": note,
        }


def _judged() -> Iterator[Row]:
    calm = [(control, *line) for control in _CALM_OF for line in _CALM]
    for number, (of, name, about, value, reason) in enumerate((*_JUDGED, *calm)):
        before = name in {"J_tolerable_rate", "J_materiality"}
        day = date(2025, 9, 24) if before else date(2026, 10, 27)
        yield {
            "subject": of if of == _ENGAGEMENT else f"{_ENGAGEMENT}/{of}",
            "judgement": name,
            "about": about,
            "value": value,
            "reason": reason,
            "given_by": _FINANCE,
            "given_at": iso(local(day, f"{10 + number // 60}:{number % 60:02d}")),
        }
