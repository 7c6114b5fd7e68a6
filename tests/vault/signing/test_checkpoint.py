"""Checkpoint bodies: one spelling, read and written."""

import base64
import json
from pathlib import Path

import pytest

from twofold.vault.signing.checkpoint import Checkpoint

CASES = Path(__file__).parents[3] / ".." / "shared" / "data" / "merkle-vectors" / "constants"


@pytest.mark.skipif(not CASES.is_dir(), reason="the third-party checkpoint cases are not here")
def test_the_parser_cases_of_transparency_dev_formats() -> None:
    found = json.loads((CASES / "checkpoint-and-tlog-proof.json").read_text(encoding="utf-8"))["checkpoint_body"]
    assert len(found) == 10
    for case in found:
        if case["want_error"]:
            with pytest.raises(ValueError, match="not a checkpoint"):
                Checkpoint.parse(case["text"])
        else:
            checkpoint = Checkpoint.parse(case["text"])
            assert checkpoint.text == case["text"]
            assert (checkpoint.origin, checkpoint.size) == (case["origin"], case["size"])
            assert checkpoint.root == base64.b64decode(case["hash_b64"])


@pytest.mark.parametrize(
    "text", ["Log\n007\nAAAA\n", "Log\n+7\nAAAA\n", "Log\n7\nAAB=\n", "Log\n7\n AAA\n", "Log\r\n7\nAA\n"]
)
def test_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a checkpoint"):
        Checkpoint.parse(text)
