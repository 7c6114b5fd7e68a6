"""Acts of people, with what they rest on looked up in the workspace: the newest run, judgement, scope."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from twofold.catalog.load import load_catalog
from twofold.controltests.rule import load_rule
from twofold.controltests.run_record import OUTCOMES_FILE
from twofold.engagement.request import Request, RequestAct
from twofold.jobs.control_tests import latest_runs, require_applied_scope
from twofold.jobs.deficiency.sign_off import require_resolved
from twofold.jobs.judge import JUDGEMENT_FILE
from twofold.jobs.known_names import need_other_human
from twofold.model.problem import Problem, UserError
from twofold.model.session import sql_session
from twofold.records.acts import answer, disposition, request, sign_off
from twofold.records.acts.disposition import Disposition, DispositionKind
from twofold.records.acts.sign_off import SignedConclusion, SignOff, SignOffRole
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest
from twofold.vault.blobs.file_hash import file_hash


def dispose(  # noqa: PLR0913  who says what of which item, and with whom
    workspace: Workspace,
    item: str,
    *,
    control_test: str,
    kind: DispositionKind,
    reason: str,
    second_person: str | None,
    actor: str,
    at: datetime,
) -> Disposition:
    """Record what an item's outcome in the newest run of a control test means. The outcome stays as it is.

    Raises UserError for an unknown control test or item, and as the act does.
    """
    folder = _newest_run(workspace, control_test)
    need_other_human(workspace, second_person, [actor], where="--second", why="a second person")
    return disposition.dispose(
        workspace.vault,
        item=item,
        control_test=control_test,
        run_id=folder.name,
        codes=_codes(folder, item),
        kind=kind,
        reason=reason,
        second_person=second_person,
        acting_user=actor,
        at=at,
    )


def require_item(workspace: Workspace, item: str, *, control_test: str) -> str:
    """Return the id of the newest run of a control test; UserError where there is none, or where it lacks the item."""
    folder = _newest_run(workspace, control_test)
    _codes(folder, item)
    return folder.name


def sign(  # noqa: PLR0913  who concludes what
    workspace: Workspace,
    engagement: str,
    *,
    control: str | None,
    conclusion: SignedConclusion,
    role: SignOffRole,
    reason: str,
    actor: str,
    at: datetime,
) -> SignOff:
    """Sign off the newest judgement of an engagement, or one control of it.

    Raises UserError as the act does, and for a SOX engagement as a whole while the class of a deficiency is unresolved.
    """
    sign_off.newest_judgement(workspace.vault, engagement)
    file = workspace.judgements_folder / engagement / JUDGEMENT_FILE
    if not file.is_file():
        raise UserError(Problem(str(file), "the judgement is missing", "the judged file", "run 'twofold judge' again"))
    if control is None:
        require_resolved(workspace, engagement, conclusion, at=at)
    others = sign_off.signers_of_other_role(workspace.vault, engagement, control, role)
    need_other_human(workspace, actor, others, where="--role", why="two different persons as preparer and reviewer")
    return sign_off.sign_off(
        workspace.vault,
        engagement=engagement,
        control=control,
        conclusion=conclusion,
        role=role,
        reason=reason,
        judgement_sha256=file_hash(file),
        acting_user=actor,
        at=at,
    )


def ask(  # noqa: PLR0913  the fields of a request
    workspace: Workspace,
    engagement: str,
    *,
    control: str | None,
    text: str,
    assigned_to: str,
    due_on: date | None,
    actor: str,
    at: datetime,
) -> Request:
    """Open a request; raises UserError for an engagement that the scope does not have, or an unknown control."""
    require_engagement(workspace, engagement, where="ENGAGEMENT")
    if control is not None and control not in load_catalog().controls:
        raise UserError(Problem("--control", f"there is no control {control!r}", "a control id such as CM-01"))
    return request.ask(
        workspace.vault,
        engagement=engagement,
        control=control,
        text=text,
        assigned_to=assigned_to,
        due_on=due_on,
        acting_user=actor,
        at=at,
    )


def requests(workspace: Workspace, *, engagement: str | None = None) -> list[Request]:
    """Return the requests in order of asking, of one engagement if asked; UserError for one that is not in scope."""
    if engagement is not None:
        require_engagement(workspace, engagement, where="--engagement")
    found = request.all_requests(workspace.vault).by_id.values()
    return [each for each in found if engagement in {None, each.engagement}]


def answer_request(
    workspace: Workspace, request_id: str, *, evidence: Sequence[str], note: str, actor: str, at: datetime
) -> Request:
    """Answer a request with captured evidence; raises UserError as the act does."""
    return answer.answer(workspace.vault, request_id=request_id, evidence=evidence, note=note, acting_user=actor, at=at)


def change_request(
    workspace: Workspace, request_id: str, act: RequestAct, *, note: str, actor: str, at: datetime
) -> Request:
    """Accept, return or withdraw a request; raises UserError as the act does."""
    return request.change_request(workspace.vault, request_id=request_id, act=act, note=note, acting_user=actor, at=at)


def _newest_run(workspace: Workspace, control_test: str) -> Path:
    runs = latest_runs(workspace)
    if control_test not in runs:
        known = ", ".join(sorted(runs)) or "none was run yet"
        raise UserError(Problem("--control-test", f"{control_test} was not run", f"one of {known}", "twofold test"))
    return runs[control_test]


def _codes(folder: Path, item: str) -> dict[str, str]:
    """Return attribute letter -> reason code of the item in the run."""
    file = folder / OUTCOMES_FILE
    letters = [attribute.letter for attribute in load_rule(folder).attributes]
    if file.exists():
        query = f"SELECT {', '.join(letters)} FROM read_parquet(?) WHERE item = ?"  # noqa: S608  letters of a rule
        with sql_session() as session:  # of its own: a shared one keeps the rest of the rows open
            row = session.execute(query, [str(file), item]).fetchone()
        if row is not None:
            return dict(zip(letters, row, strict=True))
    found = f"the newest run ({folder.name}) has no outcome of the item {item!r}"
    raise UserError(Problem("ITEM", found, "an item as workbooks and findings show it", "run 'twofold explain ITEM'"))


def require_engagement(workspace: Workspace, engagement: str, *, where: str) -> None:
    """Raise UserError unless the applied scope has the engagement; `where` says what named it."""
    known = [each.id for each in require_applied_scope(workspace).scope.engagements]
    if engagement not in known:
        expected = "one of " + (", ".join(known) or "(none defined)")
        remedy = nearest(engagement, known) or "see scope/engagements.yaml"
        raise UserError(Problem(where, f"there is no engagement {engagement!r}", expected, remedy))
