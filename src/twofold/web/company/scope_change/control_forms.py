"""The form by which a person says who should have controls from a day on; it gives one edit per control."""

from collections.abc import Sequence
from typing import Any

from django import forms

from twofold.scope.edits.edit import PARTS, ControlHeld, ControlReleased, Edit
from twofold.web.company.scope_change.forms import NOBODY, day_field, person_said

_LONG = 4_000
WHICH = (
    ("each", "all systems: each entry keeps those that it names"),
    ("others", "the systems that no entry names"),
    ("these", "only these systems:"),
)


class HeldForm(forms.Form):
    """Other people for controls: a field per part, where nothing means that it stays."""

    day = day_field()
    which = forms.ChoiceField(choices=WHICH, required=False)
    reason = forms.CharField(max_length=_LONG)

    def __init__(self, *given: Any, systems: Sequence[str], **named: Any) -> None:
        super().__init__(*given, **named)
        for key in PARTS:
            self.fields[key] = forms.CharField(max_length=200, required=False)
        self.fields["systems"] = forms.MultipleChoiceField(choices=[(each, each) for each in systems], required=False)

    def clean(self) -> dict[str, Any]:
        """Check that a choice of systems names some."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("which") == "these" and not given.get("systems") and "systems" not in self.errors:
            self.add_error("systems", "Choose at least one system.")
        return given

    def held(self, controls: Sequence[str]) -> list[Edit]:
        """Return an edit per control; none where no person is given, which an error then says."""
        said = {key: self.cleaned_data[key].strip() for key in PARTS}
        given: dict[str, Any] = {key: person_said(text) for key, text in said.items() if text}
        if not given:
            self.add_error("owner", f"Give at least one person, or {NOBODY}.")
            return []
        return [ControlHeld(control=each, **self._when(), **given) for each in controls]

    def released(self, controls: Sequence[str]) -> list[Edit]:
        """Return an edit per control that takes it from everybody."""
        return [ControlReleased(control=each, **self._when()) for each in controls]

    def _when(self) -> dict[str, Any]:
        which = self.cleaned_data["which"]
        systems = {"others": (), "these": tuple(self.cleaned_data["systems"])}.get(which)
        return {"day": self.cleaned_data["day"], "systems": systems}
