"""How access reviews are shown: as text for a terminal, and as JSON."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from twofold.cli.output import counted, print_json, say, say_table, say_wrapped
from twofold.engagement.access_review import Review, ReviewAct, ReviewState, progress, progress_by_reviewer
from twofold.engagement.access_review_diff import Change, Decided, counts
from twofold.engagement.access_review_history import PairAct, overtaken_by, was_changed
from twofold.engagement.access_review_indicators import Indicator, Threshold
from twofold.jobs.access_review.capturing import ActDone
from twofold.jobs.access_review.comparing import Comparison, PairShown, RemovalShown
from twofold.jobs.access_review.people import few

_WORDS = {
    Change.NEW: "new",
    Change.GONE: "gone",
    Change.CHANGED: "decided differently",
    Change.REVOKED_YET_PRESENT: "revoked, yet present",
    Change.GRANTED_AGAIN: "revoked, then granted again",
    Change.SAME: "the same",
}


def review_json(review: Review) -> dict[str, Any]:
    """Return a review with its counts as JSON values."""
    return {
        "review": review.review_id,
        "system": review.system,
        "snapshot": review.snapshot,
        "state": review.state,
        "started_at": review.started_at,
        "completed_at": review.completed_at,
        "held_here": review.held_here,
        "progress": progress("", review.items.values()),
        "by_reviewer": progress_by_reviewer(review),
    }


def print_act(done: ActDone, as_json: bool) -> bool:
    """Print the review after an act, and the evidence of the act. Return whether that was JSON."""
    if as_json:
        print_json({**review_json(done.review), "evidence": done.evidence, "notes": done.notes})
        return True
    say_review(done.review)
    for note in done.notes:
        say_wrapped(f"Note: {note}", indent=4, hanging=2)
    say(f"Captured as {', '.join(done.evidence)}.")
    return False


def say_review(review: Review) -> None:
    """Print a review in a few lines."""
    all_of_it = progress("", review.items.values())
    where = "" if review.held_here else ", exported from another tool"
    say_wrapped(
        f"{review.review_id}  {review.state:<9}  {review.system}, snapshot {review.snapshot or 'unknown'}, begun "
        f"{review.started_at:%Y-%m-%d}{where}: {counted(all_of_it.pairs, 'pair')}, {all_of_it.approve:,} approved, "
        f"{all_of_it.revoke:,} to revoke, {all_of_it.modify:,} to modify, {all_of_it.undecided:,} undecided",
        indent=0,
        hanging=4,
    )
    if review.state is ReviewState.OPEN:
        for each in progress_by_reviewer(review):
            if each.undecided:
                say(f"    {each.reviewer or 'nobody'} has {each.undecided:,} of {each.pairs:,} to decide")


def shown_json(review: Review, pairs: Sequence[PairShown], removals: Sequence[RemovalShown]) -> dict[str, Any]:
    """Return a review with its pairs and removals as JSON values."""
    return {
        **review_json(review),
        "pairs": [
            {
                **each.as_line(),
                "holds": each.holds,
                "decided_at": each.item.decided_at,
                "conflicted": each.item.conflicted,
                "history": each.history,
            }
            for each in pairs
        ],
        "removals": [
            {
                "account": each.item.account,
                "right_id": each.item.right_id,
                "decision": each.item.decision,
                "ticket": each.ticket,
                "executed_at": each.executed_at,
                "seen_in": each.seen_in,
                "seen_at": each.seen_at,
                "gone": each.gone,
                "back_in": each.back_in,
                "doubts": each.doubts,
                "looked_at": each.looked_at,
                "evidence": each.evidence,
                "records": each.records,
                "looks": each.looks,
            }
            for each in removals
        ],
    }


def say_shown(review: Review, pairs: Sequence[PairShown], removals: Sequence[RemovalShown]) -> None:
    """Print a review with its pairs, by reviewer, and its removals."""
    say_review(review)
    table = Table("reviewer", "account", "belongs to", "right", "which holds", "decision")
    for each in pairs:
        owner = each.belongs_to if each.status == "active" else f"{each.belongs_to}, {each.status}"
        right = each.item.right_id if each.right_class == "normal" else f"{each.item.right_id} ({each.right_class})"
        decision = str(each.item.decision or "-")
        table.add_row(each.item.reviewer, each.item.account, owner, right, ", ".join(each.holds), decision)
    say_table(table)
    if in_conflict := [f"{each.item.account} {each.item.right_id}" for each in pairs if each.item.conflicted]:
        say_wrapped(f"Note: told in two ways, of which one is shown: {few(in_conflict)}.", indent=4, hanging=2)
    for each in pairs:
        if was_changed(each.history):
            say(f"{each.item.account} {each.item.right_id}, act by act:")
            for act in each.history:
                say_wrapped(_act(act, overtaken_by(each.history, act)), indent=4, hanging=4)
    for shown in removals:
        say_wrapped(f"{shown.item.account} {shown.item.right_id}: {_removal(shown)}", indent=0, hanging=4)


def _act(one: PairAct, overtaken: PairAct | None) -> str:
    what = {
        ReviewAct.ROUTE: f"put before {one.reviewer}",
        ReviewAct.DECIDE: f"{one.decision}, as {one.reviewer}",
        ReviewAct.REVOKED: f"removal recorded, {one.ticket}",
    }.get(one.act, "its use looked at")
    why = f": {one.reason}" if one.reason else ""
    undone = f"; no longer so since {overtaken.at:%Y-%m-%d %H:%M} UTC ({overtaken.evidence})" if overtaken else ""
    return f"{one.at:%Y-%m-%d %H:%M} UTC {one.by} {what}{why} ({one.evidence}){undone}"


def comparison_json(found: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON values."""
    return {
        **{
            name: {"name": each.name, "as_of": each.as_of, "pairs": len(each.pairs)}
            for name, each in (("earlier", found.earlier), ("later", found.later))
        },
        "counts": {str(kind): number for kind, number in counts(found.differences).items()},
        "doubts": found.doubts,
        "differences": [each for each in found.differences if each.is_shown],
    }


def say_comparison(found: Comparison) -> None:
    """Print a comparison: what differs, by kind, and the counts."""
    for name, which in (("Earlier", found.earlier), ("Later", found.later)):
        say(f"{name}: {which.name} of {which.as_of:%Y-%m-%d %H:%M} UTC, {counted(len(which.pairs), 'pair')}")
    if found.doubts:
        say_wrapped(
            f"Note: a list may not be whole ({', '.join(found.doubts)}), so what looks new or gone may be neither.",
            indent=4,
            hanging=2,
        )
    for kind, words in _WORDS.items():
        of_kind = [each for each in found.differences if each.change is kind]
        say(f"{len(of_kind):>6,}  {words}")
        for each in of_kind:
            if not each.is_shown:
                continue
            said = [f"{name} {_decided(it)}" for name, it in (("then", each.earlier), ("now", each.later)) if it]
            said += ["told in two ways, of which one is shown"] if each.conflicted else []
            say_wrapped(
                f"{each.account} {each.right_id}" + (f": {'; '.join(said)}" if said else ""), indent=8, hanging=4
            )


def say_indicators(found: Sequence[Indicator]) -> None:
    """Print the indicators with what they are compared with, and whence."""
    for each in found:
        mark = "look" if each.stands_out else ""
        value = "-" if each.value is None else f"{each.value:,.1f}".removesuffix(".0")
        say_wrapped(f"{mark:<5}{value:>8} {each.threshold.unit}  {each.threshold.about}", indent=0, hanging=15)
        say_wrapped(f"{each.detail}. Stands out {_limit(each.threshold)}: {each.threshold.source}.", indent=15)
    say("These are questions for a reader, never a verdict: T-05 does not read them.")


def _limit(threshold: Threshold) -> str:
    side = f"below {threshold.below}" if threshold.below is not None else f"above {threshold.above}"
    within = f", within {threshold.within_seconds} seconds" if threshold.within_seconds else ""
    least = f", from {threshold.at_least_decisions} decisions on" if threshold.at_least_decisions else ""
    return f"{side}{within}{least} (as of {threshold.as_of})"


def _decided(said: Decided) -> str:
    return str(said.decision) + (f" on {said.decided_at:%Y-%m-%d}" if said.decided_at else "")


def _removal(shown: RemovalShown) -> str:
    done = (
        f"removed {shown.executed_at:%Y-%m-%d %H:%M} UTC ({shown.ticket})" if shown.executed_at else "not yet removed"
    )
    not_whole = f"; {shown.seen_in} may not be whole ({', '.join(shown.doubts)})" if shown.doubts else ""
    others = [
        f"{each.ticket} of {each.executed_at:%Y-%m-%d %H:%M} UTC ({each.evidence})"
        for each in shown.records
        if each.evidence != shown.evidence and each.executed_at
    ]
    also = f"; also recorded, which does not count: {', '.join(others)}" if others else ""
    seen = {
        None: f"no later snapshot shows it gone yet{not_whole}",
        True: f"gone in {shown.seen_in}" + (f", and there again in {shown.back_in}" if shown.back_in else ""),
        False: f"still in {shown.seen_in}",
    }[shown.gone]
    looked = "its use was looked at" if shown.looked_at else "use not looked at"
    return f"{shown.item.decision}; {done}{also}; {seen}; {looked}"
