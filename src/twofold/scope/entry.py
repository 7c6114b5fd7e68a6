"""What all entries of a scope file share: unknown keys are refused, and each entry knows its place in the files."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, PrivateAttr, model_validator

from twofold.scope.fields import Limit, fault
from twofold.scope.reading import Place, PlacedMap
from twofold.scope.stretches import Stretch


class Entry(BaseModel):
    """One frozen entry. Two entries are equal when they say the same, wherever they stand."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)
    _place: Place | None = PrivateAttr(default=None)

    @property
    def place(self) -> Place:
        """Where the entry stands; for an entry that was not read from a file, a place without a file name."""
        return self._place or Place("scope", "", 0)

    @property
    def record(self) -> str:
        """The locator for lineage, for example `systems.yaml:12`."""
        return self.place.record if self._place else ""

    @model_validator(mode="wrap")
    @classmethod
    def _remember_place(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, PlacedMap):
            return handler(data)
        known = {field.alias or name for name, field in cls.model_fields.items()}
        # A key with nothing after it is the same as no key, so that a blank in a starter file can stay.
        entry = handler({key: value for key, value in data.items() if value is not None or key not in known})
        entry._place = data.place  # noqa: SLF001 - its own attribute, set once where it is built
        return entry

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))


class Dated(Entry):
    """An entry that holds from a day to another, half open; without `to` it still holds."""

    valid_from: Limit | None = Field(default=None, alias="from", description="First day it holds; empty = always.")
    valid_to: Limit | None = Field(
        default=None, alias="to", description="Day from which it no longer holds (exclusive); empty = still holds."
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_from.at >= self.valid_to.at:
            found = f"it ends ({self.valid_to.text}) no later than it starts ({self.valid_from.text})"
            remedy = "'to' is the first day on which it no longer holds"
            fault(found, "'from' before 'to'", remedy, key="to")
        return self

    @property
    def stretch(self) -> Stretch:
        """The stretch in which the entry holds."""
        return Stretch.of(self.valid_from.at if self.valid_from else None, self.valid_to.at if self.valid_to else None)


class DatedFrom(Dated):
    """A dated entry whose start must be written, since a fact without a date proves nothing."""

    valid_from: Limit = Field(alias="from", description="First day it holds.")
