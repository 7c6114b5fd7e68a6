from datetime import UTC, datetime

from twofold.scope.labels import EffectiveLabel, effective_labels
from twofold.scope.load import read_scope

APRIL = datetime(2026, 4, 1, tzinfo=UTC)


def labels(text: str, *, label: str, system: str) -> list[EffectiveLabel]:
    scope = read_scope({"a.yaml": text.encode()}, reporting_zone="UTC")
    return [found for found in effective_labels(scope) if (found.label, found.system) == (label, system)]


def days(found: list[EffectiveLabel]) -> list[tuple[str, str]]:
    def day(moment: datetime | None) -> str:
        return f"{moment:%Y-%m-%d}" if moment else ""

    return [(day(label.stretch.first), day(label.stretch.last)) for label in found]


ANALYTICS_FROM_APRIL = """
systems:
  - id: analytics
    layer: application
    soc2: [{from: 2025-01-01, reason: in the description, approver: p-1}]
    financially_relevant: [{from: 2026-04-01, reason: revenue report, approver: p-2, dependents: [Revenue report]}]
  - {id: okta, layer: identity, serves: [{system: analytics, from: 2025-06-01}]}
"""


def test_an_identity_system_is_relevant_only_while_what_it_serves_is() -> None:
    (label,) = labels(ANALYTICS_FROM_APRIL, label="fin_relevant", system="okta")
    assert label.stretch.first == APRIL
    assert label.stretch.last is None
    assert label.reason == "serves analytics: revenue report"
    assert label.approver == "p-2"
    assert label.dependents == frozenset({"Revenue report"})
    assert label.inherited
    assert label.record == "a.yaml:7"


def test_an_inherited_label_begins_with_the_serving() -> None:
    assert days(labels(ANALYTICS_FROM_APRIL, label="soc2", system="okta")) == [("2025-06-01", "")]


def test_the_end_of_a_serving_ends_what_is_inherited() -> None:
    text = ANALYTICS_FROM_APRIL.replace("from: 2025-06-01}", "from: 2025-06-01, to: 2026-05-01}")
    assert days(labels(text, label="fin_relevant", system="okta")) == [("2026-04-01", "2026-05-01")]
    apart = ANALYTICS_FROM_APRIL.replace("from: 2025-06-01}", "to: 2026-04-01}")
    assert labels(apart, label="fin_relevant", system="okta") == []


def test_relevance_runs_through_a_chain_and_names_it() -> None:
    text = """
systems:
  - {id: erp, layer: application, financially_relevant: [{from: 2025-01-01, reason: ledger, approver: p-2}]}
  - {id: github, layer: pipeline, serves: [{system: erp, from: 2025-02-01, to: 2025-12-01}]}
  - {id: okta, layer: identity, serves: [{system: github, from: 2025-03-01}]}
"""
    (label,) = labels(text, label="fin_relevant", system="okta")
    assert days([label]) == [("2025-03-01", "2025-12-01")]
    assert label.reason == "serves github, which serves erp: ledger"
    assert label.dependents is None


def test_a_circle_of_servings_ends() -> None:
    text = """
systems:
  - {id: erp, layer: application, serves: [{system: okta}], soc2: [{from: 2025-01-01, reason: r, approver: p}]}
  - {id: github, layer: pipeline, serves: [{system: okta}, {system: erp}]}
  - {id: okta, layer: identity, serves: [{system: github}, {system: erp}]}
"""
    (erp,) = labels(text, label="soc2", system="erp")
    assert (erp.inherited, erp.reason) == (False, "r")
    assert days(labels(text, label="soc2", system="github")) == [("2025-01-01", "")]
    (okta,) = labels(text, label="soc2", system="okta")
    assert okta.reason == "serves erp: r"


TWO_SERVED = """
systems:
  - id: a
    layer: application
    financially_relevant: [{from: 2025-01-01, to: 2025-07-01, reason: ra, approver: p-1, dependents: [X, Y]}]
  - id: b
    layer: application
    financially_relevant: [{from: 2025-04-01, to: 2025-10-01, reason: rb, approver: p-2, dependents: [Y, Z]}]
  - {id: okta, layer: identity, serves: [{system: a}, {system: b}]}
"""


def test_labels_from_two_systems_are_merged_without_overlap() -> None:
    found = labels(TWO_SERVED, label="fin_relevant", system="okta")
    assert days(found) == [("2025-01-01", "2025-04-01"), ("2025-04-01", "2025-07-01"), ("2025-07-01", "2025-10-01")]
    assert [label.dependents for label in found] == [frozenset("XY"), frozenset("XYZ"), frozenset("YZ")]
    assert found[1].reason == "serves a: ra; serves b: rb"
    assert found[1].approver == "p-1, p-2"


def test_dependents_not_recorded_stay_not_recorded() -> None:
    text = TWO_SERVED.replace(", dependents: [Y, Z]", "")
    found = labels(text, label="fin_relevant", system="okta")
    assert [label.dependents for label in found] == [frozenset("XY"), None, None]
    assert all(label.counts for label in found)


def test_no_dependent_keeps_out_of_sox_and_is_not_the_same_as_not_recorded() -> None:
    text = TWO_SERVED.replace("[X, Y]", "[]").replace("[Y, Z]", "[]")
    assert not any(label.counts for label in labels(text, label="fin_relevant", system="okta"))


def test_an_own_label_names_the_approver_where_it_overlaps_an_inherited_one() -> None:
    text = TWO_SERVED + "    financially_relevant: [{from: 2025-06-01, reason: own, approver: p-9, dependents: []}]\n"
    text = text.replace(
        "  - {id: okta, layer: identity, serves: [{system: a}, {system: b}]}\n",
        "  - id: okta\n    layer: identity\n    serves: [{system: a}]\n",
    )
    found = labels(text, label="fin_relevant", system="okta")
    assert days(found) == [("2025-01-01", "2025-06-01"), ("2025-06-01", "2025-07-01"), ("2025-07-01", "")]
    assert (found[1].reason, found[1].approver, found[1].dependents) == ("own; serves a: ra", "p-9", frozenset("XY"))
    assert found[2].dependents == frozenset()


def test_single_sign_on_is_not_inherited() -> None:
    text = ANALYTICS_FROM_APRIL.replace("soc2:", "sso_only:")
    assert len(labels(text, label="sso_only", system="analytics")) == 1
    assert labels(text, label="sso_only", system="okta") == []
