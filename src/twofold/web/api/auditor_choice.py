"""The choice of an audit firm: the need, the shortlist with every reason, the papers that go out, and the decision."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema

from twofold.engagement.auditor_choice.decision import Decision
from twofold.engagement.auditor_choice.proposal import Need, same_firm
from twofold.engagement.auditor_choice.questions import questions
from twofold.engagement.auditor_choice.shortlist import Candidate
from twofold.engagement.cost.quantities import decimal_text
from twofold.jobs.auditor_choice import choice as jobs
from twofold.web.acting import acting_name
from twofold.web.api.answer_library import CapturedAsOut
from twofold.web.api.body import Said
from twofold.web.api.operation import acts, file_answer, reads
from twofold.web.api.problem import ProblemPart
from twofold.web.company.preparing.auditor_papers import checked_brief
from twofold.web.company.preparing.auditors import NeedForm, choice_of, taken_in, tell_need
from twofold.web.workspace_access import current

router = Router(tags=["choice of an auditor"])
Name = Annotated[str, Field(max_length=200)]


class NeedOut(Schema):
    """What is needed of a firm; null where nobody told it. where: the evidence, "" before anybody did."""

    engagement: str
    asked: str
    categories: list[str]
    other_auditors: list[str]
    sox_in_scope: bool
    industry: str
    budget_low: str | None
    budget_high: str | None
    currency: str
    start_by: date | None
    report_by: date | None
    first_audit: bool | None
    several_products: bool | None
    regulated_data: bool | None
    sox_ahead: bool | None
    where: str


class FilterOut(Schema):
    """One filter: pass, fail or ask, and why."""

    name: str
    title: str
    verdict: str
    because: str


class FitOut(Schema):
    """One score: points of so many signals, each with whether it is met (null = not told)."""

    points: int
    of: int
    signals: dict[str, bool | None]


class FirmOut(Schema):
    """A firm of the shortlist. state: listed, ask first, or dropped out; questions: those to ask it."""

    firm: str
    state: str
    filters: list[FilterOut]
    fits: dict[str, FitOut]
    questions: list[str]
    proposal: str


class ChosenOut(Schema):
    """A decision for a firm. despite: why in spite of filters that it does not pass."""

    id: str
    engagement: str
    firm: str
    decided_by: str
    decided_at: str
    reason: str
    despite: str


class ChoiceOut(Schema):
    """The choice for an engagement. set_aside: proposals that cannot be read."""

    need: NeedOut
    firms: list[FirmOut]
    decisions: list[ChosenOut]
    set_aside: list[ProblemPart]


class ChooseIn(Schema):
    """For which firm, and why; despite: why in spite of filters that it does not pass."""

    engagement: Name = ""
    firm: Annotated[str, Field(min_length=1, max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=4000)]
    despite: Annotated[str, Field(max_length=4000)] = ""


class BriefIn(Schema):
    """note: words at the end of the brief. check: a text that is checked in its place. allow: words that may stay."""

    engagement: Name = ""
    note: Annotated[str, Field(max_length=4000)] = ""
    check: Annotated[str, Field(max_length=100_000)] = ""
    allow: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=100, default_factory=list)]


class TellingOut(Schema):
    """A place that tells who the company is."""

    place: str
    where: str
    found: str
    kind: str
    because: str


class BriefOut(Schema):
    """The brief, "" where something in it tells who the company is. names: how many names were looked for."""

    text: str
    told: list[TellingOut]
    names: int
    unchecked: list[str]


class FirmQuestionOut(Schema):
    """A question; to: firm, or you."""

    name: str
    to: str
    text: str


class ImportedOut(Schema):
    """How many proposals were taken in."""

    proposals: int
    evidence: str


@reads(router, "/auditor-choice", "choose_auditor", ChoiceOut, "Need, shortlist and decisions")
def auditor_choice(request: HttpRequest, engagement: Name = "") -> ChoiceOut:
    """Return the choice for an engagement: the only SOC 2 one, unless one is named."""
    del request
    state = choice_of(engagement)
    return ChoiceOut(
        need=_need(state.need),
        firms=[_firm(each) for each in state.candidates],
        decisions=[_decision(each) for each in state.decisions],
        set_aside=[ProblemPart.from_orm(each) for each in state.set_aside],
    )


@acts(
    router,
    "/auditor-choice/need",
    "choose_auditor",
    CapturedAsOut,
    "Tell what is needed",
    on=auditor_choice,
    form=NeedForm,
)
def tell_auditor_need(request: HttpRequest, said: Said, engagement: Name = "") -> CapturedAsOut:
    """Tell what is needed of a firm; what is not given keeps what was told before."""
    evidence = tell_need(current().workspace, engagement, said, acting_name(request), timezone.now())
    return CapturedAsOut(evidence=[evidence])


@acts(
    router,
    "/auditor-choice/proposals",
    "choose_auditor",
    ImportedOut,
    "Import proposals of firms",
    with_file=True,
)
def import_auditor_proposals(request: HttpRequest) -> ImportedOut:
    """Import proposals from a CSV file; one line for each firm, empty means unknown."""
    number, evidence = taken_in(request, current().workspace, acting_name(request), timezone.now())
    return ImportedOut(proposals=number, evidence=evidence)


@reads(router, "/auditor-choice/proposals.csv", "choose_auditor", None, "A CSV with the columns of a proposal")
def auditor_proposals_template(request: HttpRequest, engagement: Name = "") -> HttpResponse:
    """Return the template."""
    del request
    now = current()
    return file_answer(jobs.proposals_template(now.workspace, engagement, today=now.today))


@acts(router, "/auditor-choice/decision", "choose_auditor", ChosenOut, "Decide for a firm")
def choose_auditor(request: HttpRequest, given: ChooseIn) -> ChosenOut:
    """Record the decision; a firm that does not pass every filter needs `despite`."""
    made = jobs.decide(
        current().workspace,
        given.engagement,
        given.firm,
        reason=given.reason,
        despite=given.despite,
        actor=acting_name(request),
        at=timezone.now(),
    )
    return _decision(made)


@acts(router, "/auditor-choice/brief", "choose_auditor", BriefOut, "Make or check the brief", status=200)
def auditor_brief(request: HttpRequest, given: BriefIn) -> BriefOut:
    """Return the anonymous brief, or every place that tells who the company is; nothing is captured."""
    del request
    found = checked_brief(given.engagement, note=given.note, text=given.check, allow=given.allow)
    return BriefOut(
        text="" if found.told else found.brief.text,
        told=[
            TellingOut(
                place=each.place,
                where=each.telling.where,
                found=each.telling.found,
                kind=str(each.telling.kind),
                because=each.telling.because,
            )
            for each in found.told
        ],
        names=found.names,
        unchecked=list(found.unchecked),
    )


@reads(router, "/auditor-choice/questions", "choose_auditor", list[FirmQuestionOut], "Questions for audit firms")
def auditor_questions(request: HttpRequest, engagement: Name = "", firm: Name = "") -> list[FirmQuestionOut]:
    """Return the questions; with `firm` those that its proposal leaves open."""
    del request
    state = choice_of(engagement)
    offers = {same_firm(each.proposal.firm): each.proposal for each in state.candidates}
    found = questions(state.need, offers.get(same_firm(firm)) if firm else None)
    return [FirmQuestionOut(name=each.name, to=each.to, text=each.text) for each in found]


def _need(one: Need) -> NeedOut:
    told: dict[str, Any] = asdict(one)
    for name in ("budget_low", "budget_high"):
        told[name] = decimal_text(told[name], 2).replace(",", "") if told[name] is not None else None
    return NeedOut(**{**told, "categories": sorted(one.categories), "other_auditors": sorted(one.other_auditors)})


def _firm(one: Candidate) -> FirmOut:
    return FirmOut(
        firm=one.proposal.firm,
        state=str(one.state),
        filters=[
            FilterOut(name=each.name, title=each.title, verdict=str(each.verdict), because=each.because)
            for each in one.filters
        ],
        fits={
            score: FitOut(points=fit.points, of=len(fit.signals), signals={each.text: each.met for each in fit.signals})
            for score, fit in one.fits.items()
        },
        questions=list(one.questions),
        proposal=one.proposal.where,
    )


def _decision(one: Decision) -> ChosenOut:
    return ChosenOut(**{name: getattr(one, name) for name in ChosenOut.model_fields})
