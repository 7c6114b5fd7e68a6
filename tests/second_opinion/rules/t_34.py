"""T-34 Go-live and conversion, from audit-domain T-34 and the rule's README."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from twofold.controltests.rule import ParameterValue

from .hands import add_hands, add_last_day, add_second_hr_id, pick_hand
from .records import Record, Records, Span
from .steps import (
    AMBIGUOUS,
    BOT,
    EVER,
    LINKED,
    NEVER,
    SHARED_ACCOUNT,
    TICK,
    UNLINKED,
    days,
    hand,
    has_gap,
    human_of,
    mandates,
    surely_before,
    title_mandates,
)
from .world import A_DAY, World

CONTROL_TEST = "T-34"
OUTCOME_ONLY: frozenset[str] = frozenset()
DUTIES = {
    "project": "authorise",
    "requirements": "authorise",
    "uat": "uat",
    "go_live": "release",
    "conversion": "finance",
}
"""Duty of an approval -> duty of the roster."""


def shared(world: World) -> None:
    """Rosters and titles hold for systems of one world only, so nothing is shared."""


def parameters(world: World) -> Mapping[str, ParameterValue]:
    """Every parameter at its default or at another value."""
    units = world.pick(("Finance;Sales", "Sales"))
    return {"allow_role_title": world.chance(60), "business_units": units, "reject_days": world.pick((0, 5, 30))}


def populate(world: World) -> None:
    """One or two go-lives of a project with approvals, defects, parallel runs, and converted objects with rejects."""
    system = world.key("erp")
    hands = add_hands(world, "dir")
    _authority(world, system)
    project, cutovers = world.key("project"), [world.id("wave") for _ in range(world.pick((1, 1, 2)))]
    moments = [world.moment(first_day=5) for _ in cutovers]
    tilt = world.chance(60)
    for wave, moment in zip(cutovers, moments, strict=True):
        for _ in range(2 if world.chance(4) else 1):
            significant = world.pick((None, None, None, None, True, False))
            world.add(
                "cutover",
                id=wave,
                project=project,
                system=system,
                cutover_at=world.instant(moment),
                significant=significant,
                reason=world.pick((None, " ", "a report server", "a report server")),
            )
        for duty in ("uat", "go_live"):
            _approvals(world, wave, duty, moment, hands, tilt=tilt)
        _issues(world, wave, moment, hands)
    for duty in ("project", "requirements"):
        _approvals(world, project, duty, moments[0], hands, tilt=tilt)
    for _ in range(world.pick((0, 1, 1, 2))):
        _conversion(world, world.pick([*cutovers, cutovers[0], world.key("unknown")]), system, moments[0], hands)
    for _ in range(world.pick((0, 0, 0, 1))):
        table = world.pick(("approval", "approval", "cutover_defect", "parallel_run", "conversion_reject"))
        starts = world.maybe(70, world.near(world.pick(moments)))
        ends = world.maybe(50, world.near(world.pick(moments)))
        of = world.pick((system, system, system, world.key("crm")))
        world.add("source_gap", table_name=table, system=of, starts_at=starts, ends_before=ends, reason="not_extracted")
    duty = world.pick(("authorise", "uat", "release", "finance"))
    add_second_hr_id(world, [world.key("x"), world.key("y")])
    add_last_day(world, "approval", "approver", "decided_at", scope=system, duty=duty, role="lead")


def _authority(world: World, system: str) -> None:
    for person in ("x", "y"):
        for duty in world.some(("authorise", "uat", "release", "finance"), percent=world.pick((0, 0, 60, 85))):
            scope = world.pick((system, system, system, world.key("crm")))
            start, end = world.maybe(15, world.moment()), world.maybe(10, world.moment())
            world.add("roster", scope=scope, duty=duty, person=world.key(person), valid_from=start, valid_to=end)
        if world.chance(60):
            role, unit = world.pick(("lead", "lead", "clerk")), world.pick(("Finance", "Engineering", None))
            world.add(
                "job",
                person=world.key(person),
                role=role,
                unit=unit,
                valid_from=world.maybe(15, world.moment()),
                valid_to=world.maybe(10, world.moment()),
            )
    for duty in world.some(("authorise", "uat", "release", "finance"), percent=70):
        world.add("role_authority", scope=world.pick((system, system, world.key("crm"))), duty=duty, role="lead")
    if world.chance(15):
        world.add(
            "engagement",
            id=world.id("e"),
            person=world.key("x"),
            type="employee",
            effective_end=world.instant(world.moment(), coarse=0),
        )


def _approvals(world: World, subject: str, duty: str, moment: datetime, hands: list[str], *, tilt: bool) -> None:
    for _ in range(world.pick((1, 1, 2)) if tilt else world.number_in(0, 2)):
        approval = world.id("approval")
        for _ in range(2 if world.chance(6) else 1):
            decided = world.near(moment - world.pick((0, 1, 1, 3, 9)) * A_DAY, days=2)
            withdrawn = world.maybe(7, world.instant(world.near(moment)))
            world.add(
                "approval",
                id=approval,
                subject=subject,
                approver=pick_hand(world, hands) or hands[0],
                duty=duty,
                decision=world.pick(("approve",) * 9 + ("reject",)),
                decided_at=world.instant(decided),
                withdrawn_at=withdrawn,
            )
        if world.chance(8):
            refused = world.instant(world.near(moment))
            world.add(
                "approval",
                id=world.id("approval"),
                subject=subject,
                approver=hands[0],
                duty=duty,
                decision="reject",
                decided_at=refused,
            )


def _issues(world: World, wave: str, moment: datetime, hands: list[str]) -> None:
    for _ in range(world.pick((0, 0, 1, 2))):
        defect = world.id("defect")
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "cutover_defect",
                id=defect,
                cutover=wave,
                found_at=world.instant(world.near(moment - world.pick((0, 2)) * A_DAY)),
                closed_at=world.maybe(35, world.instant(world.near(moment))),
                accepted_by=pick_hand(world, hands),
                accepted_at=world.maybe(85, world.instant(world.near(moment - A_DAY))),
            )
    for name in world.some(("ledger", "stock"), percent=15):
        for _ in range(2 if world.chance(4) else 1):
            world.add(
                "parallel_run",
                cutover=wave,
                name=name,
                old_total=world.pick((7, 7, None)),
                new_total=world.pick((7, 8, 8)),
                explanation=world.maybe(75, "rounding"),
                accepted_by=pick_hand(world, hands),
                accepted_at=world.maybe(85, world.instant(world.near(moment - A_DAY))),
            )


def _conversion(world: World, wave: str, system: str, moment: datetime, hands: list[str]) -> None:
    conversion, loaded = world.id("load"), world.near(moment - A_DAY)
    if world.chance(15):
        loaded = world.near(world.moment(first_day=65))
    for _ in range(2 if world.chance(3) else 1):
        world.add(
            "conversion",
            id=conversion,
            cutover=wave,
            system=system,
            object="open items",
            loaded_at=world.instant(loaded),
            operator=pick_hand(world, hands),
            counted_at=world.maybe(40, world.instant(world.near(loaded, days=1))),
            source_count=world.pick((10, 10, 10, None)),
            target_count=world.pick((10, 10, 9, 8, None)),
            has_amounts=world.pick((None, True, True, False)),
            source_sum=world.pick((70, 70, 70, None)),
            target_sum=world.pick((70, 70, 63, 56, None)),
            reject_count=world.pick((0, 1, 1, 2, None)),
            explanation=world.maybe(40, "old items left out"),
            explained_by=pick_hand(world, hands),
        )
    last = loaded
    for _ in range(world.pick((0, 0, 1, 1, 2))):
        reject, cleared = world.id("reject"), world.near(loaded + world.pick((0, 1, 4)) * A_DAY, days=1)
        for _ in range(2 if world.chance(8) else 1):
            world.add(
                "conversion_reject",
                conversion=conversion,
                record_id=reject,
                amount=world.pick((7, 7, None)),
                cleared_at=world.maybe(80, world.instant(cleared)),
                outcome=world.pick(("loaded", "loaded", "dropped", None)),
                accepted_by=pick_hand(world, hands),
            )
        last = max(last, cleared)
    _approvals(world, conversion, "conversion", last + 2 * A_DAY, hands, tilt=world.chance(80))


def outcomes(
    records: Records, clock: datetime, parameters: Mapping[str, ParameterValue]
) -> Mapping[str, Mapping[str, str]]:
    """Return item -> letter -> reason code."""
    go_lives = {row["id"]: _go_live(records, row, parameters) for row in records["cutover"]}
    objects = {
        f"{row['cutover']}/{row['id']}": _converted(records, row, clock, parameters) for row in records["conversion"]
    }
    return {**go_lives, **objects}


def _go_live(records: Records, wave: Record, parameters: Mapping[str, ParameterValue]) -> Mapping[str, str]:
    others = dict.fromkeys("EFGH", "na:go_live")
    if wave["conflicted"]:
        return {**dict.fromkeys("ABCDI", "cannot_test:conflict"), **others}
    if wave["significant"] is False and (wave["reason"] or "").strip():
        return {**dict.fromkeys("ABCDI", "na:not_significant"), **others}
    best = {
        duty: _best_approval(records, wave, duty, parameters) for duty in ("project", "requirements", "uat", "go_live")
    }
    project = max(best["project"], best["requirements"], key=_APPROVALS.index)
    worse = max(project, best["go_live"], key=_APPROVALS.index)
    gap = has_gap(records, ["approval"], wave["system"], None, wave["cutover_at"][1] + TICK)
    words = {"late": "approved_late", "withdrawn": "approval_withdrawn", "none": "not_approved"}
    business = {
        "late": "accepted_late",
        "withdrawn": "acceptance_withdrawn",
        "none": "not_accepted",
        "no_authority": "not_business",
        "no_roster": "not_known_as_business",
    }
    return {
        "A": _coded(project, words, gap=gap),
        "B": _coded(best["uat"], business, gap=gap),
        "C": _open_at_cutover(records, wave),
        "D": _coded(best["go_live"], words, gap=gap),
        "I": {"roster": "pass", "title": "cannot_test:no_roster"}.get(worse, "na:no_counting_approval"),
        **others,
    }


_APPROVALS = (
    "roster",
    "title",
    "conflict",
    "approver_unlinked",
    "no_roster",
    "time_order_unclear",
    "no_authority",
    "late",
    "withdrawn",
    "not_a_person",
    "none",
)
"""What an approval may be, best first; from no_authority on an exception."""
_EXCEPTIONS = frozenset(_APPROVALS[6:])


def _coded(word: str, words: Mapping[str, str], *, gap: bool) -> str:
    if word in {"roster", "title"}:
        return "pass"
    if word in _EXCEPTIONS:
        return "cannot_test:source_gap" if gap else f"exception:{words.get(word, word)}"
    return f"cannot_test:{words.get(word, word)}"


def _decisions(records: Records, subject: str | None, duty: str) -> list[Record]:
    return [row for row in records["approval"] if row["subject"] == subject and row["duty"] == duty]


def _best_approval(records: Records, wave: Record, duty: str, parameters: Mapping[str, ParameterValue]) -> str:
    decided = _decisions(records, wave["project"] if duty in {"project", "requirements"} else wave["id"], duty)
    given = [row for row in decided if row["decision"] == "approve" or row["conflicted"]]
    others = [
        row
        for row in decided
        if (row["decision"] == "reject" or row["conflicted"])
        and not surely_before(wave["cutover_at"], row["decided_at"])
    ]
    found = [_approval(records, wave, row, others, parameters) for row in given]
    return min([*found, "none"], key=_APPROVALS.index)


def _approval(
    records: Records, wave: Record, row: Record, others: Sequence[Record], parameters: Mapping[str, ParameterValue]
) -> str:
    """Judge one approval, beside the refusals, and what may be one, that were not surely after the cutover."""
    at, cutover = row["decided_at"], wave["cutover_at"]
    if row["conflicted"]:
        return "conflict"
    if surely_before(cutover, at):
        return "late"
    withdrawn = row["withdrawn_at"]
    afterwards, _, _ = _taken_back(at, [each for each in others if each["decided_at"][1] <= cutover[0]])
    _, perhaps_afterwards, in_doubt = _taken_back(at, others)
    if afterwards or (withdrawn is not None and withdrawn[1] <= cutover[0]):
        return "withdrawn"
    power = _power(records, row, wave["system"], parameters)
    if power in _EXCEPTIONS:
        return power
    if in_doubt:
        return "conflict"
    perhaps_withdrawn = withdrawn is not None and not surely_before(cutover, withdrawn)
    unclear = perhaps_afterwards or perhaps_withdrawn or not surely_before(at, cutover)
    return "time_order_unclear" if unclear else power


def _taken_back(at: Span, others: Sequence[Record]) -> tuple[bool, bool, bool]:
    """Return whether a refusal came surely after a decision, perhaps so, and whether one in conflict perhaps did."""
    refused = [row["decided_at"] for row in others if not row["conflicted"]]
    doubtful = [row["decided_at"] for row in others if row["conflicted"]]
    return (
        any(surely_before(at, each) for each in refused),
        not all(surely_before(each, at) for each in refused),
        not all(surely_before(each, at) for each in doubtful),
    )


def _power(records: Records, row: Record, system: str, parameters: Mapping[str, ParameterValue]) -> str:
    """Return what gave the approver the power: roster or title, or what is in the way."""
    at, duty = row["decided_at"], DUTIES[row["duty"]]
    who = hand(records, row["approver"], at[0])
    if who.state in {SHARED_ACCOUNT, BOT}:
        return "not_a_person"
    if who.person is None:
        return "approver_unlinked"
    scopes = {system, "*"}
    held = [
        each for each in mandates(records) if each.person == who.person and each.duty == duty and each.scope in scopes
    ]
    jobs = [
        job
        for job in records["job"]
        if job["person"] == who.person and (job["valid_from"] or EVER) <= at[0] and at[1] < (job["valid_to"] or NEVER)
    ]
    units = {job["unit"] for job in jobs if job["unit"] is not None} if duty == "uat" else set()
    business = set(str(parameters["business_units"]).split(";"))
    if any(each.surely(at) for each in held) or units & business:
        return "roster"
    if any(each.perhaps(at) for each in held):
        return "time_order_unclear"
    rosters = [each for each in records["roster"] if each["duty"] == duty and each["scope"] in scopes]
    begins_at = min((each["valid_from"] or EVER for each in rosters), default=NEVER)
    if begins_at <= at[0] or units:
        return "no_authority"
    titled = at[1] < begins_at and any(
        each.person == who.person and each.duty == duty and each.scope in scopes and each.surely(at)
        for each in title_mandates(records)
    )
    if parameters["allow_role_title"] and row["duty"] not in {"conversion", "uat"} and titled:
        return "title"
    return "no_roster"


def _open_at_cutover(records: Records, wave: Record) -> str:
    found = set(_issue_codes(records, wave))
    exceptions = (
        "exception:defect_not_accepted",
        "exception:parallel_run_difference",
        "exception:accepted_late",
        "exception:not_a_person",
    )
    for code in exceptions:
        if code in found:
            return code
    if has_gap(records, ["cutover_defect", "parallel_run"], wave["system"], None, wave["cutover_at"][1] + TICK):
        return "cannot_test:source_gap"
    rest = ("cannot_test:conflict", "cannot_test:acceptor_unlinked", "cannot_test:time_order_unclear", "pass")
    return next((code for code in rest if code in found), "na:nothing_open")


def _issue_codes(records: Records, wave: Record) -> Iterator[str]:
    cutover: Span = wave["cutover_at"]
    for row in records["cutover_defect"]:
        closed = row["closed_at"]
        if (
            row["cutover"] == wave["id"]
            and not surely_before(cutover, row["found_at"])
            and not surely_before(closed, cutover)
        ):
            doubtful = (closed is not None and not surely_before(cutover, closed)) or row["found_at"][1] > cutover[0]
            yield _accepted(records, row, cutover, "exception:defect_not_accepted", doubtful=doubtful)
    for row in records["parallel_run"]:
        known = None not in {row["old_total"], row["new_total"]}
        if row["cutover"] == wave["id"] and (not known or row["old_total"] != row["new_total"] or row["conflicted"]):
            yield _accepted(
                records, row, cutover, "exception:parallel_run_difference", explained=row["explanation"] is not None
            )


def _accepted(
    records: Records, row: Record, cutover: Span, missing: str, *, doubtful: bool = False, explained: bool = True
) -> str:
    at = row["accepted_at"]
    who = hand(records, row["accepted_by"], (at or cutover)[0])
    first: Sequence[tuple[bool, str]] = (
        (row["conflicted"], "cannot_test:conflict"),
        (explained and who.state == LINKED and surely_before(at, cutover), "pass"),
        (doubtful, "cannot_test:time_order_unclear"),
        (row["accepted_by"] is None or not explained, missing),
        (surely_before(cutover, at), "exception:accepted_late"),
        (at is None, "cannot_test:time_order_unclear"),
        (who.state in {SHARED_ACCOUNT, BOT}, "exception:not_a_person"),
        (who.person is None, "cannot_test:acceptor_unlinked"),
    )
    return next((code for holds, code in first if holds), "cannot_test:time_order_unclear")


def _converted(
    records: Records, load: Record, clock: datetime, parameters: Mapping[str, ParameterValue]
) -> Mapping[str, str]:
    others = dict.fromkeys("ABCDI", "na:converted_object")
    if load["conflicted"]:
        return {**others, **dict.fromkeys("EFGH", "cannot_test:conflict")}
    rejects = [row for row in records["conversion_reject"] if row["conversion"] == load["id"]]
    loaded = [row for row in rejects if row["outcome"] == "loaded" and row["cleared_at"] is not None]
    counted = load["counted_at"] or load["loaded_at"]
    late = [row for row in loaded if surely_before(counted, row["cleared_at"])]
    amounts = [row["amount"] for row in late]
    count = _agree(load["source_count"], load["target_count"], len(late), words=("not_counted", "counts_differ"))
    amount = _agree(
        load["source_sum"],
        load["target_sum"],
        None if None in amounts else sum(amounts),
        words=("not_summed", "amounts_differ"),
    )
    signer = hand(records, load["explained_by"], load["loaded_at"][0]).state
    explained = load["explanation"] is not None
    before = ""
    if explained and signer == LINKED:
        before = "pass"
    elif any(row["conflicted"] for row in rejects):
        before = "cannot_test:conflict"
    elif any(row not in late and not surely_before(row["cleared_at"], counted) for row in loaded):
        before = "cannot_test:time_order_unclear"
    nobody_known = explained and load["explained_by"] is not None and signer in {UNLINKED, AMBIGUOUS}

    def settled(code: str) -> str:
        if code in {"exception:not_counted", "exception:not_summed"}:
            return code
        return before or ("cannot_test:explainer_unlinked" if nobody_known and code != "pass" else code)

    return {
        **others,
        "E": settled(count),
        "F": "na:no_amounts" if load["has_amounts"] is False else settled(amount),
        "G": _rejects_settled(records, load, rejects, clock, parameters),
        "H": _signed(records, load, rejects, parameters),
    }


def _agree(source: int | None, target: int | None, later: int | None, *, words: tuple[str, str]) -> str:
    if source is None or target is None:
        return f"exception:{words[0]}"
    return "pass" if later is not None and source == target + later else f"exception:{words[1]}"


def _gap_after_load(records: Records, table: str, load: Record, parameters: Mapping[str, ParameterValue]) -> bool:
    """Return whether something after a load may be missing; that the data end long after it hides nothing."""
    late = load["loaded_at"][1] + days(parameters["reject_days"])
    for row in records["source_gap"]:
        if row["table_name"] == table and row["system"] in {load["system"], "*"}:
            ends: datetime | None = row["ends_before"]
            if ends > load["loaded_at"][0] if ends else (row["starts_at"] or EVER) <= late:
                return True
    return False


def _rejects_settled(
    records: Records,
    load: Record,
    rejects: Sequence[Record],
    clock: datetime,
    parameters: Mapping[str, ParameterValue],
) -> str:
    if any(row["conflicted"] for row in rejects):
        return "cannot_test:conflict"
    cleared = [row for row in rejects if row["cleared_at"] is not None and row["outcome"] != "loaded"]
    hands = {
        hand(records, row["accepted_by"], row["cleared_at"][0]).state if row["accepted_by"] else BOT for row in cleared
    }
    if hands & {SHARED_ACCOUNT, BOT}:
        return "exception:dropped_without_acceptance"
    if any(row["cleared_at"] is None for row in rejects):
        late = load["loaded_at"][1] + days(parameters["reject_days"])
        return "cannot_test:pending" if late > clock else "exception:reject_open"
    if load["reject_count"] is not None and len(rejects) < load["reject_count"]:
        gap = _gap_after_load(records, "conversion_reject", load, parameters)
        return "cannot_test:source_gap" if gap else "exception:rejects_not_listed"
    if hands - {LINKED}:
        return "cannot_test:acceptor_unlinked"
    if rejects:
        return "pass"
    return "na:no_rejects" if load["reject_count"] == 0 else "cannot_test:rejects_unknown"


def _signed(records: Records, load: Record, rejects: Sequence[Record], parameters: Mapping[str, ParameterValue]) -> str:
    loads = [
        row["cleared_at"]
        for row in rejects
        if row["outcome"] == "loaded" and row["cleared_at"] is not None and not row["conflicted"]
    ]
    loads.append(load["loaded_at"])
    last = max(at[0] for at in loads), max(at[1] for at in loads)
    decided = _decisions(records, load["id"], "conversion")
    given = [row for row in decided if row["decision"] == "approve" or row["conflicted"]]
    others = [row for row in decided if row["decision"] == "reject" or row["conflicted"]]
    torn = any(row["conflicted"] for row in rejects)
    found = {_signature(records, load, row, last, others, parameters, torn=torn) for row in given}
    before = (
        "pass",
        "cannot_test:conflict",
        "cannot_test:operator_unknown",
        "cannot_test:signer_unlinked",
        "cannot_test:no_roster",
        "cannot_test:time_order_unclear",
    )
    for code in before:
        if code in found:
            return code
    if _gap_after_load(records, "approval", load, parameters):
        return "cannot_test:source_gap"
    words = ("not_finance", "signed_by_operator", "signed_before_load", "signature_withdrawn", "not_a_person")
    return next((f"exception:{word}" for word in words if f"exception:{word}" in found), "exception:not_signed")


def _signature(
    records: Records,
    load: Record,
    row: Record,
    last: Span,
    others: Sequence[Record],
    parameters: Mapping[str, ParameterValue],
    *,
    torn: bool,
) -> str:
    """Judge one signature; `torn`: a reject is recorded in two ways, so that nobody knows the last load."""
    at, operator = row["decided_at"], hand(records, load["operator"], load["loaded_at"][0])
    signer, power = hand(records, row["approver"], at[0]), _power(records, row, load["system"], parameters)
    afterwards, perhaps_afterwards, in_doubt = _taken_back(at, others)
    one_human = signer.person is not None and human_of(records, signer.person) == human_of(records, operator.person)
    same = row["approver"] == load["operator"] or one_human
    first: Sequence[tuple[bool, str]] = (
        (row["conflicted"], "cannot_test:conflict"),
        (row["withdrawn_at"] is not None or afterwards, "exception:signature_withdrawn"),
        (surely_before(at, last), "exception:signed_before_load"),
        (same, "exception:signed_by_operator"),
        (power == "not_a_person", "exception:not_a_person"),
        (power == "no_authority", "exception:not_finance"),
        (in_doubt or torn, "cannot_test:conflict"),
        (perhaps_afterwards or not surely_before(last, at), "cannot_test:time_order_unclear"),
        (power == "approver_unlinked", "cannot_test:signer_unlinked"),
        (power in {"no_roster", "time_order_unclear"}, f"cannot_test:{power}"),
        (load["operator"] is None or operator.state not in {LINKED, BOT}, "cannot_test:operator_unknown"),
    )
    return next((code for holds, code in first if holds), "pass")
