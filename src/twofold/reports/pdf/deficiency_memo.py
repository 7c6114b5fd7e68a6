"""The summary of aggregated deficiencies as PDF."""

from twofold.reports.deficiency_memo import DeficiencyMemo, memo_values
from twofold.reports.pdf.typeset import typeset


def deficiency_memo_pdf(memo: DeficiencyMemo) -> bytes:
    """Return the memo as PDF; the same memo gives the same bytes."""
    return typeset("deficiency_memo.typ", memo_values(memo), at=memo.made_at)
