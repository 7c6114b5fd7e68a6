"""A deficiency and a group as plain values: what `twofold deficiency show --json` prints and a package holds."""

from typing import Any

from twofold.findings.deficiency.evaluate import Evaluation
from twofold.findings.deficiency.groups import Group
from twofold.findings.deficiency.inputs import INPUTS, Given
from twofold.findings.deficiency.path import Missing, Step
from twofold.findings.deficiency.wording import group_in_words, in_two_sentences, told_to


def evaluation_json(each: Evaluation, *, short: bool = False) -> dict[str, Any]:
    """Return plain values of a deficiency; short: without its path."""
    case = each.case
    body: dict[str, Any] = {
        "id": case.deficiency_id,
        "engagement": case.engagement_id,
        "control": case.control_id,
        "title": case.control_title,
        "class": each.word,
        "low": each.span.low.title,
        "high": each.span.high.title,
        "kind": each.kind,
        "escalated": each.escalated,
        "systems": case.systems,
        "first_on": case.window.first_on,
        "last_on": case.window.last_on,
        "open_at_year_end": each.is_open,
        "at_year_end": case.at_year_end.text,
        "in_words": in_two_sentences(each),
        "to_be_told": told_to(each),
        "to_be_done": each.wanted,
    }
    if short:
        return body
    return {
        **body,
        "findings": [one.finding_id for one in case.findings],
        "facts": dict(case.facts),
        "steps": [_step_json(one) for one in each.steps],
        "missing": [_missing_json(one) for one in each.missing],
        "blockers": each.blockers,
    }


def group_json(group: Group) -> dict[str, Any]:
    """Return plain values of a group."""
    return {
        "id": group.group_id,
        "basis": group.basis.words,
        "common": group.common,
        "members": [each.case.deficiency_id for each in group.members],
        "class": group.word,
        "low": group.span.low.title,
        "high": group.span.high.title,
        "bounded_by": group.bounded_by,
        "in_words": group_in_words(group),
        "steps": [_step_json(one) for one in group.steps],
        "missing": [_missing_json(one) for one in group.missing],
        "unresolved": group.unresolved,
    }


def _step_json(step: Step) -> dict[str, Any]:
    """Return plain values of a step."""
    return {
        "step": step.id,
        "asked": step.asked,
        "answer": step.answer,
        "input": step.input,
        "about": step.about,
        "given": given_json(step.given) if step.given else None,
    }


def given_json(given: Given) -> dict[str, Any]:
    """Return plain values of a judgement."""
    return {
        "value": given.value,
        "reason": given.reason,
        "given_by": given.given_by,
        "given_at": given.given_at,
        "evidence": given.captured,
        "does_not_count": given.why_not,
    }


def _missing_json(missing: Missing) -> dict[str, Any]:
    """Return plain values of what nobody judged yet."""
    return {
        "step": missing.step,
        "input": missing.input,
        "subject": missing.subject,
        "about": missing.about,
        "question": missing.question,
        "expected": INPUTS[missing.input].expected,
    }
