"""Test results: the runs, the items of one page by page, why an item has its outcome, and what people say of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Field, Router, Schema

from twofold.controltests.run_record import ControlTestRun, RunState
from twofold.jobs.control_tests import latest_runs
from twofold.jobs.explain import explain
from twofold.model.problem import UserError
from twofold.records.acts.disposition import Disposition, DispositionKind, dispositions
from twofold.web.api.evidence import Limit
from twofold.web.api.operation import acts, next_page, reads
from twofold.web.api.problem import Refused
from twofold.web.company.disposing import Said, agree_with_disposition, propose_disposition
from twofold.web.company.models import ProposedDisposition
from twofold.web.company.result_grid import engagements_of, page_of_grid
from twofold.web.company.run_files import record_of, session_of_files
from twofold.web.workspace_access import Current, current

router = Router(tags=["results"])
ItemId = Annotated[str, Field(min_length=1, max_length=4000)]


class RunOut(Schema):
    """The newest run of a control test. `counts`: attribute -> reason code -> items."""

    control_test: str
    title: str
    run_id: str
    state: str
    population: str
    items: int
    clock: datetime
    stops: list[str]
    counts: dict[str, dict[str, int]]


class ItemOut(Schema):
    """One item of a run: a reason code per attribute, and a verdict per engagement."""

    item: str
    system: str
    operating_at: datetime | None
    codes: dict[str, str]
    verdicts: dict[str, str]


class ItemPage(Schema):
    """A page of items in order of id. `next`: the address of the page after it; null at the end."""

    run_id: str
    items: list[ItemOut]
    next: str | None


class FactOut(Schema):
    """One source row that an attribute rests on, with the evidence it was read from."""

    table: str
    fact: str
    evidence: str
    record: str
    sha256: str
    raw: str


class AttributeOut(Schema):
    """One attribute: its outcome, the sentence for it, and the lines of the rule that give it."""

    letter: str
    wording: str
    code: str
    sentence: str
    clause: list[str]
    facts: list[FactOut]


class VerdictOut(Schema):
    """The item's verdict in one engagement."""

    engagement: str
    lens: str
    control: str
    verdict: str
    reason: str
    required: list[str]


class DispositionOut(Schema):
    """What was said of an item, and recorded. `current`: the newest word, on the newest run."""

    entry: int
    control_test: str
    item: str
    run_id: str
    kind: str
    reason: str
    given_by: str
    second_person: str | None
    given_at: datetime
    current: bool


class ExplainedOut(Schema):
    """Everything about one item. `current`: the tables are still those of the run; if not, there are no facts."""

    item: str
    system: str
    operating_at: str
    control_test: str
    title: str
    run_id: str
    rule_sha256: str
    current: bool
    attributes: list[AttributeOut]
    verdicts: list[VerdictOut]
    dispositions: list[DispositionOut]


class DispositionIn(Schema):
    """What a person says of an item. What is softer than the rule needs a reason, and a second person."""

    item: ItemId
    kind: DispositionKind
    reason: Annotated[str, Field(max_length=4000)] = ""


class ProposalOut(Schema):
    """What is softer than the rule, and waits for a second person."""

    id: int
    control_test: str
    item: str
    run_id: str
    kind: str
    reason: str
    proposed_by: str
    proposed_at: datetime


class SaidOut(Schema):
    """What became of it: recorded in the log, or kept until a second person agrees. One of the two."""

    recorded: DispositionOut | None
    proposal: ProposalOut | None


@reads(router, "/runs", "see_results", list[RunOut], "The newest run of each control test")
def list_runs(request: HttpRequest) -> list[RunOut]:
    """Return the runs with the counts of each reason code."""
    del request
    return [_run(record_of(folder)) for _, folder in sorted(latest_runs(current().workspace).items())]


@reads(router, "/runs/{control_test}", "see_results", RunOut, "The newest run of one control test")
def run_one(request: HttpRequest, control_test: str) -> RunOut:
    """Return one run; 404 for a test that was never run."""
    del request
    return _run(record_of(folder_of(current(), control_test)))


@reads(router, "/runs/{control_test}/items", "see_results", ItemPage, "Items of the newest run, in order of id")
def list_items(  # noqa: PLR0913, PLR0917  the filters of the list
    request: HttpRequest,
    control_test: str,
    letter: str = "",
    code: str = "",
    system: str = "",
    words: str = "",
    after: str = "",
    limit: Limit = 50,
) -> ItemPage:
    """Return a page; 404 for a test that was never run, and no items where its newest run was stopped."""
    now = current()
    folder = folder_of(now, control_test)
    record = record_of(folder)
    asked = {"letter": letter, "code": code, "system": system, "words": words, "after": after}
    grid = page_of_grid(now, folder, control_test, asked, limit=limit) if record.state is RunState.TESTED else None
    names = [each["id"] for each in engagements_of(now, control_test)]
    letters = sorted(record.counts)
    return ItemPage(
        run_id=record.run_id,
        items=[
            ItemOut(
                item=row.item,
                system=row.system,
                operating_at=row.operating_at.replace(tzinfo=UTC) if row.operating_at else None,
                codes=dict(zip(letters, (code for _, _, code in row.cells), strict=True)),
                verdicts={name: verdict for name, verdict in zip(names, row.verdicts, strict=True) if verdict},
            )
            for row in (grid.rows if grid else ())
        ],
        next=next_page(request, "after", grid.after) if grid and grid.after else None,
    )


@reads(router, "/runs/{control_test}/item", "see_results", ExplainedOut, "Why an item has its outcome")
def explain_item(request: HttpRequest, control_test: str, item: ItemId, facts: bool = False) -> ExplainedOut:
    """Return each attribute with sentence and clause, and each verdict. `facts` adds source rows: it takes longer."""
    del request
    now = current()
    try:
        (found,) = explain(
            now.workspace,
            item,
            control_test=control_test,
            with_facts=facts,
            judged=now.judged,
            session=session_of_files(),
        )
    except UserError as error:
        raise Http404 from error
    said = dispositions(now.workspace.vault)
    return ExplainedOut(
        item=found.item,
        system=found.system,
        operating_at=found.operating_at,
        control_test=found.control_test,
        title=found.title,
        run_id=found.run_id,
        rule_sha256=found.rule_sha256,
        current=found.current,
        attributes=[
            AttributeOut(
                letter=each.letter,
                wording=each.wording,
                code=each.code,
                sentence=each.sentence,
                clause=list(each.clause),
                facts=[
                    FactOut(
                        table=fact.table,
                        fact=fact.fact,
                        evidence=fact.evidence_id,
                        record=fact.record,
                        sha256=fact.sha256,
                        raw=fact.raw,
                    )
                    for fact in each.facts
                ],
            )
            for each in found.attributes
        ],
        verdicts=[
            VerdictOut(
                engagement=each.engagement,
                lens=each.lens,
                control=each.control_id,
                verdict=each.verdict,
                reason=each.reason,
                required=list(each.required),
            )
            for each in found.verdicts
        ],
        dispositions=[_disposition(each) for each in said if (each.control_test, each.item) == (control_test, item)],
    )


@acts(router, "/runs/{control_test}/dispositions", "dispose_items", SaidOut, "Say what an item's outcome is")
def propose_disposition_one(request: HttpRequest, control_test: str, given: DispositionIn) -> SaidOut:
    """Record a confirmation, or keep what is softer than the rule until a second person agrees."""
    now = current()
    folder_of(now, control_test)
    done = propose_disposition(request, now, Said(control_test, given.item, given.kind, given.reason))
    if isinstance(done, Disposition):
        return SaidOut(recorded=_disposition(done), proposal=None)
    return SaidOut(recorded=None, proposal=_proposal(done))


@reads(router, "/proposals", "agree_with", list[ProposalOut], "Proposals that wait for a second person")
def list_proposals(request: HttpRequest) -> list[ProposalOut]:
    """Return the proposals, the oldest first."""
    del request
    return [_proposal(each) for each in ProposedDisposition.objects.order_by("proposed_at", "pk")]


@reads(router, "/proposals/{proposal_id}", "agree_with", ProposalOut, "One proposal")
def proposal_one(request: HttpRequest, proposal_id: int) -> ProposalOut:
    """Return one proposal; 404 where it is gone."""
    del request
    return _proposal(_proposed(proposal_id))


@acts(router, "/proposals/{proposal_id}/agree", "agree_with", DispositionOut, "Agree", on=proposal_one, content="")
def agree_one(request: HttpRequest, proposal_id: int) -> DispositionOut:
    """Record the proposal, with the one who agrees as its second person: never the one who proposed it."""
    return _disposition(agree_with_disposition(request, current(), _proposed(proposal_id)))


@acts(
    router,
    "/proposals/{proposal_id}/decline",
    "agree_with",
    ProposalOut,
    "Drop a proposal",
    on=proposal_one,
    content="",
    status=200,
)
def decline_one(request: HttpRequest, proposal_id: int) -> ProposalOut:
    """Drop a proposal, and return what it was; nothing was recorded."""
    del request
    proposed = _proposed(proposal_id)
    said = _proposal(proposed)
    proposed.delete()
    return said


def folder_of(now: Current, control_test: str) -> Path:
    """Return the newest run of a control test; raises Http404 where it was never run."""
    folder = latest_runs(now.workspace).get(control_test)
    if folder is None:
        raise Http404
    return folder


def _proposed(proposal_id: int) -> ProposedDisposition:
    if not 0 < proposal_id < 2**63:
        raise Refused(404)
    found = ProposedDisposition.objects.filter(pk=proposal_id).first()
    if found is None:
        raise Http404
    return found


def _run(record: ControlTestRun) -> RunOut:
    return RunOut(
        control_test=record.control_test,
        title=record.title,
        run_id=record.run_id,
        state=record.state.value,
        population=record.population,
        items=record.population_count,
        clock=record.clock,  # type: ignore[arg-type]  # pydantic reads ISO texts
        stops=list(record.stops),
        counts={letter: dict(codes) for letter, codes in record.counts.items()},
    )


def _disposition(one: Disposition) -> DispositionOut:
    told: dict[str, Any] = {name: getattr(one, name) for name in DispositionOut.model_fields}
    return DispositionOut(**{**told, "kind": one.kind.value})


def _proposal(one: ProposedDisposition) -> ProposalOut:
    return ProposalOut(**{name: getattr(one, name) for name in ProposalOut.model_fields})
