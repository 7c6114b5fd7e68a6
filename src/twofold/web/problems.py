"""How a refusal of the jobs is told on a page: the same words as on the command line."""

from collections.abc import Sequence

from twofold.model.problem import Problem, UserError


def told(error: UserError) -> Sequence[str]:
    """Return a sentence per problem: what was found, what was expected, what to do."""
    found = []
    for each in error.problems:
        parts = [each.found]
        if each.expected:
            parts.append(f"expected: {each.expected}")
        if remedy := remedy_of(each):
            parts.append(remedy)
        found.append("; ".join(parts))
    return found


def remedy_of(problem: Problem) -> str:
    """Return what to do, "" where only the command line could do it."""
    return "" if "twofold" in problem.remedy or "--" in problem.remedy else problem.remedy
