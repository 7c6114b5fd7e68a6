"""Fifty changes at random: each is found by both checkers, and the file is named. `make fuzz` makes thousands."""

import importlib.util
import random  # noqa: TID251  drawn from a named seed, so that a failure can be repeated
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from twofold.vault.signing.keys import SigningKey

TOOL = Path(__file__).parents[2] / "tools" / "fuzz" / "package.py"


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_package", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_changes_at_random_are_found_and_named(
    fuzz: ModuleType, sampled: Path, key: SigningKey, tmp_path: Path
) -> None:
    copy = shutil.copytree(sampled, tmp_path / "package")
    assert not any(sentences for _, sentences in fuzz.faults_of(copy))
    victim = fuzz.Victim(copy, key, random.Random(20261125))  # noqa: S311
    for _ in range(50):
        made, missed = fuzz.attack(victim)
        assert missed == [], made
    assert not any(sentences for _, sentences in fuzz.faults_of(copy)), "mending left something behind"


def test_each_kind_of_change_is_found(fuzz: ModuleType, sampled: Path, key: SigningKey, tmp_path: Path) -> None:
    copy = shutil.copytree(sampled, tmp_path / "package")
    victim = fuzz.Victim(copy, key, random.Random(7))  # noqa: S311
    for change in fuzz.CHANGES:
        made, missed = fuzz.attack(victim, change)
        assert missed == [], made


def test_a_changed_index_does_not_hide_that_the_signature_is_wrong(
    fuzz: ModuleType, sampled: Path, key: SigningKey, tmp_path: Path
) -> None:
    copy = shutil.copytree(sampled, tmp_path / "package")
    victim = fuzz.Victim(copy, key, random.Random(7))  # noqa: S311

    def break_index(victim: Any) -> Any:
        victim.write("data/package.json", b"{ no JSON \xff")
        victim.remake_manifests()
        return fuzz.Made("manifests remade", (fuzz.TAG_NOTE, fuzz.TAG_SIGNATURE, "data/package.json"), every=True)

    _, missed = fuzz.attack(victim, break_index)
    assert missed == []


@pytest.mark.parametrize("signature", ["TAG_NOTE", "TAG_SIGNATURE"])
def test_key_and_signature_in_each_other_s_place_are_both_named(
    fuzz: ModuleType, sampled: Path, key: SigningKey, tmp_path: Path, signature: str
) -> None:
    victim = fuzz.Victim(shutil.copytree(sampled, tmp_path / "package"), key, random.Random(7))  # noqa: S311

    def swap(victim: Any) -> Any:
        places = (getattr(fuzz, signature), "data/log/key.vkey")
        for place, other in (places, places[::-1]):
            victim.write(place, victim.whole[other])
        return fuzz.Made("swap", places, every=True)

    _, missed = fuzz.attack(victim, swap)
    assert missed == []
