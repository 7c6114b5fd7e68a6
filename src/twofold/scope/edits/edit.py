"""What can be changed of the scope without an editor: plain records that can be kept as JSON and read as a sentence.

An edit is about one system (`SystemEdit`) or about who has one control (`ControlEdit`); a change of scope holds as many
as it needs. Days are local days of the reporting zone; a change holds from the midnight that begins its day.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

LabelName = Literal["soc2", "financially_relevant", "sso_only"]
LABEL_TITLES: Mapping[str, str] = {
    "soc2": "SOC 2",
    "financially_relevant": "financially relevant",
    "sso_only": "single sign-on only",
}
"""Label, as the files write it -> what people call it."""
PARTS: Mapping[str, str] = {
    "owner": "owner",
    "performer": "performer",
    "evidence_owner": "evidence owner",
    "deputy": "deputy",
}
"""Part that a person has in a control, as the files write it -> what people call it."""
FIRST_DAY, LAST_DAY = date(1990, 1, 2), date(2199, 12, 31)
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
"""A local day that scope files may say."""
_FEW = 4
"""Ids that a short sentence names."""


class _Edit(BaseModel, ABC):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    @abstractmethod
    def subject(self) -> str:
        """The id of the system or control that it is about."""

    @property
    def text(self) -> str:
        """The change as a sentence."""
        return self.said_of(self.subject)

    @abstractmethod
    def said_of(self, subjects: str, *, many: bool = False) -> str:
        """The change as a sentence about one or many, which `subjects` names."""


class SystemEdit(_Edit):
    """Of one system."""

    system: str

    @property
    def subject(self) -> str:
        """The system."""
        return self.system


class SystemAdded(SystemEdit):
    """A system that the files do not name yet."""

    kind: Literal["add"] = "add"
    layer: str
    name: str = ""
    description: str = ""
    owner: str = ""
    data: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def said_of(self, subjects: str, *, many: bool = False) -> str:
        """The change as a sentence."""
        owner = f", owner {self.owner}" if self.owner else ""
        return f"{subjects} {'are' if many else 'is'} added as {self.layer}{owner}."


class SystemChanged(SystemEdit):
    """What a system is: a value of None stays as it is, an empty one is taken out."""

    kind: Literal["change"] = "change"
    name: str | None = None
    description: str | None = None
    owner: str | None = None
    data: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None

    @property
    def values(self) -> dict[str, str | tuple[str, ...]]:
        """Key of the file -> the new value, for what changes."""
        named = ("name", "description", "owner", "data", "sources")
        return {key: getattr(self, key) for key in named if getattr(self, key) is not None}

    def said_of(self, subjects: str, *, many: bool = False) -> str:
        """The change as a sentence."""
        parts = [self._owner if key == "owner" else f"another {key}" for key in self.values]
        return f"{subjects} {'get' if many else 'gets'} {' and '.join(parts)}."

    @property
    def _owner(self) -> str:
        return f"owner {self.owner}" if self.owner else "no owner"


class LabelBegun(SystemEdit):
    """A label that the system carries from a day. dependents: only of financially_relevant; None = not recorded."""

    kind: Literal["begin"] = "begin"
    label: LabelName
    day: Day
    dependents: tuple[str, ...] | None = None

    def said_of(self, subjects: str, *, many: bool = False) -> str:
        """The change as a sentence."""
        return f"{subjects} {'carry' if many else 'carries'} the label {LABEL_TITLES[self.label]} from {self.day}."


class LabelEnded(SystemEdit):
    """A label that the system carries until the midnight that begins a day."""

    kind: Literal["end"] = "end"
    label: LabelName
    day: Day

    def said_of(self, subjects: str, *, many: bool = False) -> str:
        """The change as a sentence."""
        verb = "carry" if many else "carries"
        return f"{subjects} no longer {verb} the label {LABEL_TITLES[self.label]} from {self.day}."


class SystemRetired(SystemEdit):
    """A system that is given up: its labels, servings, stores, checks and schedules end with a day."""

    kind: Literal["retire"] = "retire"
    day: Day

    def said_of(self, subjects: str, *, many: bool = False) -> str:
        """The change as a sentence."""
        return f"{subjects} {'are' if many else 'is'} retired from {self.day}."


class ControlEdit(_Edit):
    """Of who has one control from a day on; what held before that day stays as it is.

    systems: for which of its systems. None = all that it is held for, as its entries divide them; () = those that no
    entry names.
    """

    control: str
    day: Day
    systems: tuple[str, ...] | None = None

    @property
    def subject(self) -> str:
        """The control."""
        return self.control

    @property
    def _where(self) -> str:
        if self.systems is None:
            return ""
        return f", for {', '.join(self.systems)}" if self.systems else ", for the systems that no entry names"


class ControlHeld(ControlEdit):
    """Another owner, performer, evidence owner or deputy, at least one: None stays as it is, "" is taken out."""

    kind: Literal["hold"] = "hold"
    owner: str | None = None
    performer: str | None = None
    evidence_owner: str | None = None
    deputy: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.values:
            msg = f"give at least one of {', '.join(PARTS)}"
            raise ValueError(msg)
        return self

    @property
    def values(self) -> dict[str, str]:
        """Key of the file -> the new person, for what changes."""
        return {key: getattr(self, key) for key in PARTS if getattr(self, key) is not None}

    def said_of(self, subjects: str, *, many: bool = False) -> str:
        """The change as a sentence."""
        parts = [f"{PARTS[key]} {person}" if person else f"no {PARTS[key]}" for key, person in self.values.items()]
        return f"{subjects} {'have' if many else 'has'} {', '.join(parts)} from {self.day}{self._where}."


class ControlReleased(ControlEdit):
    """Nobody in particular has the control any more; for systems that were named, whoever has it for the others."""

    kind: Literal["release"] = "release"

    def said_of(self, subjects: str, *, many: bool = False) -> str:
        """The change as a sentence."""
        return f"{subjects} {'are' if many else 'is'} no longer held from {self.day}{self._where}."


Edit = SystemAdded | SystemChanged | LabelBegun | LabelEnded | SystemRetired | ControlHeld | ControlReleased
_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Annotated[Edit, Field(discriminator="kind")], ...])


def edits_as_json(edits: tuple[Edit, ...]) -> str:
    """Return edits as JSON, which `read_edits` reads."""
    return _EDITS.dump_json(edits).decode()


def read_edits(text: str) -> tuple[Edit, ...]:
    """Read what `edits_as_json` wrote; raises ValueError (pydantic) for anything else."""
    return _EDITS.validate_json(text)


def sentences(
    edits: Iterable[Edit], *, short: bool = False, people: Mapping[str, str] = MappingProxyType({})
) -> list[str]:
    """Say edits, a sentence each; those that say the same of several systems or controls share one.

    short: where one is about many, only the first few are named. people: HR id -> name, which then stands for the id.
    """
    alike: dict[tuple[object, ...], list[Edit]] = {}
    for edit in (_with_names(each, people) for each in edits):
        said = edit.model_dump(exclude={"system", "control"})
        alike.setdefault((type(edit), *said.values()), []).append(edit)
    return [_sentence(same, short=short) for same in alike.values()]


def _with_names(edit: Edit, people: Mapping[str, str]) -> Edit:
    named = {key: people[person] for key in PARTS if (person := getattr(edit, key, None) or "") in people}
    return edit.model_copy(update=named) if named else edit


def _sentence(same: list[Edit], *, short: bool) -> str:
    first = same[0]
    if len(same) == 1:
        return first.text
    what = "controls" if isinstance(first, ControlEdit) else "systems"
    names = [each.subject for each in same]
    named = ", ".join(names[:_FEW] if short else names)
    more = f" and {len(names) - _FEW} more" if short and len(names) > _FEW else ""
    return f"{first.said_of(f'{len(names)} {what}', many=True)[:-1]}: {named}{more}."
