"""The columns of Okta's access certification reports, under every header that they come with.

Okta documents the headers of the Past Campaign Details report, on screen and in the exported file, and says that the
reports of the auditor reporting package are similar. Its help pages do not list the columns of the package, so each
column is found under any of its known spellings; case, spaces and punctuation do not matter.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from twofold.model.problem import Problem, UserError

_PUNCTUATION = re.compile(r"[^a-z0-9]")
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "campaign_id": ("campaign.id", "Campaign id"),
    # "principalUserd" is what Okta's column reference prints.
    "user_id": ("reviewItem.principalUserd", "reviewItem.principalUserId", "User Id", "Principal id"),
    "user_email": ("reviewItem.principalUserEmail", "User email"),
    "resource_type": ("reviewItem.resourceType", "Resource type"),
    "resource_name": ("reviewItem.resourceName", "Resource name"),
    "entitlement": ("reviewItem.entitlementName", "Entitlement", "Entitlement name"),
    "reviewer_id": ("reviewItem.reviewerId", "Reviewer id"),
    "reviewer_email": ("reviewItem.reviewerEmail", "Reviewer email"),
    "original_reviewer_id": ("reviewItem.originalReviewerId", "Original reviewer id"),
    "decision": ("reviewItem.decision", "Decision", "Certification decision"),
    "decided_at": ("reviewItem.decided", "reviewItem.decisionDate", "Decision date", "Decided", "Decided at"),
    "remediation": ("reviewItem.remediationStatus", "Remediation status", "Remediation state"),
    "remediated_at": ("reviewItem.remediated", "reviewItem.remediationDate", "Remediation date", "Remediated at"),
    "ticket": ("reviewItem.remediationTicket", "Remediation ticket", "Ticket"),
    "started_at": ("campaign.started", "Campaign started", "Campaign start date"),
    "completed_at": ("campaign.ended", "Campaign ended", "Campaign completed", "Campaign end date"),
    "taken_at": ("As of", "Snapshot taken at", "Access as of"),
}
_BY_SPELLING = {
    _PUNCTUATION.sub("", spelling.lower()): column for column, spellings in SPELLINGS.items() for spelling in spellings
}


def columns_in(headers: Iterable[str]) -> dict[str, str]:
    """Return our name -> the report's header, for each column that the report has."""
    found: dict[str, str] = {}
    for header in headers:
        column = _BY_SPELLING.get(_PUNCTUATION.sub("", header.lower()))
        if column:
            found.setdefault(column, header)
    return found


def require(columns: Mapping[str, str], needed: Sequence[str], *, where: str) -> None:
    """Raise UserError that names each needed column the report lacks, with the headers that would do."""
    problems = [
        Problem(
            where,
            f"the report has no column for {name}",
            "one of " + ", ".join(repr(spelling) for spelling in SPELLINGS[name]),
            "export the report as CSV with all columns, or rename the header",
        )
        for name in needed
        if name not in columns
    ]
    if problems:
        raise UserError(problems)
