"""Names of persons, as acts and judgements carry them."""


def same_person(one: str, other: str) -> bool:
    """Whether two names say the same person: case and spaces around do not make two of one."""
    return one.strip().casefold() == other.strip().casefold()
