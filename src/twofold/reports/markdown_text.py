"""Text of a company in a page of Markdown: no letter of it is markup, and it stays on its line."""

_MARKUP = "\\`*_[]<>#|~"


def markdown_text(text: str) -> str:
    r"""Return a text so that Markdown reads none of it as markup.

    >>> markdown_text("a_b  *c*")
    'a\\_b \\*c\\*'
    """
    flat = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in _MARKUP else letter for letter in flat)
