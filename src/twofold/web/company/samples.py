"""Samples: where each stands, and one with its frozen population, draw, units, evaluation and what is to be asked.

Read only: agreeing, freezing, drawing and evaluating stay on the command line, and the page names the commands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from twofold.engagement.sample import Sample, SampleAct, Why, act_of, allowed_acts
from twofold.engagement.sample_doubts import doubts
from twofold.jobs.sample import exported
from twofold.jobs.sample_reading import ReadSample, ReadUnit, judged_anew, read_sample
from twofold.model.instant import parse_instant
from twofold.model.problem import UserError
from twofold.reports.sample_words import reliance_mark
from twofold.reports.samples import DRAW_FILE, POPULATION_FILE
from twofold.web.guard import needs
from twofold.web.number import number_in
from twofold.web.page import page
from twofold.web.problems import told
from twofold.web.workspace_access import Current, current

_PAGE = 50
FILTERS = ("engagement", "control")
_COMMANDS = {
    SampleAct.DRAW: 'twofold sample draw {} --nonce "WHAT THE AUDITOR SAID"',
    SampleAct.REPLACE: 'twofold sample replace {} ITEM --because void --reason "WHY"',
    SampleAct.EXTEND: 'twofold sample extend {} --units N --reason "WHY"',
    SampleAct.TARGET: 'twofold sample target {} ITEM --reason "WHY"',
    SampleAct.EVALUATE: "twofold sample evaluate {}",
}
_A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample as the list shows it. mark: style and words of its evaluation.

    judged_anew: its control test has got other verdicts since the evaluation.
    """

    sample: Sample
    mark: tuple[str, str]
    judged_anew: bool
    doubts: Sequence[str]


@require_safe
@needs("see_results")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with a page of samples, the newest first; `before` is the entry that the page before ended with."""
    now = current()
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    found = page_of_samples(now, asked, before=number_in(request.GET.get("before", "")), limit=_PAGE)
    rows, every = found[:_PAGE], now.samples.values()
    kept = {name: value for name, value in asked.items() if value}
    values = {
        "asked": asked,
        "choices": {name: sorted({getattr(each, name) for each in every}) for name in FILTERS},
        "more": urlencode({**kept, "before": str(rows[-1].sample.entry)}) if len(found) > _PAGE else "",
        "narrowed": bool(kept),
        "rows": rows,
    }
    return page(request, "samples.html", values, at="samples", title="Samples")


@require_safe
@needs("see_results")
def show(request: HttpRequest, sample_id: str) -> HttpResponse:
    """Answer with one sample; `after` is the number of the unit that the page before ended with."""
    now = current()
    read = sample_read(now, sample_id)
    sample, after = read.sample, number_in(request.GET.get("after", "")) or 0
    units = units_after(read, after, limit=_PAGE)
    days = [parse_instant(text).earliest for text in (sample.starts_at, sample.ends_before)]
    values = {
        "act_of": act_of,
        "after": after,
        "anew": sample_id in judged_anew(now.workspace, [sample]),
        "commands": [_COMMANDS[act].format(sample_id) for act in allowed_acts(sample.state)],
        "draw_file": DRAW_FILE,
        "drawn": next((each for each in read.acts if each.index == sample.draw_entry), None),
        "first": days[0],
        "last": days[1] - _A_MOMENT,
        "missing": told(UserError(read.problems)),
        "more": units[_PAGE - 1].number if len(units) > _PAGE else 0,
        "population_file": POPULATION_FILE,
        "read": read,
        "sample": sample,
        "targeted": Why.TARGETED,
        "units": units[:_PAGE],
    }
    title = f"{sample_id} {sample.control} {sample.control_test}"
    return page(request, "sample.html", values, at="samples", title=title)


@require_safe
@needs("see_results")
def file(request: HttpRequest, sample_id: str, name: str) -> HttpResponse:
    """Answer with a file that `twofold sample export` writes; lead back where the frozen lines are not there."""
    try:
        content = sample_file(current(), sample_id, name)
    except UserError as error:
        for each in told(error):
            messages.error(request, each)
        return redirect("sample", sample_id)
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{sample_id}-{name}"'
    return answer


def page_of_samples(now: Current, asked: Mapping[str, str], *, before: int | None, limit: int) -> list[SampleRow]:
    """Return a page of samples and the first of the next, the newest first; before: entry number to go on from.

    asked: filters by name (`FILTERS`); "" or no such name narrows nothing.
    """
    every = list(now.samples.values())
    exact = {name: asked[name] for name in FILTERS if asked.get(name)}
    found = (
        each
        for each in reversed(every)
        if (before is None or each.entry < before)
        and all(getattr(each, name) == value for name, value in exact.items())
    )
    listed = list(islice(found, limit + 1))
    anew = judged_anew(now.workspace, listed)
    return [SampleRow(each, reliance_mark(each.result), each.sample_id in anew, doubts(each, every)) for each in listed]


def sample_read(now: Current, sample_id: str) -> ReadSample:
    """Return one sample with its units; raises Http404 for one that there is not."""
    return read_sample(now.workspace, sample_named(now, sample_id), list(now.samples.values()))


def sample_named(now: Current, sample_id: str) -> Sample:
    """Return a sample; raises Http404 for one that there is not."""
    found = now.samples.get(sample_id)
    if found is None:
        raise Http404
    return found


def units_after(read: ReadSample, number: int, *, limit: int) -> Sequence[ReadUnit]:
    """Return a page of units and the first of the next; number: that of the unit to go on after."""
    return [each for each in read.units if each.number > number][: limit + 1]


def sample_file(now: Current, sample_id: str, name: str) -> bytes:
    """Return a file for the auditor; raises Http404 for another name, UserError where the frozen lines are not."""
    if name not in {POPULATION_FILE, DRAW_FILE}:
        raise Http404
    return exported(now.workspace, sample_named(now, sample_id))[name]
