"""The forms by which a person says what should change of a system; each gives one edit."""

from typing import Any, get_args

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from twofold.scope.edits.edit import (
    FIRST_DAY,
    LABEL_TITLES,
    LAST_DAY,
    Edit,
    LabelBegun,
    LabelEnded,
    LabelName,
    SystemAdded,
    SystemChanged,
    SystemRetired,
)
from twofold.scope.register import Scope
from twofold.scope.system import LAYERS, System
from twofold.web.workspace_access import current

LABELS = tuple((name, LABEL_TITLES[name]) for name in get_args(LabelName))
NOBODY = "nobody"
"""What is written where a person is taken out."""
_LONG = 4_000
_MOST_OFFERED = 2_000


def _listed(text: str, mark: str = "\n") -> tuple[str, ...]:
    """Return the parts of a text that are not empty, without spaces around."""
    return tuple(part.strip() for part in text.replace("\r", "").split(mark) if part.strip())


def people_to_offer() -> list[tuple[str, str]]:
    """Return (HR id, name) of the people whom a field offers; nobody where they are too many for a page."""
    people = current().people
    return sorted(people.items()) if len(people) <= _MOST_OFFERED else []


def person_said(text: str) -> str:
    """Return the HR id of a person as written: an id, or a name that only one person has; "" for nobody."""
    said = text.strip()
    people = current().people
    if said.casefold() == NOBODY:
        return ""
    named = [person for person, name in people.items() if name.casefold() == said.casefold()]
    return named[0] if said not in people and len(named) == 1 else said


def day_field(*, required: bool = True) -> forms.DateField:
    """Return a field for a day that a scope file may say."""
    limits = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
    return forms.DateField(validators=limits, required=required)


class _ReasonForm(forms.Form):
    """Every change has a reason."""

    reason = forms.CharField(max_length=_LONG)


class _DetailsForm(_ReasonForm):
    name = forms.CharField(max_length=200, required=False)
    description = forms.CharField(max_length=_LONG, required=False)
    owner = forms.CharField(max_length=200, required=False)
    held = forms.CharField(max_length=_LONG, required=False)
    sources = forms.CharField(max_length=_LONG, required=False)

    def details(self) -> dict[str, Any]:
        """Return the values as an edit has them."""
        given = self.cleaned_data
        return {
            "name": given["name"].strip(),
            "description": given["description"].strip().replace("\r", ""),
            "owner": person_said(given["owner"]),
            "data": _listed(given["held"], ","),
            "sources": _listed(given["sources"]),
        }


class AddForm(_DetailsForm):
    """A system that is added, with the labels that it gets at once."""

    system = forms.CharField(max_length=100)
    layer = forms.ChoiceField(choices=[(each, each) for each in LAYERS])
    soc2 = day_field(required=False)
    financially_relevant = day_field(required=False)

    def edits(self) -> list[Edit]:
        """Return the edits: the system, then its labels."""
        given = self.cleaned_data
        system = given["system"].strip()
        first: list[Edit] = [SystemAdded(system=system, layer=given["layer"], **self.details())]
        days: dict[LabelName, Any] = {"soc2": given["soc2"], "financially_relevant": given["financially_relevant"]}
        return first + [LabelBegun(system=system, label=label, day=day) for label, day in days.items() if day]


class ChangeForm(_DetailsForm):
    """What a system is."""

    def edit(self, system: System) -> Edit | None:
        """Return what differs from the system as it is; None where nothing does."""
        present = {
            "name": system.name,
            "description": system.description,
            "owner": system.owner or "",
            "data": system.data,
            "sources": system.sources,
        }
        changed = {key: value for key, value in self.details().items() if value != present[key]}
        return SystemChanged(system=system.id, **changed) if changed else None


class OwnerForm(_ReasonForm):
    """One owner for several systems, or nobody."""

    owner = forms.CharField(max_length=200)

    def edit(self, system: System) -> Edit | None:
        """Return another owner; None where the system has this one."""
        owner = person_said(self.cleaned_data["owner"])
        return SystemChanged(system=system.id, owner=owner) if owner != (system.owner or "") else None


class BeginForm(_ReasonForm):
    """A label that begins."""

    label = forms.ChoiceField(choices=LABELS)
    day = day_field()
    dependents = forms.CharField(max_length=_LONG, required=False)
    nothing_relies = forms.BooleanField(required=False)

    def edit(self, system: System) -> Edit:
        """Return the edit."""
        given = self.cleaned_data
        named = _listed(given["dependents"])
        dependents = named if named or given["nothing_relies"] else None
        return LabelBegun(system=system.id, label=given["label"], day=given["day"], dependents=dependents)


class EndForm(_ReasonForm):
    """A label that ends."""

    label = forms.ChoiceField(choices=LABELS)
    day = day_field()

    def edit(self, system: System) -> Edit:
        """Return the edit."""
        return LabelEnded(system=system.id, label=self.cleaned_data["label"], day=self.cleaned_data["day"])


class RetireForm(_ReasonForm):
    """A system that is given up."""

    day = day_field()

    def edit(self, system: System) -> Edit:
        """Return the edit."""
        return SystemRetired(system=system.id, day=self.cleaned_data["day"])


SystemForm = ChangeForm | OwnerForm | BeginForm | EndForm | RetireForm
FORMS: dict[str, type[SystemForm]] = {"change": ChangeForm, "begin": BeginForm, "end": EndForm, "retire": RetireForm}
"""Name of the act, as the page sends it -> its form."""
MANY: dict[str, type[SystemForm]] = {**FORMS, "change": OwnerForm}
"""The same for several systems at once, which share an owner but no name."""


def initial_of(system: System) -> dict[str, str]:
    """Return what the form of details shows at first."""
    return {
        "name": system.name,
        "description": system.description,
        "owner": system.owner or "",
        "held": ", ".join(system.data),
        "sources": "\n".join(system.sources),
    }


def systems_of(scope: Scope | None) -> list[tuple[str, str]]:
    """Return (id, name) of the systems, for a list to choose from."""
    return [(each.id, each.name or each.id) for each in scope.systems] if scope else []
