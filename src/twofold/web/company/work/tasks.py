"""Tasks: add one to a finding, control, request or system, and say that it is done or dropped."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from twofold.engagement.task import AboutKind, Task, TaskAct
from twofold.jobs.due import about_address
from twofold.jobs.tasks import GREATEST_TEXT, open_task
from twofold.model.problem import UserError
from twofold.records.acts.people import same_person
from twofold.records.acts.task import close_task
from twofold.web.accounts.member import role_of
from twofold.web.acting import acting_name
from twofold.web.guard import needs
from twofold.web.named_person import PersonField
from twofold.web.problems import told
from twofold.web.rights import Role
from twofold.web.workspace_access import current


class TaskForm(forms.Form):
    """What is to be done, by whom, until when, about what."""

    what = forms.CharField(max_length=GREATEST_TEXT)
    assigned_to = PersonField(max_length=200)
    task_due = forms.DateField(required=False)
    about_kind = forms.ChoiceField(choices=[(each.value, each.value) for each in AboutKind])
    about = forms.CharField(max_length=500)


@require_POST
@needs("keep_tasks")
def add(request: HttpRequest) -> HttpResponse:
    """Open a task and lead back to the page of what it is about."""
    form = TaskForm(request.POST)
    if not form.is_valid():
        for name, faults in form.errors.items():
            for fault in faults:
                messages.error(request, f"{name.replace('_', ' ').replace('task due', 'until')}: {fault}")
        return redirect(_back(request))
    try:
        task = open_one(request, form.cleaned_data)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect(_back(request))
    who = current().people.get(task.assigned_to, task.assigned_to)
    messages.success(request, f"{task.task_id} is opened for {who}.")
    return redirect(about_address(task.about_kind, task.about))


def open_one(request: HttpRequest, said: Mapping[str, Any]) -> Task:
    """Open the task that a `TaskForm` says; raises UserError as the job does."""
    return open_task(
        current().workspace,
        what=said["what"],
        assigned_to=said["assigned_to"],
        due_on=said["task_due"],
        about_kind=AboutKind(said["about_kind"]),
        about=said["about"],
        actor=acting_name(request),
        at=timezone.now(),
    )


@require_POST
@needs("keep_tasks")
def close(request: HttpRequest, task_id: str) -> HttpResponse:
    """Say that a task is done or dropped."""
    act = request.POST.get("act", "")
    if act not in {TaskAct.DONE, TaskAct.DROP}:
        raise Http404
    task = task_named(task_id)
    try:
        close_one(request, task_id, TaskAct(act), request.POST.get("note", "")[:2000])
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
    else:
        messages.success(request, f"{task_id} is {'done' if act == TaskAct.DONE else 'dropped'}.")
    if request.POST.get("to") == "inbox":
        return redirect("inbox")
    return redirect(about_address(task.about_kind, task.about))


def task_named(task_id: str) -> Task:
    """Return a task; raises Http404 for an unknown one."""
    task = next((each for each in current().tasks if each.task_id == task_id), None)
    if task is None:
        raise Http404
    return task


def close_one(request: HttpRequest, task_id: str, act: TaskAct, note: str) -> Task:
    """Say that a task is done or dropped: whoever has it, whoever opened it, or a compliance manager.

    Raises Http404 for an unknown task, PermissionDenied for anybody else, UserError for one that is over.
    """
    task, me = task_named(task_id), acting_name(request)
    if role_of(request.user) is not Role.COMPLIANCE and not any(
        same_person(me, each) for each in (task.assigned_to, task.opened_by)
    ):
        raise PermissionDenied
    return close_task(current().workspace.vault, task_id, act=act, note=note, acting_user=me, at=timezone.now())


def _back(request: HttpRequest) -> str:
    """Return the page that the form stood on, as far as it names one of ours; else the person's work."""
    kind, about = request.POST.get("about_kind", ""), request.POST.get("about", "")
    known = kind in set(AboutKind) and about and _is_known(AboutKind(kind), about)
    return about_address(AboutKind(kind), about) if known else "/inbox/"


def _is_known(kind: AboutKind, about: str) -> bool:
    return kind is not AboutKind.FINDING or about in current().follow_ups
