"""The forms of a finding's page: an answer, a repair that was done, an acceptance."""

from django import forms

from twofold.findings.follow_up import FollowUp
from twofold.web.named_person import PersonField


class AnswerForm(forms.Form):
    """Why it happened, what is done, by whom, until when."""

    cause = forms.CharField(max_length=4000)
    response = forms.CharField(max_length=4000)
    owner = PersonField(max_length=200)
    due_on = forms.DateField()
    anew = forms.BooleanField(required=False)
    """The repair did not hold: it is done again."""


class RepairForm(forms.Form):
    """What was done, when, and the evidence of it."""

    remediated_on = forms.DateField()
    remediation = forms.CharField(max_length=4000)
    evidence = forms.CharField(max_length=2000, required=False)


class AcceptForm(forms.Form):
    """Why the company lives with it, and when somebody looks at it again."""

    reason = forms.CharField(max_length=4000)
    until = forms.DateField()


def blank_forms(follow_up: FollowUp) -> dict[str, forms.Form]:
    """Return the forms of a finding's page, with what was said before."""
    answer = follow_up.answer
    said = {name: getattr(answer, name) for name in ("cause", "response", "owner", "due_on")} if answer else {}
    return {"answer": AnswerForm(initial=said), "repair": RepairForm(), "accept": AcceptForm()}
