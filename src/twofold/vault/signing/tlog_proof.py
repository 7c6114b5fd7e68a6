"""A proof that one entry is in a log, as one file in the C2SP tlog-proof form, version 1. One spelling only."""

import base64
import binascii
import re
from dataclasses import dataclass

from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.note import Verifier
from twofold.vault.signing.signed_checkpoint import verify_checkpoint
from twofold.vault.tree.merkle import HASH_SIZE, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"

_HEAD = re.compile(rf"{re.escape(HEADER)}\n(?:extra ([^\n]*)\n)?index (0|[1-9][0-9]*)\n((?:[^\n]+\n)*)")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Index of an entry, its inclusion proof from the leaf's sibling up, and the signed checkpoint it leads to.

    `extra` is not covered by any signature.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        """The file."""
        extra = () if self.extra is None else (f"extra {base64.b64encode(self.extra).decode()}",)
        hashes = (base64.b64encode(each).decode() for each in self.hashes)
        return "\n".join((HEADER, *extra, f"index {self.index}", *hashes, "", self.checkpoint))

    @classmethod
    def parse(cls, text: str) -> "TlogProof":
        """Read a file; raises ValueError for any other spelling. The checkpoint is not checked: see `verify`."""
        head, separator, checkpoint = text.partition("\n\n")
        match = _HEAD.fullmatch(f"{head}\n")
        if match is None or not separator:
            msg = f"not a proof: the lines {HEADER}, index, hashes, a blank line and a checkpoint are expected"
            raise ValueError(msg)
        extra = None if match[1] is None else _decoded(match[1])
        hashes = tuple(_decoded(line) for line in match[3].split("\n")[:-1])
        if any(len(each) != HASH_SIZE for each in hashes):
            msg = f"not a proof: a hash is not {HASH_SIZE} bytes long"
            raise ValueError(msg)
        proof = cls(int(match[2]), hashes, checkpoint, extra)
        if proof.text != text:
            msg = "not a proof: it is not in its canonical spelling"
            raise ValueError(msg)
        return proof

    def verify(self, entry: bytes, log_key: Verifier) -> Checkpoint:
        """Check that the log signed for these bytes of an entry; raises NoteError, ValueError or ProofError."""
        checkpoint = verify_checkpoint(self.checkpoint, log_key).checkpoint
        verify_inclusion(
            leaf=leaf_hash(entry), index=self.index, end=checkpoint.size, proof=self.hashes, root=checkpoint.root
        )
        return checkpoint


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode(), validate=True)
    except binascii.Error as error:
        msg = f"not a proof: {text[:200]!a} is not base64"
        raise ValueError(msg) from error
