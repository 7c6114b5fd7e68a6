"""Stage 6: how a deficiency stands on the last day of the fiscal year (audit-domain 2.6, 6.1 to 6.3)."""

from collections.abc import Sequence
from datetime import date

from twofold.findings.deficiency.case import AtYearEnd
from twofold.findings.retest import Retest, RetestResult


def at_year_end(retest: Retest | None, ends_on: date) -> AtYearEnd:
    """Say how one finding stands on the last day of the fiscal year, from its retest."""
    if retest is None:
        return AtYearEnd(open=True, text=f"open as of {ends_on} unless it is repaired and retested before")
    if retest.repaired_on > ends_on:
        return AtYearEnd(open=True, text=f"repaired after {ends_on}: open as of that day")
    if retest.result is RetestResult.GOOD and retest.possible_on <= ends_on:
        said = f"repaired and retested before {ends_on}: not open as of that day; the time before the repair stays"
        return AtYearEnd(open=False, text=said)
    if retest.possible_on > ends_on:
        said = f"the minimum operation is over on {retest.possible_on}, after {ends_on}: open as of that day"
        return AtYearEnd(open=True, text=said)
    return AtYearEnd(open=True, text=f"open as of {ends_on} until the retest is good")


def together(retests: Sequence[Retest | None], ends_on: date) -> AtYearEnd:
    """Say how a deficiency stands whose findings have these retests: open as long as one of them is."""
    each = [at_year_end(retest, ends_on) for retest in retests]
    still = [one for one in each if one.open]
    late = [one for one in retests if one is not None and one.repaired_on > ends_on]
    if not still:
        said = f"each finding was repaired and retested before {ends_on}: not open as of that day"
        before = "what relied on it before the repair still needs to be validated, also for quarterly conclusions"
        return AtYearEnd(open=False, text=said, steps=(("6.1", said), ("6.2", before)))
    said = still[0].text if len(each) == 1 else f"{len(still)} of {len(each)} findings are open as of {ends_on}"
    return AtYearEnd(open=True, text=said, steps=(("6.3" if late else "6.1", said),))
