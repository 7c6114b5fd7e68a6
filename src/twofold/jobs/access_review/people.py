"""Who reviews: an account of one person, with the duty review by the roster, and never their own access."""

from collections.abc import Sequence
from datetime import datetime

from twofold.engagement.access_review import Pair
from twofold.jobs.access_review.tables import Hand, ReviewTables
from twofold.model.problem import Problem, UserError

_SHOWN = 10
"""Names that a message lists; it says how many more there are."""


def reviewer_accounts(tables: ReviewTables, names: Sequence[str], *, at: datetime, where: str) -> list[str]:
    """Return an account for each reviewer; raises UserError for one that is not linked to one person now."""
    found: list[str] = []
    problems: list[Problem] = []
    for name, hand in tables.hands(list(dict.fromkeys(names)), at).items():
        own = [name] if hand.state == "linked" else tables.accounts_of(name, at)
        if own:
            found.append(own[0])
            continue
        said = {"shared": "is a shared account", "bot": "is an automation account"}.get(
            hand.state, "is linked to no one person"
        )
        remedy = "link the account in the scope files (account_links) and apply them"
        problems.append(Problem(where, f"{name!r} {said}", "the account, or the HR id, of one person", remedy))
    if problems or not found:
        raise UserError(problems or Problem(where, "no reviewer is named", "at least one"))
    return found


def may_review(
    tables: ReviewTables, reviewer: str, system: str, pairs: Sequence[Pair], *, at: datetime
) -> frozenset[Pair]:
    """Return the pairs that a reviewer may decide on now: not own access, and of a class that the roster allows."""
    hands = tables.hands([reviewer, *(account for account, _ in pairs)], at)
    person = hands[reviewer].person
    classes = tables.classes_reviewed_by(person, system, at) if tables.has_roster(system, at) else {None}
    rights = tables.rights([right for _, right in pairs])
    return frozenset(
        (account, right)
        for account, right in pairs
        if not is_own(account, hands[account], reviewer=reviewer, person=person)
        and (None in classes or rights[right].right_class in classes)
    )


def is_own(account: str, hand: Hand, *, reviewer: str, person: str) -> bool:
    """Whether an account is the reviewer's own: the same account, or another one of the same person."""
    return account == reviewer or (hand.state == "linked" and hand.person == person)


def person_of(tables: ReviewTables, actor: str, at: datetime) -> str:
    """Return the person who acts: whom the account `actor` is linked to, else `actor` as an HR id."""
    return tables.hands([actor], at)[actor].person or actor


def known_person(tables: ReviewTables, actor: str, at: datetime, *, where: str) -> str:
    """Return the person who acts; raises UserError where nobody can tell who that is, so whose own access it may be."""
    person = person_of(tables, actor, at)
    listed = person in {each.id for each in tables.applied.scope.people}
    if listed or tables.hands([actor], at)[actor].state == "linked" or tables.accounts_of(person, at):
        return person
    remedy = "act with the HR id or an account of the person, or link the account (account_links) and apply the scope"
    raise UserError(Problem(where, f"{actor!r} is nobody known", "a person, so that own access can be told", remedy))


def nobody_for(left: Sequence[Pair], reviewers: Sequence[str], remedy: str) -> Problem:
    """Say which pairs none of the reviewers may decide on."""
    found = f"{', '.join(reviewers)} may not decide on {len(left)} pairs: {named(left)}"
    return Problem("reviewers", found, "for each pair somebody with the duty review whose access it is not", remedy)


def named(pairs: Sequence[Pair]) -> str:
    """Name pairs in a message."""
    return few([f"{account} {right}" for account, right in pairs])


def few(names: Sequence[str]) -> str:
    """Name the first of many, and say how many more there are."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
