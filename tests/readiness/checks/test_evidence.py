"""Q2, can evidence be pulled quickly: a source for each table, pulls that succeed and in time, retention."""

from datetime import timedelta

import pytest

from twofold.readiness.check import State

from .check_world import END, World, day

NEED = {"control": "AC-03", "control_test": "T-03", "table_name": "account", "is_primary": True, "was_run": True}


def capture(**given: object) -> dict[str, object]:
    return {
        "evidence": "ev-2",
        "table_name": "account",
        "source": "okta",
        "kind": "users",
        "name": "users.json",
        "media": "application/json",
        "query": "GET /api/v1/users",
        "run_by": "svc",
        "run_at": END,
        "period_to": END,
        "oldest_available": None,
        "captured_at": END,
        "repeats": False,
        "is_act": False,
        **given,
    }


def test_a_table_has_a_saved_query_or_not() -> None:
    def world() -> World:
        return World("evidence/source_exists").add("needed_table", NEED)

    assert world().add("capture", capture()).state() is State.OK
    assert world().add("capture", capture(query=" ")).state() is State.GAP
    assert world().state() is State.GAP


def test_a_table_that_no_item_asks_for_is_no_gap() -> None:
    def world() -> World:
        return World("evidence/source_exists").add("needed_table", {**NEED, "is_primary": False})

    assert world().state() is State.OK
    wanting = {"control_test": "T-03", "item": "i", "attribute": "A", "code": "cannot_test:source_gap"}
    assert world().add("outcome", wanting).state() is State.GAP
    assert (
        World("evidence/source_exists").add("needed_table", {**NEED, "is_primary": False, "was_run": False}).state()
        is State.GAP
    )


def test_a_control_tested_by_hand_needs_an_answered_request() -> None:
    def world() -> World:
        return World("evidence/source_exists").add("control", {"control": "AC-11", "tests": ""})

    assert world().state() is State.CANNOT_TELL
    assert (
        world().add("request_answer", {"request": "rq-1", "control": "AC-11", "evidence": "ev-1"}).state() is State.OK
    )


@pytest.mark.parametrize(
    ("rows", "claimed", "aside", "state"),
    [(5, 5, 0, State.OK), (5, 6, 0, State.GAP), (5, 5, 1, State.GAP), (5, None, 0, State.CANNOT_TELL)],
)
def test_the_last_pull_counts(rows: int, claimed: int | None, aside: int, state: State) -> None:
    world = World("evidence/last_pull").add("needed_table", NEED)
    pulled = {"table_name": "account", "rows": rows, "claimed_rows": claimed, "set_aside": aside}
    world.add("extraction", {"id": "ev-2", "run_at": END, **pulled})
    world.add("extraction", {"id": "ev-1", "run_at": day("2026-01-01"), **pulled, "rows": 1, "claimed_rows": 9})

    assert world.state() is state


def test_a_sum_that_is_not_the_total_of_the_source_is_a_gap() -> None:
    said = '[{"field":"amount","stated":"2","read":"1","agrees":false,"fault":""}]'
    for sums, state in (("[]", State.OK), (said, State.GAP), (said.replace("false", "true"), State.OK)):
        world = World("evidence/last_pull").add("needed_table", NEED)
        world.add(
            "extraction",
            {"id": "ev-1", "run_at": END, "table_name": "account", "rows": 5, "claimed_rows": 5, "sums": sums},
        )
        assert world.state() is state


@pytest.mark.parametrize(
    ("explained", "state"),
    [
        (["ev-1 amount"], State.OK),
        (["ev-1 count"], State.GAP),
        (["ev-2 amount"], State.GAP),
        (["ev-1 amount", "ev-1 amount"], State.GAP),
    ],
    ids=["it", "another field", "another export", "in two ways"],
)
def test_a_sum_that_differs_is_no_gap_where_a_named_person_explained_it(explained: list[str], state: State) -> None:
    said = '[{"field":"amount","stated":"2","read":"1","agrees":false,"fault":""}]'
    world = World("evidence/last_pull").add("needed_table", NEED)
    pulled = {"table_name": "account", "rows": 5, "claimed_rows": 5, "sums": said}
    world.add("extraction", {"id": "ev-1", "run_at": END, **pulled})
    for number, key in enumerate(explained):
        person = {"explained_by": "p-1", "explained_at": END, "reason": f"reason {number}", "conflicted": False}
        world.add("difference_explanation", {"population": f"population {number}", "difference_key": key, **person})
    assert world.state() is state


@pytest.mark.parametrize(("hours", "state"), [(24, State.OK), (25, State.GAP)])
def test_time_from_the_question_to_the_vault(hours: int, state: State) -> None:
    late = capture(captured_at=END + timedelta(hours=hours))

    assert World("evidence/time_to_pull").add("capture", late).state() is state


@pytest.mark.parametrize(("hours", "state"), [(120, State.OK), (121, State.GAP)])
def test_time_to_answer_a_request(hours: int, state: State) -> None:
    answer = {"request": "rq-1", "control": "AC-03", "opened_at": END, "answered_at": END + timedelta(hours=hours)}

    assert World("evidence/time_to_pull").add("request_answer", answer).state() is state


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, State.OK),
        ({"media": "image/png"}, State.GAP),
        ({"media": "message/rfc822"}, State.GAP),
        ({"query": "Slack export of #change-approvals"}, State.GAP),
        ({"name": "mfa screenshot.pdf"}, State.GAP),
    ],
)
def test_evidence_that_lives_in_pictures_and_messages(given: dict[str, object], state: State) -> None:
    assert (
        World("evidence/living_elsewhere").add("needed_table", NEED).add("capture", capture(**given)).state() is state
    )
    answer = {"request": "rq-1", "control": "AC-11", "evidence": "ev-1;ev-2"}
    other = capture(**given, table_name="")
    assert World("evidence/living_elsewhere").add("request_answer", answer).add("capture", other).state() is state
    assert World("evidence/living_elsewhere").add("capture", other).state() is State.CANNOT_TELL


PERIOD = {"engagement": "soc2", "lens": "soc2", "starts_at": day("2026-01-01"), "ends_before": day("2027-01-01")}


@pytest.mark.parametrize(
    ("kept", "state"),
    [(455, State.OK), (454, State.GAP), (None, State.CANNOT_TELL)],
    ids=["enough", "short", "unknown"],
)
def test_a_system_keeps_its_log_over_period_and_audit(kept: int | None, state: State) -> None:
    world = World("evidence/retention").add("audit_period", PERIOD)

    assert world.add("system", {"id": "erp", "log_retention_days": kept}).state() is state


@pytest.mark.parametrize(
    ("pulls", "held", "state"),
    [
        (["2026-10-01"], None, State.GAP),
        (["2026-06-01", "2026-10-01"], None, State.GAP),
        (["2026-08-01", "2026-10-01"], None, State.OK),
        (["2026-10-01"], "2025-01-01", State.OK),
    ],
    ids=["pulled once", "pulled too seldom", "pulled before it deletes", "it still held enough"],
)
def test_a_source_with_a_limit_is_pulled_before_it_deletes(pulls: list[str], held: str | None, state: State) -> None:
    world = World("evidence/retention").add("audit_period", PERIOD)
    oldest = day(held) if held else None
    world.add("capture", *(capture(kind="system_log", run_at=day(each), oldest_available=oldest) for each in pulls))

    assert world.state() is state


@pytest.mark.parametrize(("late", "state"), [(1, State.OK), (2, State.GAP)])
def test_at_most_a_fifth_may_come_after_the_fact(late: int, state: State) -> None:
    after = capture(captured_at=END + timedelta(days=32))
    rows = [after] * late + [capture()] * (5 - late)

    assert World("evidence/after_the_fact").add("needed_table", NEED).add("capture", *rows).state() is state


def test_a_later_claimed_date_does_not_make_late_evidence_timely() -> None:
    """The end of what it speaks for counts, whatever is claimed of the question."""
    late = capture(period_to=END - timedelta(days=60))

    assert World("evidence/after_the_fact").add("needed_table", NEED).add("capture", late).state() is State.GAP
