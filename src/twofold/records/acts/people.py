"""The rules about who may act with whom that need no accounts: reasons are given, and two persons are two."""

from twofold.model.person import same_person
from twofold.model.problem import Problem, UserError

__all__ = ["need_reason", "need_second", "same_person"]


def need_reason(reason: str, *, why: str) -> str:
    """Return the reason without spaces around; raises UserError when there is none."""
    if not reason.strip():
        raise UserError(Problem("--reason", "no reason is given", why, "say it in a sentence"))
    return reason.strip()


def need_second(second: str | None, *, first: str, why: str) -> str:
    """Return the second person; raises UserError when there is none, or when it is the first one again."""
    if second is None or not second.strip():
        raise UserError(Problem("--second", "no second person is given", why, "name who agreed, with --second"))
    if same_person(second, first):
        raise UserError(
            Problem("--second", f"{second!r} is the first person again", why, "name another person who agreed")
        )
    return second.strip()
