"""No name of the company passes the check, however it is disguised; ordinary words and shipped wording do."""

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from twofold.engagement.auditor_choice.anonymity import telling
from twofold.engagement.auditor_choice.identifying import Name, plain, terms, too_short

NAMES = [
    Name("company", "Brightwater Software, Inc."),
    Name("service", "Tidepool Ledger"),
    Name("person", "Ana Díaz"),
    Name("person", "Bo Nilsson"),
    Name("person", "p-0042"),
    Name("e-mail", "ana.diaz@brightwater.example"),
    Name("account", "github:xenia-xu-dev"),
    Name("source", "github:brightwater/quarry@production"),
    Name("system", "erp"),
    Name("system", "data-lake"),
    Name("system", "Yahoo!"),
    Name("vendor", "Cobalt Hosting GmbH"),
    Name("firm", "Hollis Audit LLP"),
    Name("engagement", "soc2-2026"),
    Name("account", "10023"),
]
TERMS = terms(NAMES)
LOOKS = {
    "a": "\u0430\u00e14@\uff41\U0001d41a",
    "b": "\u042c\u0185\uff22",
    "c": "\u0441\u0421",
    "e": "\u0435\u00e93\u0395",
    "i": "\u0456\uff491!",
    "l": "\u217c1|",
    "n": "\u039d\uff4e",
    "o": "\u043e0\u03bf",
    "r": "\u0433\uff52",
    "s": "\u04555$\u017f",
    "t": "\u0442\u0422",
    "w": "\u0461\u03c9",
    "x": "\u0445\u00d7",
    "y": "\u0443\u03b3",
}
"""Letter -> Cyrillic, Greek, full width and other letters, digits and signs that look like it."""
SURROUNDINGS = st.text(st.characters(categories=("Ll", "Lu", "Po", "Zs"), max_codepoint=0x2FF), max_size=12)


def kinds(text: str, **may: object) -> set[str]:
    return {each.kind for each in telling(text, TERMS, **may)}  # type: ignore[arg-type]  # may_stay only


@st.composite
def disguised(draw: st.DrawFn) -> tuple[Name, str]:
    """A name with other case, look-alikes, hyphens, invisible letters and accents: it still reads the same."""
    name = draw(st.sampled_from([each for each in NAMES if not each.text.isdigit()]))
    between = draw(st.sampled_from(["", "\u200b", "\u00ad", "\u0301", "-", ".", " ", "_", "\u2060", "\ufe0f"]))
    letters = []
    for letter in name.text:
        looks = LOOKS.get(letter.lower(), "")
        shown = draw(st.sampled_from([letter, letter.upper(), letter.lower(), *looks]))
        letters.append(shown + (between if letter.isalnum() else ""))
    return name, "".join(letters)


@settings(max_examples=80)
@given(pair=disguised(), before=SURROUNDINGS, behind=SURROUNDINGS)
def test_a_name_in_any_disguise_is_found_in_any_text(pair: tuple[Name, str], before: str, behind: str) -> None:
    name, shown = pair
    assert telling(f"{before} {shown} {behind}", TERMS), name


@settings(max_examples=60)
@given(
    name=st.text(st.characters(categories=("Ll", "Lu", "Lo", "Nd"), max_codepoint=0x5FF), min_size=2, max_size=12),
    before=SURROUNDINGS,
    behind=SURROUNDINGS,
    kind=st.sampled_from(["system", "person", "company", "vendor", "account", "source", "engagement", "e-mail"]),
)
def test_any_name_of_the_scope_is_found_in_any_free_text(name: str, before: str, behind: str, kind: str) -> None:
    assume(len(plain(name)) > 1)
    looked_for = terms([Name(kind, name)])
    assert telling(f"{before} {name} {behind}", looked_for)
    assert telling(f"{before} {unicodedata.normalize('NFD', name).upper()}, {behind}", looked_for)


@given(length=st.integers(5, 12), before=st.text("abcxyz ", max_size=6), behind=st.text("abcxyz ", max_size=6))
def test_a_long_name_is_found_inside_a_word(length: int, before: str, behind: str) -> None:
    name = "qvzkwmjpfhtn"[:length]
    assert telling(f"{before}{name}{behind}", terms([Name("system", name)]))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("we are brightwater", "company"),
        ("BRIGHT WATER", "company"),
        ("at Brightw you", "company"),
        ("the BSI team", "initials of the company"),
        ("the B.S.I. team", "initials of the company"),
        ("ask Ana!", "person"),
        ("ask a-n-a", "person"),
        ("Ana's laptop", "person"),
        ("our ERPs", "system"),
        ("ERPSystem", "system"),
        ("data lake", "system"),
        ("yahoo is used", "system"),
        ("cobalt's invoice", "vendor"),
        ("quarry", "source"),
        ("SOC2 2026", "engagement"),
        ("person 10023", "account"),
        ("p0042", "person"),
        ("write to x@other.example", "e-mail address"),
        ("see www.other.example/a", "web address"),
        ("see other-name.io", "web address"),
        ("host 10.1.2.3", "IP address"),
        ("call +49 30 1234567", "telephone number"),
        ("call (212) 555-0199", "telephone number"),
        ("12 Main Street", "postal address"),
        ("Hauptstraße 5", "postal address"),
        ("we have 5,312 tickets", "distinctive number"),
        ("EIN 12 3456", "distinctive number"),
    ],
)
def test_what_tells_is_found_with_its_kind(text: str, kind: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "We look for a team that knows enterprise software, managed services and data.",
        "In 2026 and from 2026-10-31, 20 to 40 items, about 250.",
        "basic bs, e.g. this, i.e. that",
        "The company's systems: none.",
        "",
    ],
)
def test_ordinary_words_tell_nothing(text: str) -> None:
    assert telling(text, TERMS) == []


def test_the_place_is_that_of_the_text() -> None:
    (found,) = telling("first line\nask \u200bBo\u200b now", TERMS)
    assert (found.line, found.column, found.found, found.because) == (2, 6, "Bo", "Bo Nilsson")
    assert found.where == "line 2, column 6"


def test_a_word_may_stay_where_a_person_says_so() -> None:
    assert kinds("our ERP, 5,312 tickets") == {"system", "distinctive number"}
    assert kinds("our ERP, 5,312 tickets", may_stay=["erp", "5,312"]) == set()


def test_a_name_of_one_letter_is_named_as_not_looked_for() -> None:
    names = [Name("system", "x"), Name("system", "é"), Name("system", "ab"), Name("system", "--")]
    assert too_short(names) == ("--", "x", "é")
    assert {term.plain for term in terms(names)} == {"ab"}
