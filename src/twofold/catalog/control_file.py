"""Reads one control from its file and checks each of its references against the registers.

It refuses a mapping to an id that does not exist, a letter that has no wording, a control that neither a
rule nor a person tests, and a change control that leaves out CC8.1.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from twofold.catalog.entries import BY_HAND, LENSES, Control, DomainRole, Frequency, Risk, SoxUse
from twofold.catalog.registers import Registers
from twofold.catalog.toml_table import TomlTable
from twofold.model.ids import ControlId, ControlTestId, CriterionId

FIELDS = (
    "id",
    "title",
    "family",
    "statement",
    "criteria",
    "sox_use",
    "frequency",
    "frequency_note",
    "evidence",
    "population_unit",
    "control_tests",
    "by_hand_because",
    "lens_difference",
    "narrative",
    "itgc",
    "attributes",
    "lens",
    "risk",
)
CHANGE_FAMILY, CHANGE_DOMAIN, CHANGE_CRITERION = "change_and_development", "PC", "CC8.1"
"""Vendor guides map change controls elsewhere; audit-domain 1 asks for this check."""

Word = TypeVar("Word", bound=StrEnum)
Required = Mapping[str, Mapping[str, tuple[str, ...]]]

_CONTROL_ID = re.compile(r"[A-Z]{2}-\d{2}")
_LETTER = re.compile(r"[A-Z]")


def read_control(file: TomlTable, registers: Registers) -> Control:
    """Return the control of one file; every fault goes to the problems of `file`, which then must not be used."""
    file.allow_only(*FIELDS)
    control_id = _control_id(file)
    family = file.text("family")
    file.refer("family", found=family, valid=registers.families, noun="family")
    criteria = _list(file, "criteria", valid=registers.criteria, noun="criterion", may_be_empty=False)
    control_tests = _list(file, "control_tests", valid=registers.control_tests, noun="control test", may_be_empty=True)
    sox_use = _word(file, "sox_use", SoxUse, SoxUse.ITGC)
    domains = _domains(file, registers, sox_use)
    _expect_change_criterion(file, family, domains, criteria)
    attributes = _attributes(file)
    required = _required(file, attributes, control_tests, sox_use)
    _expect_use(file, control_tests, required, known=registers.control_tests)
    return Control(
        control_id=control_id,
        title=file.text("title"),
        family=family,
        statement=file.text("statement"),
        criteria=tuple(CriterionId(criterion) for criterion in criteria),
        sox_use=sox_use,
        domains=domains,
        frequency=_word(file, "frequency", Frequency, Frequency.EVERY_EVENT),
        frequency_note=file.optional_text("frequency_note"),
        evidence=_list(file, "evidence", valid=None, noun="evidence", may_be_empty=False),
        population_unit=file.text("population_unit"),
        attributes=attributes,
        control_tests=tuple(ControlTestId(control_test) for control_test in control_tests),
        by_hand_because=_by_hand_because(file, control_tests),
        required={
            lens: {ControlTestId(test): letters for test, letters in needs.items() if test != BY_HAND}
            for lens, needs in required.items()
            if BY_HAND not in needs
        },
        required_by_hand={lens: needs[BY_HAND] for lens, needs in required.items() if BY_HAND in needs},
        lens_difference=file.text("lens_difference"),
        narrative=file.text("narrative"),
        risk=_risk(file, sox_use),
    )


def _control_id(file: TomlTable) -> ControlId:
    control_id = file.text("id")
    if control_id and not _CONTROL_ID.fullmatch(control_id):
        file.report(
            "id", found=f"the control id {control_id!r}", expected="two capitals, a hyphen and two digits (AC-03)"
        )
    return ControlId(control_id)


def _list(
    file: TomlTable, name: str, *, valid: Collection[str] | None, noun: str, may_be_empty: bool
) -> tuple[str, ...]:
    """Read a list of distinct texts; `valid` None means that any text will do."""
    found = file.texts(name)
    if name in file.values and not found and not may_be_empty:
        file.report(name, found=f"{name!r} is empty", expected=f"at least one {noun}")
    for position, text in enumerate(found):
        if text in found[:position]:
            file.report(name, position, found=f"{text!r} stands twice in {name!r}", expected="each entry once")
        elif text and valid is not None:
            file.refer(name, position, found=text, valid=valid, noun=noun)
    return found


def _word(file: TomlTable, name: str, kind: type[Word], fallback: Word) -> Word:
    """Read a word of a closed list; `fallback` stands in for a word at fault, which has been reported."""
    text = file.text(name)
    if not text or not file.refer(name, found=text, valid=kind, noun=f"{name} word"):
        return fallback
    return kind(text)


def _domains(file: TomlTable, registers: Registers, sox_use: SoxUse) -> dict[str, DomainRole]:
    table = file.table("itgc")
    domains: dict[str, DomainRole] = {}
    for domain in table.values:
        if table.refer(domain, found=domain, valid=registers.domains, noun="ITGC domain"):
            domains[domain] = _word(table, domain, DomainRole, DomainRole.KEY)
    if sox_use is SoxUse.ITGC and not table.values:
        file.report(
            "itgc",
            found="no ITGC domain, although sox_use is 'itgc'",
            expected=f"a table [itgc] with one or more of {', '.join(registers.domains)}",
            remedy="add the domain with its role, or set sox_use to soc2_only or entity_level",
        )
    if sox_use is not SoxUse.ITGC and table.values:
        file.report(
            "itgc",
            found=f"ITGC domains, although sox_use is '{sox_use}'",
            expected="no table [itgc]",
            remedy="delete [itgc], or set sox_use to itgc",
        )
    return domains


def _expect_change_criterion(
    file: TomlTable, family: str, domains: Mapping[str, DomainRole], criteria: Sequence[str]
) -> None:
    if family == CHANGE_FAMILY and CHANGE_DOMAIN in domains and CHANGE_CRITERION not in criteria:
        file.report(
            "criteria",
            found=f"a change control that does not map to {CHANGE_CRITERION}",
            expected=f"{CHANGE_CRITERION} among its criteria, as for every control of program change",
            remedy=f'add "{CHANGE_CRITERION}" to criteria',
        )


def _attributes(file: TomlTable) -> dict[str, str]:
    table = file.required_table("attributes")
    attributes: dict[str, str] = {}
    for letter in table.values:
        if not _LETTER.fullmatch(letter):
            table.report(letter, found=f"the attribute {letter!r}", expected="one capital letter")
        attributes[letter] = table.text(letter)
    if "attributes" in file.values and not attributes:
        table.report(found="no attribute", expected='at least one, written as A = "what is tested"')
    return attributes


def _required(
    file: TomlTable, attributes: Mapping[str, str], control_tests: Sequence[str], sox_use: SoxUse
) -> Required:
    table = file.required_table("lens")
    table.allow_only(*LENSES)
    testers = control_tests or (BY_HAND,)
    required = {lens: _needs(table.table(lens), attributes, testers) for lens in LENSES if lens in table.values}
    if ("sox" in required) != (sox_use is SoxUse.ITGC):
        file.report(
            "lens",
            found=f"[lens.sox] is {'there' if 'sox' in required else 'missing'}, and sox_use is '{sox_use}'",
            expected="[lens.sox] exactly where sox_use is 'itgc'",
        )
    return required


def _expect_use(file: TomlTable, control_tests: Sequence[str], required: Required, *, known: Collection[str]) -> None:
    for position, tester in enumerate(control_tests):
        if tester in known and required and not any(tester in needs for needs in required.values()):
            file.report(
                "control_tests",
                position,
                found=f"no lens requires an attribute of {tester}",
                expected=f"{tester} in at least one [lens] table",
            )


def _needs(table: TomlTable, attributes: Mapping[str, str], testers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    needs: dict[str, tuple[str, ...]] = {}
    for tester in table.values:
        if table.refer(tester, found=tester, valid=testers, noun="control test of this control"):
            needs[tester] = _list(table, tester, valid=attributes, noun="attribute", may_be_empty=False)
    if not table.values:
        table.report(found="no required attribute", expected=f'for example {testers[0]} = ["A"]')
    return needs


def _by_hand_because(file: TomlTable, control_tests: Sequence[str]) -> str:
    if not control_tests:
        return file.text("by_hand_because")
    if "by_hand_because" in file.values:
        file.report(
            "by_hand_because",
            found="by_hand_because beside control tests",
            expected="a reason only where control_tests is empty",
            remedy="delete by_hand_because",
        )
    return ""


def _risk(file: TomlTable, sox_use: SoxUse) -> Risk:
    table = file.required_table("risk")
    table.allow_only("soc2", "financial_reporting")
    if sox_use is SoxUse.SOC2_ONLY:
        return Risk(table.text("soc2"), table.optional_text("financial_reporting"))
    return Risk(table.text("soc2"), table.text("financial_reporting"))
