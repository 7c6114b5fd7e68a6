"""What people said in the log, for workpapers: sign-offs that still count, and the newest disposition of each item."""

from collections.abc import Mapping, Sequence

from twofold.reports.contents import PackagedLog
from twofold.vault.entry import Entry, EntryKind, instant_text, read_entry


def sign_offs(log: PackagedLog, control_id: str) -> list[Entry]:
    """Return the newest sign-off of each engagement and role that concludes on this control or on the engagement.

    Only those of the newest judgement count; a later judgement of other content needs new ones.
    """
    judged = {entry.body["engagement"]: entry.body["judgement_sha256"] for entry in _of(log, EntryKind.JUDGEMENT)}
    newest = {}
    for entry in _of(log, EntryKind.SIGN_OFF):
        body = entry.body
        if body["control"] in {None, control_id} and judged.get(body["engagement"]) == body["judgement_sha256"]:
            newest[body["engagement"], body["control"], body["role"]] = entry
    return list(newest.values())


def dispositions(log: PackagedLog, run_id: str) -> Mapping[str, Entry]:
    """Return item -> what was said last about its outcome in this run."""
    return {entry.body["item"]: entry for entry in _of(log, EntryKind.DISPOSITION) if entry.body["run_id"] == run_id}


def said_by(entry: Entry) -> str:
    """Return who said it, with whom, and when (UTC, to the second)."""
    second = entry.body.get("second_person")
    return f"{entry.actor}{f' and {second}' if second else ''}, {instant_text(entry.at)[:19]}Z, entry {entry.index}"


def _of(log: PackagedLog, kind: EntryKind) -> Sequence[Entry]:
    entries = (read_entry(raw) for _, raw in log.records)
    return [entry for entry in entries if entry.kind == kind]
