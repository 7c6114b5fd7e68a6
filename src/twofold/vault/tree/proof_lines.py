"""A consistency proof as a file: one hash a line in base64, in the order of RFC 9162 section 2.1.4.1.

These are the proof lines of C2SP tlog-witness. Sizes and roots stand in the two checkpoints that it leads between; the
proof between two checkpoints of one size is an empty file.
"""

import base64
import binascii
from collections.abc import Sequence

from twofold.vault.tree.merkle import HASH_SIZE, ProofError

_MOST_HASHES = 128


def proof_text(hashes: Sequence[bytes]) -> str:
    """Write a proof."""
    return "".join(f"{base64.b64encode(each).decode()}\n" for each in hashes)


def parse_proof(text: str) -> list[bytes]:
    """Read a proof; raises ProofError for any other spelling."""
    lines = text.split("\n")
    try:
        hashes = [base64.b64decode(line.encode("ascii"), validate=True) for line in lines[:-1]]
    except (binascii.Error, UnicodeEncodeError):
        hashes = [b""]
    if any(len(each) != HASH_SIZE for each in hashes) or len(hashes) > _MOST_HASHES or proof_text(hashes) != text:
        msg = f"not a consistency proof: lines with {HASH_SIZE} bytes in base64 are expected, and nothing else"
        raise ProofError(msg)
    return hashes
