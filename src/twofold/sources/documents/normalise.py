"""Documents that are kept byte for byte and give no rows: what they say is captured beside them, by the command."""

from collections.abc import Iterator

from twofold.tables.rows import NormaliseContext, Normaliser, SourceFile, Unused


def _kept(_: SourceFile, __: NormaliseContext) -> Iterator[Unused]:
    yield Unused("the document")


KINDS: dict[str, Normaliser] = dict.fromkeys(
    ("questionnaire", "filled_questionnaire", "agreement", "shared_document", "trust_page", "request_list"), _kept
)
FEEDS: dict[str, tuple[str, ...]] = dict.fromkeys(KINDS, ())
