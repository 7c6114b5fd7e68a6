"""A person as somebody types one into a form: an HR id, a name that is one person's, or the address of an account."""

from django import forms
from django.contrib.auth.models import User

from twofold.web.workspace_access import current

_SHOWN = 3


def person_named(text: str) -> str:
    """Return the HR id, or the address of an account that is linked to nobody.

    Raises ValidationError for a name that nobody or more than one has. Without a roster every text is taken.
    """
    said = text.strip()
    people = current().people
    if said in people or not people:
        return said
    named = sorted(person for person, name in people.items() if name.casefold() == said.casefold())
    if len(named) == 1:
        return named[0]
    user = User.objects.filter(email__iexact=said, is_active=True, member__isnull=False).first()
    if user is not None:
        return str(user.member.person or user.email)
    if named:
        message = f"{said!r} is the name of more than one: {', '.join(named)}; give the id"
    else:
        known = ", ".join(f"{person} ({name})" for person, name in list(people.items())[:_SHOWN])
        message = f"the roster has nobody {said!r}; expected an id or a name of it, such as {known}"
    raise forms.ValidationError(message)


class PersonField(forms.CharField):
    """A text that names a person; its value is the id."""

    def clean(self, value: object) -> str:
        """Return the id of the person; raises ValidationError as `person_named` does."""
        text: str = super().clean(value)
        return person_named(text)
