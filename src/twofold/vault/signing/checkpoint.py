"""The body of a checkpoint in the C2SP tlog-checkpoint form: origin, size, root, each on its line.

One spelling only: what does not read back to the same text is refused. Signatures stand outside the body
and are not read here.
"""

import base64
import binascii
import re
from dataclasses import dataclass

_BODY = re.compile(r"([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n((?:[^\n]+\n)*)")
_GREATEST_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, its number of entries and the root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Further lines, kept as they came."""

    @property
    def text(self) -> str:
        """The body as text, each line ended by a newline."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read a body; raises ValueError for any other spelling."""
        match = _BODY.fullmatch(text)
        if match is None or int(match[2]) > _GREATEST_SIZE:
            msg = "not a checkpoint: the lines origin, size and root are expected, each ended by a newline"
            raise ValueError(msg)
        try:
            root = base64.b64decode(match[3], validate=True)
        except binascii.Error as error:
            msg = f"not a checkpoint: the root {match[3]!r} is not base64"
            raise ValueError(msg) from error
        checkpoint = cls(match[1], int(match[2]), root, tuple(match[4].split("\n")[:-1]))
        if checkpoint.text != text:
            msg = "not a checkpoint: the root is not in its canonical spelling"
            raise ValueError(msg)
        return checkpoint
