"""Samples: where each stands, its units with their verdicts, and the files for the auditor. Acts: the command line."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from twofold.engagement.sample import Result, act_of
from twofold.jobs.sample_reading import judged_anew
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import RowId, cut, file_answer, next_page, reads
from twofold.web.company.samples import SampleRow, page_of_samples, sample_file, sample_read, units_after
from twofold.web.workspace_access import current

router = Router(tags=["samples"])


class SamplePlanOut(Schema):
    """What was said at the freeze about the draw. by: the strata of a stratified sample."""

    method: str
    by: str | None
    size: int


class SampleResultOut(Schema):
    """An evaluation. planned: deviations that the plan allows; limits, confidence and tolerable rate in percent.

    with_replaced: counted with each of the `replaced` units, which a person took out and which deviate nevertheless.
    """

    entry: int
    judgement: int
    given_by: str
    given_at: datetime
    units: int
    deviations: int
    planned: int
    confidence: str
    tolerable: str
    limit: str
    limit_items: int
    supports: bool
    replaced: int
    limit_with_replaced: str
    limit_items_with_replaced: int
    supports_with_replaced: bool
    note: str


class SampleOut(Schema):
    """A sample. drawn: units that count now; result: null before an evaluation, and where units changed after it.

    judged_anew: the control test has got other verdicts since the evaluation. doubts: what is left to be asked.
    """

    sample: str
    state: str
    engagement: str
    control: str
    control_test: str
    run_id: str
    starts_at: datetime
    ends_before: datetime
    root: str
    units: int
    left_out: dict[str, int]
    frozen_by: str
    frozen_at: datetime
    plan: SamplePlanOut
    drawn: int
    result: SampleResultOut | None
    judged_anew: bool
    doubts: list[str]


class SamplePage(Schema):
    """A page of samples, the newest first. `next`: the address of the page after it; null at the end."""

    items: list[SampleOut]
    next: str | None


class SampleActOut(Schema):
    """One act on a sample: freeze, draw, replace, extend, target or evaluate."""

    entry: int
    act: str
    by: str
    at: datetime


class SampleOneOut(SampleOut):
    """One sample. agreed, told: what was agreed and what the evaluation says, in the words of the audit package.

    nonce, seed: "" before the draw. missing: why units or verdicts cannot be shown.
    """

    nonce_sha256: str | None
    nonce: str
    seed: str
    agreed: str
    told: str
    acts: list[SampleActOut]
    missing: list[str]


class SampleUnitOut(Schema):
    """One unit. why: drawn, replacement, extension or targeted; left_because: "" while it counts.

    verdict, reason: of the newest judgement; "" where it says nothing of the unit. operating_at: null without a time.
    """

    number: int
    position: int
    item: str
    system: str
    operating_at: datetime | None
    why: str
    because: str
    left_because: str
    verdict: str
    reason: str
    found_by_person: bool


class SampleUnitPage(Schema):
    """A page of units: those that chance gave, then those that a person named. `next`: null at the end."""

    items: list[SampleUnitOut]
    next: str | None


@reads(router, "/samples", "see_results", SamplePage, "Samples, newest first")
def list_samples(
    request: HttpRequest, engagement: str = "", control: str = "", before: RowId | None = None, limit: Limit = 50
) -> SamplePage:
    """Return a page."""
    found = page_of_samples(current(), {"engagement": engagement, "control": control}, before=before, limit=limit)
    rows, link = cut(found, limit, lambda row: next_page(request, "before", row.sample.entry))
    return SamplePage(items=[SampleOut(**_told(each)) for each in rows], next=link)


@reads(router, "/samples/{sample_id}", "see_results", SampleOneOut, "One sample")
def sample_one(request: HttpRequest, sample_id: str) -> SampleOneOut:
    """Return one sample; 404 for one that there is not."""
    del request
    now = current()
    read = sample_read(now, sample_id)
    sample = read.sample
    row = SampleRow(sample, read.shown.mark, bool(judged_anew(now.workspace, [sample])), read.shown.doubts)
    return SampleOneOut(
        **_told(row),
        nonce_sha256=sample.nonce_sha256,
        nonce=sample.nonce,
        seed=sample.seed,
        agreed=read.shown.agreed,
        told=read.shown.result,
        acts=[SampleActOut(entry=each.index, act=act_of(each), by=each.actor, at=each.at) for each in read.acts],
        missing=[each.found for each in read.problems],
    )


@reads(router, "/samples/{sample_id}/units", "see_results", SampleUnitPage, "Units of a sample with their verdicts")
def list_sample_units(
    request: HttpRequest, sample_id: str, after: Annotated[int, Field(ge=0, lt=2**63)] = 0, limit: Limit = 50
) -> SampleUnitPage:
    """Return a page; no units before the draw, or where the frozen lines are not there."""
    found = units_after(sample_read(current(), sample_id), after, limit=limit)
    rows, link = cut(found, limit, lambda row: next_page(request, "after", row.number))
    return SampleUnitPage(
        items=[
            SampleUnitOut(
                number=each.number,
                position=each.chosen.position,
                item=each.unit.item,
                system=each.unit.system,
                operating_at=each.unit.operating_at or None,
                why=each.chosen.why,
                because=each.chosen.reason,
                left_because=each.chosen.left_because,
                verdict=each.verdict,
                reason=each.reason,
                found_by_person=each.found_by_person,
            )
            for each in rows
        ],
        next=link,
    )


@reads(router, "/samples/{sample_id}/files/{name}", "see_results", None, "A file of a sample for the auditor")
def sample_file_one(request: HttpRequest, sample_id: str, name: str) -> HttpResponse:
    """Return population.txt or draw.json, as `twofold sample export` writes them; 404 for another name."""
    del request
    return file_answer(sample_file(current(), sample_id, name))


def _told(row: SampleRow) -> dict[str, Any]:
    sample, plan = row.sample, row.sample.frozen_plan
    return {
        "sample": sample.sample_id,
        "state": sample.state,
        "engagement": sample.engagement,
        "control": sample.control,
        "control_test": sample.control_test,
        "run_id": sample.run_id,
        "starts_at": sample.starts_at,
        "ends_before": sample.ends_before,
        "root": sample.root,
        "units": sample.units,
        "left_out": dict(sample.left_out),
        "frozen_by": sample.frozen_by,
        "frozen_at": sample.frozen_at,
        "plan": SamplePlanOut(method=plan.method, by=plan.by, size=plan.size),
        "drawn": len(sample.projected),
        "result": _result(sample.result) if sample.result else None,
        "judged_anew": row.judged_anew,
        "doubts": list(row.doubts),
    }


def _result(result: Result) -> SampleResultOut:
    told = asdict(result)
    return SampleResultOut(**told | {"deviations": len(result.deviations), "replaced": len(result.replaced)})
