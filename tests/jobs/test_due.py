"""What is due: from schedules, requests, tasks, findings and access reviews; each leads to a page of the site."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from twofold.engagement.access_review import Decision, Review, ReviewItem
from twofold.engagement.request import Request, RequestState
from twofold.engagement.task import AboutKind, Task, TaskState
from twofold.findings.finding import Finding
from twofold.findings.follow_up import Answer, FollowUp, SeenBy, Stage
from twofold.jobs.due import DueFacts, DueKind, about_address, due_things, finding_address
from twofold.lenses.conclusion import Conclusion, ControlJudgement
from twofold.scope.register import Scope

AT = datetime(2026, 5, 1, tzinfo=UTC)
ZONE = "America/New_York"
SCOPE = Scope.model_validate(
    {
        "reporting_zone": ZONE,
        "systems": [
            {
                "id": name,
                "layer": "application",
                "owner": "p-1",
                "schedules": [{"activity": "access_review", "cadence": "quarterly", "from": "2026-04-01"}],
            }
            for name in ("a", "b", "c", "d")
        ],
        "engagements": [{"id": "sox-1", "lens": "sox", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}],
    },
    context={"zone": ZONE},
)
REVIEW = Review(
    "rv-1",
    "a",
    "s",
    datetime(2026, 5, 2, tzinfo=UTC),
    None,
    True,
    AT,
    {
        ("x", "r"): ReviewItem("x", "r", "okta:ana"),
        ("y", "r"): ReviewItem("y", "r", "okta:bo", Decision.APPROVE),
        ("z", "r"): ReviewItem("z", "r", "okta:cy"),
    },
)
REQUEST = Request("rq-1", "sox-1", None, "The list", "p-2", "2026-06-01", "p-9", AT, 1)
TASK = Task("tk-1", "Do it", "p-3", date(2026, 6, 2), AboutKind.SYSTEM, "a b", "p-9", AT)
ID = "CM-01/T-10/C/cannot_test:source_gap"
TEXTS = (ID, "CM-01", "T-10", "C", "cannot_test:source_gap", "sox", "2 items cannot be tested: x y", "c", "c")
FINDING = Finding(*TEXTS, "", "e", "r", "", "", ("i", "j"), ("a",), "2026-01-01", "2026-01-01")
SEEN = SeenBy("sox-1", "sox", "SOX", FINDING, ControlJudgement("CM-01", "t", (), Conclusion.EFFECTIVE, (), ()))
ANSWER = Answer(ID, "c", "r", "p-4", date(2026, 6, 3), "p-4", AT, "ev-1")
FOLLOW_UP = FollowUp(ID, (SEEN,), (ANSWER,), None, Stage.REPAIR)
FACTS = DueFacts(
    SCOPE,
    ZONE,
    [FOLLOW_UP],
    [TASK],
    [REQUEST],
    datetime(2026, 8, 1, tzinfo=UTC),
    [REVIEW],
    {"okta:ana": "p-5"},
)


def test_what_is_due_by_day() -> None:
    found = [(each.on.isoformat(), each.kind, each.title, each.people) for each in due_things(FACTS)]
    assert found == [
        ("2026-01-01", DueKind.ENGAGEMENT, "sox-1: the period begins", ()),
        ("2026-06-01", DueKind.REQUEST, "Request rq-1: The list", ("p-2",)),
        ("2026-06-02", DueKind.TASK, "Do it", ("p-3",)),
        ("2026-06-03", DueKind.FINDING, "CM-01: x y", ("p-4",)),
        ("2026-06-30", DueKind.REVIEW, "Access review of a", ("p-5", "okta:cy")),
        ("2026-06-30", DueKind.OCCURRENCE, "Access review: a, b, c and 1 more", ("p-1",)),
        ("2026-12-31", DueKind.ENGAGEMENT, "sox-1: the period ends", ()),
    ]
    assert due_things(FACTS)[1].is_for(" P-2")
    assert not due_things(FACTS)[0].is_for("")


@pytest.mark.parametrize(
    "changed",
    [
        {"follow_ups": [replace(FOLLOW_UP, stage=Stage.CLOSED)]},
        {"follow_ups": [replace(FOLLOW_UP, answers=(), stage=Stage.ANSWER)]},
        {"follow_ups": [replace(FOLLOW_UP, answers=(replace(ANSWER, due_on=None),))]},
        {"tasks": [replace(TASK, state=TaskState.DONE)]},
        {"tasks": [replace(TASK, due_on=None)]},
        {"requests": [replace(REQUEST, state=RequestState.SUBMITTED)]},
        {"requests": [replace(REQUEST, due_on=None)]},
        {"reviews": [replace(REVIEW, started_at=datetime(2025, 1, 1, tzinfo=UTC))]},
    ],
)
def test_what_is_over_or_has_no_day_is_not_due(changed: dict[str, object]) -> None:
    assert len(due_things(replace(FACTS, **changed))) == 6  # type: ignore[arg-type]


def test_an_accepted_finding_is_looked_at_again() -> None:
    found = due_things(replace(FACTS, follow_ups=[replace(FOLLOW_UP, stage=Stage.ACCEPTED)]))
    assert [each.title for each in found if each.kind is DueKind.ACCEPTANCE] == ["CM-01: look again: x y"]


def test_without_a_scope_there_is_no_calendar_of_it() -> None:
    assert len(due_things(replace(FACTS, scope=None))) == 3


def test_addresses() -> None:
    assert finding_address(ID) == "/findings/CM-01/T-10/C/cannot_test:source_gap/"
    assert about_address(AboutKind.SYSTEM, "a b") == "/systems/a%20b/"
    assert about_address(AboutKind.FINDING, ID) == finding_address(ID)
    assert about_address(AboutKind.CONTROL, "CM-01") == "/controls/CM-01/"
    assert about_address(AboutKind.REQUEST, "rq-1") == "/requests/#rq-1"
