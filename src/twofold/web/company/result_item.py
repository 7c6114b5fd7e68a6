"""One item of a test result: what happened to it, as a picture and a list; attributes, both verdicts, raw records."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from twofold.jobs.control_tests import latest_runs
from twofold.jobs.explain import Explanation, Fact, VerdictExplained, explain
from twofold.jobs.item_timeline import item_timeline
from twofold.model.outcome import ReasonCode
from twofold.model.problem import UserError
from twofold.records.acts.disposition import dispositions
from twofold.web.accounts.member import role_of
from twofold.web.company.account_names import names_of
from twofold.web.company.dispositions import KINDS
from twofold.web.company.evidence import may_open
from twofold.web.company.models import ProposedDisposition
from twofold.web.company.run_files import record_of, session_of_files
from twofold.web.company.timeline_picture import timeline_picture
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.rights import Grant, grant_of
from twofold.web.workspace_access import Current, current

_RAW = 20_000


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One raw record that attributes rest on: where it stands, its bytes as text, and what each letter reads in it.

    raw is None where the role may not open the evidence.
    """

    evidence_id: str
    name: str
    record: str
    sha256: str
    raw: str | None
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class VerdictCard:
    """What one lens says of the item, with the sentence of each attribute that decides it: (letter, code, sentence)."""

    verdict: VerdictExplained
    because: tuple[tuple[str, str, str], ...]


@require_safe
@needs("see_results")
def show(request: HttpRequest, control_test: str) -> HttpResponse:
    """Answer with one item. `rows=1` adds the raw records, which asks whole tables and takes longer."""
    now = current()
    name, with_facts = request.GET.get("id", "").replace("\x00", ""), request.GET.get("rows") == "1"
    folder = latest_runs(now.workspace).get(control_test)
    if folder is None:
        raise Http404
    session, zone = session_of_files(), now.workspace.settings.reporting_zone
    try:
        found = explain(
            now.workspace,
            name,
            control_test=control_test,
            with_facts=with_facts,
            judged=now.judged,
            session=session,
        )[0]
    except UserError as error:
        raise Http404 from error
    events = item_timeline(session, now.workspace, record_of(folder), folder, found.place)
    said = [
        each for each in dispositions(now.workspace.vault) if (each.control_test, each.item) == (control_test, name)
    ]
    values = {
        "control_test": control_test,
        "deciding": _letters_that_decide(found),
        "found": found,
        "names": {**now.people, **names_of(now, (each.who for each in events))},
        "kinds": KINDS,
        "outcome_of": lambda code: ReasonCode.parse(code).outcome.value,
        "picture": timeline_picture(events, zone),
        "proposal": ProposedDisposition.objects.filter(control_test=control_test, item=name).first(),
        "raw": _raw_records(request, now, found),
        "said": said[::-1],
        "sees_raw": grant_of("open_evidence", role_of(request.user)) is not Grant.NO,
        "verdicts": [_card(found, each) for each in found.verdicts],
        "with_facts": with_facts,
    }
    return page(request, "result_item.html", values, at="results", title=name)


def _card(found: Explanation, verdict: VerdictExplained) -> VerdictCard:
    """Put the sentences to what the verdict names as its reason, such as `C:stale_approval;D:no_approval`."""
    named = {part.partition(":")[0] for part in verdict.reason.split(";")}
    because = tuple((each.letter, each.code, each.sentence) for each in found.attributes if each.letter in named)
    return VerdictCard(verdict, because)


def _letters_that_decide(found: Explanation) -> dict[str, list[str]]:
    """Return letter -> the lenses that ask for it."""
    return {
        each.letter: [one.lens for one in found.verdicts if each.letter in one.required] for each in found.attributes
    }


def _raw_records(request: HttpRequest, now: Current, found: Explanation) -> Sequence[RawRecord]:
    """Return each raw record once, in the order in which attributes name it; its bytes only to who may open them."""
    facts: dict[tuple[str, str], list[tuple[str, Fact]]] = {}
    for attribute in found.attributes:
        for fact in attribute.facts:
            facts.setdefault((fact.evidence_id, fact.record), []).append((attribute.letter, fact))
    opens: dict[str, bool] = {}
    records = []
    for (evidence_id, record), pairs in facts.items():
        first = pairs[0][1]
        if evidence_id not in opens:
            known = evidence_id.startswith("ev-")
            opens[evidence_id] = known and may_open(request, now, now.workspace.vault.evidence(evidence_id))
        told: dict[str, list[str]] = {}
        for letter, fact in pairs:
            told.setdefault(fact.fact, []).append(letter)
        raw = first.raw[:_RAW] if opens[evidence_id] else None
        letters = tuple((" ".join(dict.fromkeys(each)), text) for text, each in told.items())
        records.append(RawRecord(evidence_id, first.name, record, first.sha256, raw, letters))
    return records
