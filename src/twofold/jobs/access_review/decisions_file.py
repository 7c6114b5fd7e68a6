"""The file that goes out to a reviewer and comes back with decisions: hash out, hash in (audit-domain T-05, traps)."""

import csv
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from twofold.engagement.access_review import Decision, Pair, Review, ReviewItem
from twofold.engagement.questionnaire.delimited import harmless
from twofold.jobs.access_review.people import named
from twofold.model.problem import Problem, UserError
from twofold.tables.csv_records import read_csv
from twofold.tables.rows import SetAside
from twofold.vault.entry import instant_text

COLUMNS = (
    *("account", "right_id", "class", "holds", "belongs_to", "status", "reviewer"),
    *("decision", "reason", "decided_in"),
)
"""`decided_in`: the evidence of the decision that the line went out with, empty where nobody had decided."""
_REQUIRED = ("account", "right_id", "decision", "reason")


@dataclass(frozen=True, slots=True)
class FileDecisions:
    """What a file says: every pair that stands in it, and decision, reason and place of those that were decided."""

    name: str
    sha256: str
    pairs: frozenset[Pair]
    decisions: Mapping[Pair, tuple[Decision, str, str]]


def write_list(path: Path, lines: Iterable[Mapping[str, str]]) -> None:
    """Write the list for a reviewer, without what a spreadsheet takes for a formula.

    Raises UserError where a file is already, or no folder.
    """
    try:
        with path.open("x", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: harmless(text) for name, text in line.items()} for line in lines)
    except FileNotFoundError as error:
        raise UserError(Problem(str(path), "there is no such folder", "a folder that is there", "make it")) from error
    except FileExistsError as error:
        raise UserError(
            Problem(str(path), "there is a file already", "a name that is free", "choose another")
        ) from error


def read_decisions(path: Path, review: Review, *, must_hold: AbstractSet[Pair]) -> FileDecisions:
    """Read a file of decisions.

    Raises UserError with every line that is not of the review or would take back a decision made since the file was
    written, and what is missing.
    """
    if not path.is_file():
        raise UserError(Problem(str(path), "there is no such file", "a file of decisions (CSV)"))
    problems: list[Problem] = []
    seen: dict[Pair, str] = {}
    decisions: dict[Pair, tuple[Decision, str, str]] = {}
    went_out = {(harmless(account), harmless(right)): (account, right) for account, right in review.items}
    for found in read_csv(path, required=_REQUIRED):
        if isinstance(found, SetAside):
            problems.append(Problem(f"{path.name}, {found.record}", found.reason, "as many cells as columns"))
            continue
        place, line = found
        where = f"{path.name}, {place}"
        pair = went_out.get((line["account"], line["right_id"]), (line["account"], line["right_id"]))
        if pair not in review.items:
            problems.append(Problem(where, f"{pair[0]} {pair[1]} is not in the snapshot", "a pair of the snapshot"))
        elif pair in seen:
            problems.append(Problem(where, f"{pair[0]} {pair[1]} stands in {seen[pair]} already", "each pair once"))
        seen.setdefault(pair, place)
        problems += _line_problems(where, line)
        word = line["decision"].lower()
        if word in set(Decision):
            item = review.items.get(pair)
            known = item.reason if item else ""
            decisions[pair] = Decision(word), known if line["reason"] == harmless(known) else line["reason"], where
            if item:
                problems += _taken_back(where, item, *decisions[pair][:2], rests_on=line.get("decided_in", ""))
    if missing := sorted(must_hold - set(seen)):
        found_text = f"{len(missing)} lines are missing: {named(missing)}"
        remedy = "put them back; leave the decision empty where nobody decided yet"
        problems.append(Problem(path.name, found_text, "every pair that is routed to you", remedy))
    if problems:
        raise UserError(problems)
    return FileDecisions(path.name, sha256(path.read_bytes()).hexdigest(), frozenset(seen), decisions)


def _line_problems(where: str, line: Mapping[str, str]) -> list[Problem]:
    word = line["decision"].lower()
    if word and word not in set(Decision):
        return [Problem(where, f"the decision {line['decision']!r}", "approve, revoke, modify, or nothing yet")]
    if word and Decision(word).judges_wrong and not line["reason"]:
        return [Problem(where, "no reason is given", "why the access is wrong")]
    return []


def _taken_back(where: str, item: ReviewItem, decision: Decision, reason: str, *, rests_on: str) -> list[Problem]:
    """Say that a line would take back a decision that it does not rest on. A better reason takes nothing back.

    A line that went out with a decision may be as it went out, so its reason takes back a newer one too.
    """
    if item.decision is None or item.evidence == rests_on or (item.decision, item.reason) == (decision, reason):
        return []
    if item.decision is decision and not rests_on:
        return []
    when = f" of {instant_text(item.decided_at)}" if item.decided_at else ""
    found = f"{decision} of {item.account} {item.right_id} would take back {item.decision}{when} ({item.evidence})"
    remedy = "write the list anew with 'twofold review show --into', or decide on the pair by itself"
    return [Problem(where, found, "a line that rests on the newest decision", remedy)]
