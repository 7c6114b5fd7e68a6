"""Makes a PDF from a template of ours and plain data: PDF/A-2a and PDF/UA-1, the same bytes for the same data.

Data reaches the template as JSON beside the source, never in it, so that no text of a company can be markup. Fonts are
those that typst carries in itself. What they cannot show is written as its code point: [U+1F600].
"""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson
import typst

FOLDER = Path(__file__).parent
_STANDARDS: tuple[Literal["a-2a"], Literal["ua-1"]] = ("a-2a", "ua-1")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of letters that are no ink: control, format (such as a change of direction), unassigned, private."""
_KNOWN = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x180))))
"""Letters that both fonts have; others are tried."""
_PROBE = (
    b'#set document(title: "probe")\n#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"), fallback: false)\n'
    b'#json(bytes(sys.inputs.at("data")))'
)


def typeset(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return the PDF of a template of this folder.

    data: plain values (dict, list, str, int, bool, None), whatever the texts say. at: the day and time that the
    document says it was made, aware.
    """
    shown = shown_value(data)
    return _compiled((FOLDER / template).read_bytes(), shown, at)


def shown(text: str) -> str:
    """Return a text in which every letter has ink: what has none, or no font shows, is written as its code point."""
    spaced = text.replace("\r\n", "\n").replace("\t", " ")
    odd = frozenset(spaced) - _KNOWN - {"\n"}
    if not odd:
        return spaced
    missing = {letter for letter in odd if unicodedata.category(letter) in _UNSEEN}
    missing |= _without_ink(tuple(sorted(odd - missing)))
    return "".join(f"[U+{ord(letter):04X}]" if letter in missing else letter for letter in spaced)


@lru_cache(maxsize=4096)
def _without_ink(letters: tuple[str, ...]) -> frozenset[str]:
    """Return those letters that no font of ours shows; halves the list until each one is known."""
    if not letters or _can_show("".join(letters)):
        return frozenset()
    if len(letters) == 1:
        return frozenset(letters)
    middle = len(letters) // 2
    return _without_ink(letters[:middle]) | _without_ink(letters[middle:])


def _can_show(text: str) -> bool:
    # Each letter stands alone, since a mark that joins another is shown by the font of that one.
    try:
        _compiled(_PROBE, " ".join(text), datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
    except typst.TypstError:
        return False
    return True


def _compiled(source: bytes, data: Any, at: datetime) -> bytes:
    compiler = typst.Compiler(
        source,
        root=str(FOLDER),
        ignore_system_fonts=True,
        sys_inputs={"data": orjson.dumps(data).decode()},
    )
    made = compiler.compile(format="pdf", pdf_standards=[*_STANDARDS], timestamp=int(at.timestamp()))
    if not isinstance(made, bytes):
        msg = f"typst gave {type(made).__name__} where one PDF was asked for"
        raise TypeError(msg)
    return made


def shown_value(value: Any) -> Any:
    """Return plain values with every text in them as `shown` gives it."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {str(key): shown_value(part) for key, part in value.items()}
    if isinstance(value, Iterable):
        return [shown_value(part) for part in value]
    return value
