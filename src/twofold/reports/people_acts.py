"""What people said in the log, for workpapers and the report: sign-offs, dispositions, requests and their answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ActShown:
    """An act of a person as the report shows it: what kind, about what, what was said, and by whom when."""

    kind: str
    about: str
    said: str
    by: str


def acts_about(log: PackagedLog, engagement_id: str, run_ids: Collection[str]) -> list[ActShown]:
    """Return every sign-off, request, answer and disposition about an engagement and its runs, in order of the log."""
    found: list[ActShown] = []
    requests: dict[str, str] = {}
    for entry in (read_entry(raw) for _, raw in log.records):
        body = entry.body
        match entry.kind:
            case EntryKind.SIGN_OFF if body["engagement"] == engagement_id:
                kind, about = f"sign-off as {body['role']}", body["control"] or "all of it"
                said = f"{_words(body['conclusion'])}: {body['reason']}"
            case EntryKind.REQUEST if body["act"] == "open" and body["engagement"] == engagement_id:
                requests[f"rq-{entry.index}"] = body["text"]
                kind, about, said = "request", body["control"] or "all of it", body["text"]
            case EntryKind.REQUEST if body["request"] in requests:
                kind, about = "request", f"{body['request']} {requests[body['request']]}"
                said = _with_note(body["act"], body["note"])
            case EntryKind.ANSWER if body["request"] in requests:
                kind, about = "answer", f"{body['request']} {requests[body['request']]}"
                said = _with_note(", ".join(body["evidence"]), body["note"])
            case EntryKind.DISPOSITION if body["run_id"] in run_ids:
                kind, about = "disposition", f"{body['control_test']} {body['item']}"
                said = f"{_words(body['disposition'])}: {body['reason']}"
            case _:
                continue
        found.append(ActShown(kind, about, said, said_by(entry)))
    return found


def _words(code: str) -> str:
    return code.replace("_", " ")


def _with_note(text: str, note: str) -> str:
    return f"{text}: {note}" if note else text


def said_by(entry: Entry) -> str:
    """Return who said it, with whom, and when (UTC, to the second)."""
    second = entry.body.get("second_person")
    return f"{entry.actor}{f' and {second}' if second else ''}, {instant_text(entry.at)[:19]}Z, entry {entry.index}"


def _of(log: PackagedLog, kind: EntryKind) -> Sequence[Entry]:
    entries = (read_entry(raw) for _, raw in log.records)
    return [entry for entry in entries if entry.kind == kind]
