"""What can be changed of a system without an editor: plain records that can be kept as JSON and read as a sentence.

Days are local days of the reporting zone; a change holds from the midnight that begins its day.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

LabelName = Literal["soc2", "financially_relevant", "sso_only"]
LABEL_TITLES: Mapping[str, str] = {
    "soc2": "SOC 2",
    "financially_relevant": "financially relevant",
    "sso_only": "single sign-on only",
}
"""Label, as the files write it -> what people call it."""


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str


class SystemAdded(_Edit):
    """A system that the files do not name yet."""

    kind: Literal["add"] = "add"
    layer: str
    name: str = ""
    description: str = ""
    owner: str = ""
    data: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The change as a sentence."""
        return f"{self.system} is added as {self.layer}{f', owner {self.owner}' if self.owner else ''}."


class SystemChanged(_Edit):
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

    @property
    def text(self) -> str:
        """The change as a sentence."""
        return f"{self.system} gets another {' and '.join(self.values)}."


class LabelBegun(_Edit):
    """A label that the system carries from a day. dependents: only of financially_relevant; None = not recorded."""

    kind: Literal["begin"] = "begin"
    label: LabelName
    day: date
    dependents: tuple[str, ...] | None = None

    @property
    def text(self) -> str:
        """The change as a sentence."""
        return f"{self.system} carries the label {LABEL_TITLES[self.label]} from {self.day}."


class LabelEnded(_Edit):
    """A label that the system carries until the midnight that begins a day."""

    kind: Literal["end"] = "end"
    label: LabelName
    day: date

    @property
    def text(self) -> str:
        """The change as a sentence."""
        return f"{self.system} no longer carries the label {LABEL_TITLES[self.label]} from {self.day}."


class SystemRetired(_Edit):
    """A system that is given up: its labels, servings, stores, checks and schedules end with a day."""

    kind: Literal["retire"] = "retire"
    day: date

    @property
    def text(self) -> str:
        """The change as a sentence."""
        return f"{self.system} is retired from {self.day}."


Edit = SystemAdded | SystemChanged | LabelBegun | LabelEnded | SystemRetired
_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Annotated[Edit, Field(discriminator="kind")], ...])


def edits_as_json(edits: tuple[Edit, ...]) -> str:
    """Return edits as JSON, which `read_edits` reads."""
    return _EDITS.dump_json(edits).decode()


def read_edits(text: str) -> tuple[Edit, ...]:
    """Read what `edits_as_json` wrote; raises ValueError (pydantic) for anything else."""
    return _EDITS.validate_json(text)
