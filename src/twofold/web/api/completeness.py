"""Completeness and accuracy records of the populations, and conclusions on them by named persons."""

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema

from twofold.jobs.completeness import PopulationRecord, population_record, population_records
from twofold.model.problem import UserError
from twofold.web.api.body import Said
from twofold.web.api.findings import CapturedOut
from twofold.web.api.operation import acts, reads
from twofold.web.company.completeness import SignForm, own_controls, sign_record
from twofold.web.workspace_access import current

router = Router(tags=["completeness"])
Population = Annotated[str, Field(max_length=100)]


class RecordOut(Schema):
    """The record of a population. conclusion: of its checks, complete or stopped.

    signed_by: who called it complete; refused_by: who called it not complete; both "" = nobody yet.
    differing: control tests whose newest run rests on another record, so that they are to be run again.
    """

    population: str
    title: str
    items: int
    sha256: str
    conclusion: str
    control_tests: list[str]
    differing: list[str]
    signed_by: str
    refused_by: str


class RecordOneOut(RecordOut):
    """One record. body: what was asked, what came back, and each check (docs/formats). own: controls of the caller.

    Whoever has a part in a control that is tested on the population does not conclude on it.
    """

    body: dict[str, Any]
    own: list[str]


@reads(router, "/completeness", "see_results", list[RecordOut], "Completeness records")
def list_completeness(request: HttpRequest) -> list[RecordOut]:
    """Return the record of each population that was tested."""
    del request
    return [RecordOut.from_orm(each) for each in population_records(current().workspace)]


@reads(router, "/completeness/{population}", "see_results", RecordOneOut, "One completeness record")
def completeness_one(request: HttpRequest, population: Population) -> RecordOneOut:
    """Return one record; 404 for a population that was not tested."""
    now = current()
    record = _named(population)
    told = RecordOut.from_orm(record).model_dump()
    return RecordOneOut(**told, body=dict(record.body), own=sorted(own_controls(request, now, record)))


@acts(
    router,
    "/completeness/{population}/sign",
    "sign_completeness",
    CapturedOut,
    "Conclude on a record",
    on=completeness_one,
    form=SignForm,
)
def sign_completeness_one(request: HttpRequest, population: Population, said: Said) -> CapturedOut:
    """Sign the record as it is now; it counts from the next test and judgement on."""
    return CapturedOut(evidence=sign_record(request, current(), _named(population), said))


def _named(population: str) -> PopulationRecord:
    try:
        return population_record(current().workspace, population)
    except UserError as error:
        raise Http404 from error
