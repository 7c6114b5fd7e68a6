"""SOX deficiencies: the list with groups and registers, one with its path, a group, one judgement, and the memo."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.groups import Group, gravest_of
from twofold.findings.deficiency.severity import UNRESOLVED, Severity
from twofold.findings.deficiency.wording import TOLD, group_in_words, in_two_sentences, range_words, told_to
from twofold.jobs.deficiency.judging import give_judgement
from twofold.jobs.deficiency.memo import deficiency_memo
from twofold.jobs.due import finding_address
from twofold.model.ids import EvidenceId
from twofold.model.person import same_person
from twofold.model.problem import UserError
from twofold.reports.pdf.deficiency_memo import deficiency_memo_pdf
from twofold.web.acting import acting_name, grant_for
from twofold.web.company.deficiency_forms import JudgementForm, questions
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.rights import Grant
from twofold.web.workspace_access import Current, current

_MARKS = {
    None: ("open", "?"),
    Severity.EXCEPTION: ("none", "○"),
    Severity.DEFICIENCY: ("open", "◔"),
    Severity.SIGNIFICANT: ("bad", "!"),
    Severity.MATERIAL: ("bad", "✗"),
}
"""Class -> style and mark; its words always stand beside the mark."""
_WORDS = (*(each.title for each in sorted(Severity, reverse=True)), UNRESOLVED)
_AT = "findings"


@require_safe
@needs("see_findings")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with the deficiencies, the gravest first; the query narrows to an engagement and a class."""
    now = current()
    found = now.deficiencies
    asked = {name: request.GET.get(name, "").strip() for name in ("engagement", "class")}
    wanted = [name for name in found.engagements if asked["engagement"] in {"", name}]
    every = [each for name in wanted for each in found.of(name)]
    values = {
        **_words(),
        "asked": asked,
        "classes": [(each, each) for each in _WORDS],
        "counts": [(word, sum(each.word == word for each in every)) for word in _WORDS],
        "engagements": found.engagements,
        "has_deficiencies": True,
        "groups": [each for name in wanted for each in found.groups_of(name)],
        "inputs": [(name, questions(found, name, ())) for name in found.in_scope if asked["engagement"] in {"", name}],
        "judge": _judge(request, now, ""),
        "register": found.register,
        "rows": [each for each in every if asked["class"] in {"", each.word}],
    }
    return page(request, "deficiencies.html", values, at=_AT, title="Deficiencies")


@require_safe
@needs("see_findings")
def show(request: HttpRequest, engagement_id: str, control_id: str) -> HttpResponse:
    """Answer with one deficiency: its path, what is missing, and the forms of whoever may judge it."""
    now = current()
    return _one(request, now, deficiency_of(now, f"{engagement_id}/{control_id}"))


@require_safe
@needs("see_findings")
def group(request: HttpRequest) -> HttpResponse:
    """Answer with one group."""
    now = current()
    return _group(request, now, group_of(now, request.GET.get("id", "")))


@require_POST
@needs("judge_deficiencies")
def judge(request: HttpRequest) -> HttpResponse:
    """Capture one judgement and lead back to what it is about, or show that again with what is wrong."""
    now = current()
    form = JudgementForm(request.POST)
    subject = str(form.data.get("subject", ""))
    if form.is_valid():
        try:
            evidence = capture_judgement(request, now, form.cleaned_data)
        except UserError as error:
            for each in told(error):
                form.add_error(None, each)
        else:
            messages.success(request, f"Captured as {evidence}. It counts from now on.")
            return redirect(address_of(now, subject))
    if subject in now.deficiencies.evaluations:
        return _one(request, now, now.deficiencies.evaluations[subject], bound=form)
    if subject in now.deficiencies.groups:
        return _group(request, now, now.deficiencies.groups[subject], bound=form)
    for faults in form.errors.values():
        for fault in faults:
            messages.error(request, str(fault))
    return redirect("deficiencies")


@require_safe
@needs("see_findings")
def memo(request: HttpRequest, engagement_id: str) -> HttpResponse:
    """Answer with the summary of aggregated deficiencies as PDF."""
    answer = HttpResponse(memo_of(current(), engagement_id), content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="deficiencies.pdf"'
    del request
    return answer


def deficiency_of(now: Current, deficiency_id: str) -> Evaluation:
    """Return a deficiency; raises Http404 for one that no judgement has."""
    found = now.deficiencies.evaluations.get(deficiency_id)
    if found is None:
        raise Http404
    return found


def group_of(now: Current, group_id: str) -> Group:
    """Return a group; raises Http404 for one that there is not."""
    found = now.deficiencies.groups.get(group_id)
    if found is None:
        raise Http404
    return found


def memo_of(now: Current, engagement_id: str) -> bytes:
    """Return the memo of a SOX engagement; raises Http404 for another one."""
    if engagement_id not in now.deficiencies.engagements:
        raise Http404
    return deficiency_memo_pdf(deficiency_memo(now.workspace, engagement_id, at=timezone.now(), found=now.deficiencies))


def capture_judgement(request: HttpRequest, now: Current, said: Mapping[str, Any]) -> EvidenceId:
    """Capture what a `JudgementForm` says; PermissionDenied for whoever has a part in the control."""
    subject = str(said["subject"])
    if has_a_part(request, now, subject):
        msg = "You have a part in this control, so somebody else judges its severity."
        raise PermissionDenied(msg)
    return give_judgement(
        now.workspace,
        subject,
        name=str(said["judgement"]),
        value=str(said["value"]),
        about=str(said["about"]),
        reason=str(said["reason"]),
        actor=acting_name(request),
        at=timezone.now(),
    )


def has_a_part(request: HttpRequest, now: Current, subject: str) -> bool:
    """Whether who acts has a part in a control of a deficiency or group."""
    name = acting_name(request)
    return any(same_person(name, each) for each in now.deficiencies.people.get(subject, ()))


def address_of(now: Current, subject: str) -> str:
    """Return the address of the page of a deficiency, a group or, for an engagement, of the list."""
    each = now.deficiencies.evaluations.get(subject)
    if each is not None:
        return reverse("deficiency", args=(each.case.engagement_id, each.case.control_id))
    if subject in now.deficiencies.groups:
        return f"{reverse('deficiency_group')}?{urlencode({'id': subject})}"
    return reverse("deficiencies")


def _one(request: HttpRequest, now: Current, each: Evaluation, *, bound: JudgementForm | None = None) -> HttpResponse:
    found = now.deficiencies
    case = each.case
    values = {
        **_words(),
        "each": each,
        "finding_address": finding_address,
        "groups": [found.groups[name] for name in gravest_of(each, list(found.groups.values()))],
        "history": _history(now, case.deficiency_id),
        "judge": _judge(request, now, case.deficiency_id, bound),
        "questions": questions(found, case.deficiency_id, each.missing),
        "wanted_elsewhere": [one for one in each.missing if one.subject != case.deficiency_id],
    }
    title = f"{case.control_id} {case.control_title}"
    return page(request, "deficiency.html", values, at=_AT, title=title, status=400 if bound else 200)


def _group(request: HttpRequest, now: Current, each: Group, *, bound: JudgementForm | None = None) -> HttpResponse:
    values = {
        **_words(),
        "each": each,
        "history": _history(now, each.group_id),
        "judge": _judge(request, now, each.group_id, bound),
        "questions": questions(now.deficiencies, each.group_id, each.missing),
    }
    title = f"Together: {each.basis.words} {each.common}"
    return page(request, "deficiency_group.html", values, at=_AT, title=title, status=400 if bound else 200)


def _words() -> dict[str, Any]:
    return {
        "class_marks": _MARKS,
        "group_in_words": group_in_words,
        "in_two_sentences": in_two_sentences,
        "range_words": range_words,
        "told": TOLD,
        "told_to": told_to,
    }


def _judge(request: HttpRequest, now: Current, subject: str, bound: JudgementForm | None = None) -> dict[str, Any]:
    """Return what the form needs: whether the account may judge, and what was sent and is wrong."""
    part = bool(subject) and has_a_part(request, now, subject)
    may = grant_for(request, "judge_deficiencies") is Grant.YES
    return {"may": may and not part, "part": may and part, "bound": bound}


def _history(now: Current, subject: str) -> list[tuple[str, Any]]:
    """Return (name, judgement) of everything that was judged of a subject, the newest first."""
    given = [
        (name, each)
        for (name, of, _), several in now.deficiencies.judgements.given.items()
        if of == subject
        for each in several
    ]
    return sorted(given, key=lambda pair: pair[1].given_at, reverse=True)
