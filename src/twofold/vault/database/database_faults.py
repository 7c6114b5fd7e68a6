"""What the database of a log can refuse, in words for the person in front of it."""

from twofold.model.problem import Problem, UserError


class DatabaseError(UserError):
    """The database was away, full, locked, damaged or refused a change. Nothing of the step was recorded."""


def no_log(where: str, found: str, remedy: str = "restore it from a backup") -> DatabaseError:
    """Say that something else than a log of this form is there."""
    return DatabaseError(Problem(where, f"this is no log that can be read: {found}", "the log of a vault", remedy))


def other_form(where: str, found: int, known: int) -> DatabaseError:
    """Say that the log has an older or newer form than this program reads."""
    remedy = "use the version of Twofold that wrote it" if found > known else "make a new workspace and capture again"
    return no_log(where, f"it has form {found} and this program reads form {known}", remedy)


def damaged(where: str, found: str) -> UserError:
    """Say that what is stored contradicts itself."""
    return UserError(
        Problem(
            where,
            f"the log was changed outside Twofold: {found}",
            "entries that hash to the stored root",
            "keep this copy as it is, restore the log from a backup and compare the two",
        )
    )


def not_done(where: str, reason: str, remedy: str, *, writing: bool) -> DatabaseError:
    """Say that the log could not be read or written, and why."""
    found = f"the log could not be {'written' if writing else 'read'} ({reason.strip()})"
    return DatabaseError(Problem(where, found, "nothing of this step was recorded" if writing else "", remedy))
