"""The forms by which a person says what should change of a system; each gives one edit."""

from typing import Any, get_args

from django import forms

from twofold.scope.edits.edit import (
    LABEL_TITLES,
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

LABELS = tuple((name, LABEL_TITLES[name]) for name in get_args(LabelName))
_LONG = 4_000


def _listed(text: str, mark: str = "\n") -> tuple[str, ...]:
    """Return the parts of a text that are not empty, without spaces around."""
    return tuple(part.strip() for part in text.replace("\r", "").split(mark) if part.strip())


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
            "owner": given["owner"].strip(),
            "data": _listed(given["held"], ","),
            "sources": _listed(given["sources"]),
        }


class AddForm(_DetailsForm):
    """A system that is added."""

    system = forms.CharField(max_length=100)
    layer = forms.ChoiceField(choices=[(each, each) for each in LAYERS])

    def edit(self) -> Edit:
        """Return the edit."""
        given = self.cleaned_data
        return SystemAdded(system=given["system"].strip(), layer=given["layer"], **self.details())


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


class BeginForm(_ReasonForm):
    """A label that begins."""

    label = forms.ChoiceField(choices=LABELS)
    day = forms.DateField()
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
    day = forms.DateField()

    def edit(self, system: System) -> Edit:
        """Return the edit."""
        return LabelEnded(system=system.id, label=self.cleaned_data["label"], day=self.cleaned_data["day"])


class RetireForm(_ReasonForm):
    """A system that is given up."""

    day = forms.DateField()

    def edit(self, system: System) -> Edit:
        """Return the edit."""
        return SystemRetired(system=system.id, day=self.cleaned_data["day"])


SystemForm = ChangeForm | BeginForm | EndForm | RetireForm
FORMS: dict[str, type[SystemForm]] = {"change": ChangeForm, "begin": BeginForm, "end": EndForm, "retire": RetireForm}
"""Name of the act, as the page sends it -> its form."""


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
