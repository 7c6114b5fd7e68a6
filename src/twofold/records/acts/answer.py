"""Answer a request with captured evidence: an entry of kind `answer`."""

from collections.abc import Sequence
from datetime import datetime

from twofold.engagement.request import Request, RequestAct
from twofold.model.problem import Problem, UserError
from twofold.records.acts.deletion import deletions_of
from twofold.records.acts.recording import recording
from twofold.records.acts.request import all_requests, request_allowing
from twofold.vault.canonical import Json
from twofold.vault.entry import EntryKind
from twofold.vault.store import Vault

GREATEST_EVIDENCE = 2_000
"""Pieces of evidence in one answer, so that it fits an entry."""


def answer(
    vault: Vault, *, request_id: str, evidence: Sequence[str], note: str, acting_user: str, at: datetime
) -> Request:
    """Answer a request that is open or was returned; returns it as it stands then.

    Raises UserError for another state, for no evidence, and for evidence that is not in the vault or was deleted.
    """
    wanted = list(dict.fromkeys(evidence))
    if not 0 < len(wanted) <= GREATEST_EVIDENCE:
        found = "no evidence is named" if not wanted else f"{len(wanted):,} pieces of evidence are named"
        expected = f"1 to {GREATEST_EVIDENCE:,} ids such as ev-12"
        raise UserError(Problem("--evidence", found, expected, "capture the files, then name their ids"))
    with recording(vault) as recorder:
        request_allowing(vault, request_id, RequestAct.ANSWER)
        problems = list(_missing(vault, wanted))
        if problems:
            raise UserError(problems)
        body: dict[str, Json] = {"evidence": [*wanted], "note": note.strip(), "request": request_id}
        recorder.append(EntryKind.ANSWER, body=body, acting_user=acting_user, at=at)
        return all_requests(vault).by_id[request_id]


def _missing(vault: Vault, evidence: Sequence[str]) -> list[Problem]:
    found: list[Problem] = []
    deleted = deletions_of(vault)
    for each in evidence:
        try:
            vault.evidence(each)
        except UserError as error:
            found += error.problems
        else:
            if each in deleted:
                found.append(Problem("--evidence", f"{each}: {deleted[each].sentence}", "evidence that is there"))
    return found
