"""The request lists of both auditors of the demonstration company, cut short, and one pair that a person confirmed."""

import orjson

from twofold.jobs.demonstration.export_folder import ExportFolder
from twofold.jobs.demonstration.world import Row

_RECEIVED_AT = "2026-11-09T09:00:00Z"
_DECIDED_AT = "2026-11-12T14:20:00Z"
_QUERY = "As received by e-mail from the auditor"
_SOC2 = (
    ("SOC-01", "Population of employees and contractors who left between 1 November 2025 and 31 October 2026", "HR"),
    ("SOC-02", "Population of employees and contractors hired between 1 November 2025 and 31 October 2026", "HR"),
    ("SOC-03", "For the new hires selected: access request and manager's approval", "IT"),
    ("SOC-04", "Access review of the payments system for the first quarter of 2026 with removals", "Payments"),
    ("SOC-05", "Password policy configured in Okta", "IT"),
    ("SOC-06", "Population of changes released to production, from the deployment log", "Engineering"),
    ("SOC-07", "For the changes selected: ticket, pull request, review, test results and approval", "Engineering"),
    ("SOC-08", "Branch protection settings of production repositories in GitHub", "Engineering"),
    ("SOC-09", "Population of security incidents in the period", "Security"),
    ("SOC-10", "Results of the last backup restoration test", "Platform"),
    ("SOC-11", "Security awareness training completion of all personnel", "HR"),
    ("SOC-12", "Minutes of board meetings", "Legal"),
    ("SOC-13", "Penetration test report", "Security"),
)
_SOX = (
    ("H.1", "Term listing FY26, system generated with row count", "", "HRIS"),
    ("H.2", "New joiner listing FY26", "", "HRIS"),
    ("A.1", "Sampled joiners (25): access req form + mgr appvl", "", "IT"),
    ("A.2", "UAR Q1 2026, signed off", "payments", "Payments"),
    ("A.3", "UAR Q3 2026, signed off", "payments", "Payments"),
    ("A.4", "Pwd config", "Okta", "IT"),
    ("A.5", "Pwd config", "ERP", "Finance"),
    ("C.1", "Chg population: all prod deployments FY26", "", "Engineering"),
    ("C.2", "Chg sample (25): ticket, PR, peer review, UAT, approval", "", "Engineering"),
    ("C.3", "Repo branch rules, prod repos", "GitHub", "Engineering"),
    ("O.1", "Incident listing FY26", "", "Security"),
    ("O.2", "Restore test, latest", "", "Platform"),
    ("O.3", "Interface recon, billing to GL", "", "Finance"),
    ("E.1", "Audit committee minutes", "", "Legal"),
)
_LISTS = (
    ("soc2-2026", "Requests of the SOC 2 auditor", "soc2_requests.xlsx"),
    ("sox-fy2026", "PBC list of the financial auditor", "pbc_fy2026.xlsx"),
)


def export_request_lists(folder: ExportFolder, decided_by: str) -> None:
    """Add both lists, their lines, and the decision of a person about one pair."""
    heads: list[Row] = [
        {
            "id": list_id,
            "title": title,
            "engagement": list_id,
            "name": name,
            "file_hash": "",
            "layout": orjson.dumps({"columns": {}, "header": 1, "sheet": "Requests"}).decode(),
            "received_at": _RECEIVED_AT,
        }
        for list_id, title, name in _LISTS
    ]
    lines = [_line("soc2-2026", number, line, text, "", owner) for number, (line, text, owner) in enumerate(_SOC2, 2)]
    lines += [_line("sox-fy2026", number, *each) for number, each in enumerate(_SOX, 2)]
    decision: Row = {
        "first_list": "soc2-2026",
        "first_line": "SOC-01",
        "second_list": "sox-fy2026",
        "second_line": "H.1",
        "decision": "same",
        "score": "",
        "decided_by": decided_by,
        "decided_at": _DECIDED_AT,
        "reason": "One HR export from October 2025 to October 2026 serves both periods",
    }
    folder.add_csv("csvtable/request_list.csv", "request_list", _QUERY, heads)
    folder.add_csv("csvtable/request_list_line.csv", "request_list_line", _QUERY, lines)
    query = "Decided in the meeting on request lists"
    folder.add_csv("csvtable/request_pair_decision.csv", "request_pair_decision", query, [decision])


def _line(list_id: str, position: int, line: str, text: str, system: str, owner: str) -> Row:
    return {
        "request_list": list_id,
        "line": line,
        "position": position,
        "text": text,
        "due": "2026-12-04",
        "owner": owner,
        "system": system,
        "period": "",
        "withdrawn": False,
    }
