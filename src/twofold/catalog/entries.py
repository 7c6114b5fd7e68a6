"""What the catalog holds: criteria, principles, ITGC domains, families, control tests and controls.

Plain frozen records. They hold our own wording only: the texts of AICPA, PCAOB and COSO are copyrighted
and are not part of them. Mappings keep the order of the files and are not to be changed by a reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from twofold.model.ids import ControlId, ControlTestId, CriterionId

LENSES = ("soc2", "sox")
BY_HAND = "by_hand"
"""Stands in a lens table where a control test would, for a control that no rule tests."""


class Frequency(StrEnum):
    """How often the control runs, which is not how many transactions it covers (audit-domain 5.1)."""

    EVERY_EVENT = "every_event"
    CONTINUOUS = "continuous"
    AUTOMATED = "automated"
    DAILY = "daily"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    SCHEDULED = "scheduled"


class SoxUse(StrEnum):
    """How SOX uses a control: as an ITGC, at the entity level, or not at all."""

    ITGC = "itgc"
    ENTITY_LEVEL = "entity_level"
    SOC2_ONLY = "soc2_only"


class DomainRole(StrEnum):
    """What a control is to an ITGC domain. Reliance: what it covers relies on controls of that domain."""

    KEY = "key"
    SUPPORTING = "supporting"
    RARE = "rare"
    RELIANCE = "reliance"


@dataclass(frozen=True, slots=True)
class Category:
    """A trust services category; `always` marks Security, which every SOC 2 includes."""

    category_id: str
    title: str
    always: bool


@dataclass(frozen=True, slots=True)
class Series:
    """A run of criteria, for example CC6; `count` is how many it must have."""

    series_id: str
    title: str
    category: str
    count: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the 61 trust services criteria, with our short title.

    principle: number of the COSO principle it relates to, or None. adds_to_principle: True where it goes
    beyond that principle, False where it is that principle applied to the service.
    """

    criterion_id: CriterionId
    title: str
    series: str
    category: str
    principle: int | None
    adds_to_principle: bool


@dataclass(frozen=True, slots=True)
class Principle:
    """One of the 17 COSO principles, in our words."""

    number: int
    title: str
    component: str


@dataclass(frozen=True, slots=True)
class ItgcDomain:
    """One of the four domains of IT general controls and the question it answers."""

    domain_id: str
    title: str
    question: str
    principle: int
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """A heading that controls are listed under."""

    family_id: str
    title: str


@dataclass(frozen=True, slots=True)
class KnownControlTest:
    """A control test that a control may name; whether its rule is built is not known here."""

    control_test_id: ControlTestId
    title: str


@dataclass(frozen=True, slots=True)
class Risk:
    """What could go wrong, as the effect of an exception; `financial_reporting` is "" for a SOC 2 only control."""

    soc2: str
    financial_reporting: str


@dataclass(frozen=True, slots=True)
class Control:
    """One control with its crosswalk, attributes and what each lens requires of it (audit-domain 3).

    domains: ITGC domain -> role. attributes: letter -> wording. control_tests: the rules that test it; where
    there is none, by_hand_because says why. required: lens -> control test -> letters that must hold.
    required_by_hand: lens -> letters, for a control that no rule tests.
    """

    control_id: ControlId
    title: str
    family: str
    statement: str
    criteria: tuple[CriterionId, ...]
    sox_use: SoxUse
    domains: Mapping[str, DomainRole]
    frequency: Frequency
    frequency_note: str
    evidence: tuple[str, ...]
    population_unit: str
    attributes: Mapping[str, str]
    control_tests: tuple[ControlTestId, ...]
    by_hand_because: str
    required: Mapping[str, Mapping[ControlTestId, tuple[str, ...]]]
    required_by_hand: Mapping[str, tuple[str, ...]]
    lens_difference: str
    narrative: str
    risk: Risk

    @property
    def lenses(self) -> tuple[str, ...]:
        """The lenses that judge this control."""
        return tuple(lens for lens in LENSES if lens in self.required or lens in self.required_by_hand)

    def required_attributes(self, *, lens: str, control_test_id: str) -> tuple[str, ...]:
        """Return the letters of a control test that `lens` requires for this control; () when it asks for none."""
        return self.required.get(lens, {}).get(ControlTestId(control_test_id), ())
