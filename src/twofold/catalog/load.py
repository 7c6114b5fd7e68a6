"""Loads the catalog: registers first, then each control, then what only shows across controls.

All faults of all files are reported together as one UserError; with any fault there is no catalog.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from twofold.catalog.catalog import Catalog
from twofold.catalog.control_file import read_control
from twofold.catalog.entries import Control
from twofold.catalog.registers import Registers, read_registers
from twofold.catalog.toml_table import TomlTable, read_toml
from twofold.model.ids import ControlId
from twofold.model.problem import Problem, UserError

SHIPPED = Path(__file__).parent
"""The catalog that comes with Twofold."""


@cache
def load_catalog(root: Path | None = None) -> Catalog:
    """Read and check the catalog below `root`; None means the one that comes with Twofold.

    Raises UserError with every fault, each with file and line (docs/formats/catalog.md).
    """
    folder = SHIPPED if root is None else root
    problems: list[Problem] = []
    registers = read_registers(folder, problems)
    controls = _read_controls(folder / "controls", registers, problems)
    if problems:
        raise UserError(problems)
    order = {family: position for position, family in enumerate(registers.families)}
    ordered = sorted(controls, key=lambda control: (order[control.family], control.control_id))
    return Catalog(
        categories=registers.categories,
        series=registers.series,
        criteria=registers.criteria,
        principles=registers.principles,
        domains=registers.domains,
        families=registers.families,
        control_tests=registers.control_tests,
        controls={control.control_id: control for control in ordered},
    )


def _read_controls(folder: Path, registers: Registers, problems: list[Problem]) -> list[Control]:
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        problems.append(Problem(f"{folder}", "no control", "a file ID.toml for each control"))
    # Without a register every reference to it would be reported; the missing register alone says more.
    if not all((registers.criteria, registers.domains, registers.families, registers.control_tests)):
        return []
    files = [file for path in paths if (file := read_toml(path, problems))]
    controls = [(file, read_control(file, registers)) for file in files]
    _expect_own_ids(controls)
    _expect_own_prose(controls)
    _expect_one_wording(controls)
    return [control for _, control in controls]


def _expect_own_ids(controls: Sequence[tuple[TomlTable, Control]]) -> None:
    # The file that bears the id as its name is the rightful one; the other is the duplicate.
    by_right = sorted(controls, key=lambda pair: (pair[0].file.stem != pair[1].control_id, pair[0].file.name))
    taken: dict[ControlId, str] = {}
    for file, control in by_right:
        control_id = control.control_id
        if control_id in taken:
            file.report(
                "id",
                found=f"control {control_id!r} is defined twice, first at {taken[control_id]}",
                expected="each control id once",
                remedy=f"set the id to {file.file.stem!r}, or delete one of the two files",
            )
        elif control_id and control_id != file.file.stem:
            file.report(
                "id",
                found=f"control {control_id!r} in the file {file.file.name}",
                expected="the file name is the control id",
                remedy=f"rename the file to {control_id}.toml, or set the id to {file.file.stem!r}",
            )
        taken.setdefault(control_id, file.where("id"))


def _expect_own_prose(controls: Sequence[tuple[TomlTable, Control]]) -> None:
    for name in ("title", "statement", "narrative"):
        first: dict[str, str] = {}
        for file, control in controls:
            text = getattr(control, name)
            if text and text in first:
                file.report(
                    name,
                    found=f"the {name} repeats {first[text]}",
                    expected=f"a {name} of its own for each control",
                )
            first.setdefault(text, file.where(name))


def _expect_one_wording(controls: Sequence[tuple[TomlTable, Control]]) -> None:
    """A letter belongs to its control test, so two controls that share both must say the same."""
    seen: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for file, control in controls:
        for test, letter in sorted(set(_letters_by_test(control))):
            if letter not in control.attributes:
                continue
            wording, where = control.attributes[letter], file.where("attributes", letter)
            others = seen[test, letter]
            if others and wording not in others:
                other_wording, other_where = next(iter(others.items()))
                file.report(
                    "attributes",
                    letter,
                    found=f"attribute {letter} of {test} is {wording!r}, and at {other_where} {other_wording!r}",
                    expected="one wording for each attribute of a control test",
                    remedy="use the same wording, or a letter that the control test does not use yet",
                )
            others.setdefault(wording, where)


def _letters_by_test(control: Control) -> Iterator[tuple[str, str]]:
    for needs in control.required.values():
        for test, letters in needs.items():
            yield from ((test, letter) for letter in letters)
