"""What evidence a control is expected to have and what is there, its history, and which evidence counts no longer."""

from datetime import date, datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Schema

from twofold.web.api.evidence import evidence_named
from twofold.web.api.operation import file_answer, reads
from twofold.web.company.control_evidence import expected_kinds, held_on, past_judgements, past_runs, wordings_on
from twofold.web.company.days import day_of, end_of_day
from twofold.web.company.evidence_health import kinds_in_doubt, reuse
from twofold.web.company.evidence_index import number_of
from twofold.web.workspace_access import current

router = Router(tags=["programme"])
_WEEK = timedelta(days=7)


class ExpectedOut(Schema):
    """A kind of evidence that the tests of a control read. defines: its population is made of it.

    number: of the newest capture, null where there is none; stops_at: from when on that counts no longer.
    """

    table: str
    defines: bool
    number: int | None
    captures: int
    stops_at: datetime | None


class PastRunOut(Schema):
    """A run of a test of the control."""

    control_test: str
    run_id: str
    at: datetime
    actor: str


class PastJudgementOut(Schema):
    """What was proposed for the control when an engagement was judged."""

    engagement: str
    at: datetime
    conclusion: str
    actor: str


class HeldOut(Schema):
    """Who has the control for a while: HR ids. systems: [] = all that no other line names."""

    owner: str | None
    performer: str | None
    evidence_owner: str | None
    deputy: str | None
    systems: list[str]
    starts_at: datetime | None
    ends_before: datetime | None


class WordingOut(Schema):
    """How a test was worded on the day that was asked for; "" where the run's folder was deleted."""

    control_test: str
    run_id: str
    version: str
    objective: str
    attributes: dict[str, str]


class ControlHistoryOut(Schema):
    """What is expected of a control, what is there, and what was run and judged.

    held: who had it on the day that was asked for, or ever. wordings: of its tests on that day; [] without one.
    """

    held: list[HeldOut]
    wordings: list[WordingOut]
    expected: list[ExpectedOut]
    runs: list[PastRunOut]
    judgements: list[PastJudgementOut]


class KindOut(Schema):
    """A kind of a source whose newest capture counts no longer within a week, or of which records were set aside."""

    source: str
    kind: str
    captures: int
    number: int
    stops_at: datetime | None
    set_aside: int


class HealthOut(Schema):
    """How the evidence stands. pieces: evidence that the newest runs read; uses: conclusions that rest on it."""

    pieces: int
    uses: int
    in_doubt: list[KindOut]


@reads(router, "/controls/{control_id}/history", "see_controls", ControlHistoryOut, "A control's evidence and history")
def control_history(request: HttpRequest, control_id: str, on: date | None = None) -> ControlHistoryOut:
    """Return what is expected of a control, and its runs and judgements; 404 for an unknown one. on: a local day."""
    del request
    now = current()
    control = now.catalog.controls.get(control_id)  # type: ignore[call-overload]  # an id from outside
    if control is None:
        raise Http404
    day = day_of(on.isoformat()) if on else None
    moment = end_of_day(day, now.workspace.settings.reporting_zone) if day else None
    return ControlHistoryOut(
        held=[
            HeldOut(
                owner=each.owner,
                performer=each.performer,
                evidence_owner=each.evidence_owner,
                deputy=each.deputy,
                systems=list(each.systems),
                starts_at=each.stretch.first,
                ends_before=each.stretch.last,
            )
            for each in held_on(now, control_id, moment)
        ],
        wordings=[
            WordingOut(
                control_test=each.run.control_test,
                run_id=each.run.run_id,
                version=each.version,
                objective=each.objective,
                attributes=dict(each.attributes),
            )
            for each in (wordings_on(now, control, moment) if moment else ())
        ],
        expected=[ExpectedOut.from_orm(each) for each in expected_kinds(now, control)],
        runs=[PastRunOut.from_orm(each) for each in past_runs(now, control)],
        judgements=[PastJudgementOut.from_orm(each) for each in past_judgements(now, control_id)],
    )


@reads(router, "/evidence-health", "see_overview", HealthOut, "How the evidence stands")
def evidence_health(request: HttpRequest) -> HealthOut:
    """Return what the overview shows."""
    del request
    now = current()
    used = reuse(now)
    doubts = kinds_in_doubt(now, until=timezone.now() + _WEEK)
    return HealthOut(pieces=used.pieces, uses=used.uses, in_doubt=[KindOut.from_orm(each) for each in doubts])


@reads(router, "/evidence/{evidence_id}/entry", "see_evidence", None, "The log entry that captured it")
def evidence_entry(request: HttpRequest, evidence_id: str) -> HttpResponse:
    """Return the bytes of the entry, which the proof begins with."""
    del request
    raw = current().workspace.vault.log.raw(number_of(evidence_named(evidence_id)))
    if raw is None:
        raise Http404
    return file_answer(raw)
