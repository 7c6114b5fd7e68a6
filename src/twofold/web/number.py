"""Numbers in addresses and ids."""

_DIGITS = 18
"""As many as a number of 64 bits surely holds; Python itself refuses to read one of thousands of digits."""


def number_in(text: str) -> int | None:
    """Return the whole number, None for any other text and for more digits than a number of the site has.

    >>> number_in("120"), number_in("-1"), number_in("9" * 5000), number_in("")
    (120, None, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
