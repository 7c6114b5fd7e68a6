"""How a refusal of the jobs is told on a page: the same words as on the command line."""

from collections.abc import Sequence

from twofold.model.problem import UserError


def told(error: UserError) -> Sequence[str]:
    """Return a sentence per problem: what was found, what was expected, what to do."""
    found = []
    for each in error.problems:
        parts = [each.found]
        if each.expected:
            parts.append(f"expected: {each.expected}")
        if each.remedy and "twofold" not in each.remedy and "--" not in each.remedy:
            parts.append(each.remedy)
        found.append("; ".join(parts))
    return found
