"""The scope memo for the auditor: what is in scope, since when and why, what is left out, and what changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twofold.model.instant import zone_named
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.pdf.typeset import typeset
from twofold.scope.engagement import Engagement
from twofold.scope.labels import FIN_RELEVANT, SOC2, EffectiveLabel, effective_labels
from twofold.scope.plan import ScopePlan
from twofold.scope.plan_text import attention_lines, plan_lines
from twofold.scope.register import Scope
from twofold.scope.stretches import Stretch, joined, stretch_text, without

TITLE = "Scope memo"
_LENS_TITLES = {"soc2": "SOC 2", "sox": "SOX"}
_LENS_OF = {SOC2: "soc2", FIN_RELEVANT: "sox"}
_LINES_SHOWN = 60
_SIGN_OFF = ("Prepared by", "Approved by management", "Received by the auditor")


@dataclass(frozen=True, slots=True)
class MemoChange:
    """One apply of the scope. differences: a line each; None where the files were deleted since."""

    entry: int
    at: datetime
    actor: str
    second_person: str
    reason: str
    differences: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class MemoVendor:
    """An outside provider that a system relies on; `report` says the newest report on its controls, or why none."""

    name: str
    system: str
    stretch: Stretch
    services: str
    report: str


@dataclass(frozen=True, slots=True)
class MemoProposal:
    """A change that somebody proposes; `scope` of the memo is then the scope as it would be."""

    number: int
    sentences: Sequence[str]
    reason: str
    proposed_by: str
    proposed_at: datetime
    plan: ScopePlan


@dataclass(frozen=True, slots=True)
class ScopeMemo:
    """All that the memo says. people: HR id -> name.

    size, root: entries and root hash of the log right after the apply, which any later checkpoint can be proven to
    extend. engagements: those that the memo is about.
    """

    company: str
    scope: Scope
    engagements: Sequence[Engagement]
    in_force: MemoChange
    scope_sha256: str
    size: int
    root: bytes
    changes: Sequence[MemoChange]
    people: Mapping[str, str]
    vendors: Sequence[MemoVendor]
    proposal: MemoProposal | None = None


def scope_memo_pdf(memo: ScopeMemo) -> bytes:
    """Return the memo as PDF; the same memo gives the same bytes."""
    at = memo.proposal.proposed_at if memo.proposal else memo.in_force.at
    return typeset("scope_memo.typ", memo_values(memo), at=at)


def memo_values(memo: ScopeMemo) -> dict[str, Any]:
    """Return what the template shows, as plain values."""
    zone = memo.scope.reporting_zone
    found = (each for each in effective_labels(memo.scope) if each.label in _LENS_OF and _shown(memo, each))
    labels = sorted(found, key=lambda each: (each.system, each.label != SOC2, each.stretch))
    return {
        "title": TITLE,
        "company": memo.company,
        "stand": _stand(memo),
        "footer": NOT_AN_OPINION,
        "proposal": _proposal(memo),
        "facts": [list(each) for each in _facts(memo)],
        "engagements": [_engagement(each) for each in memo.engagements],
        "systems": list(_systems(memo, labels)),
        "labels": [_label(memo, each) for each in labels],
        "exclusions": list(_exclusions(memo, labels)),
        "vendors": [_vendor(each, zone) for each in memo.vendors],
        "changes": [_change(memo, each) for each in memo.changes],
        "sign_off": list(_SIGN_OFF),
        "check": list(_check(memo)),
    }


def _shown(memo: ScopeMemo, label: EffectiveLabel) -> bool:
    return any(each.lens == _LENS_OF[label.label] for each in memo.engagements)


def _day(at: datetime, zone: str) -> str:
    return at.astimezone(zone_named(zone)).strftime("%Y-%m-%d")


def _moment(at: datetime, zone: str) -> str:
    return f"{at.astimezone(zone_named(zone)):%Y-%m-%d %H:%M} {zone}"


def _person(memo: ScopeMemo, person: str) -> str:
    """Return names with their ids; several ids are joined by a comma where labels meet."""
    named = [f"{memo.people[each]} ({each})" if each in memo.people else each for each in person.split(", ")]
    return ", ".join(named)


def _stand(memo: ScopeMemo) -> str:
    zone = memo.scope.reporting_zone
    if memo.proposal:
        return f"As proposed in change {memo.proposal.number} on {_day(memo.proposal.proposed_at, zone)}"
    return f"Scope in force since {_day(memo.in_force.at, zone)}, entry {memo.in_force.entry} of the log"


def _facts(memo: ScopeMemo) -> Iterator[tuple[str, str, bool]]:
    """Yield (name, value, whether it is code)."""
    zone = memo.scope.reporting_zone
    force = memo.in_force
    yield "Company", memo.company, False
    yield "Days are days of", zone, False
    yield "Scope in force", f"entry {force.entry} of the log, applied {_moment(force.at, zone)}", False
    yield "Applied by", _person(memo, force.actor), False
    yield "Approved by", _person(memo, force.second_person) or "nobody is named in the entry", False
    yield "Reason", force.reason, False
    yield "Hash of the scope", memo.scope_sha256, True
    yield f"Root of the log, {memo.size:,} entries", memo.root.hex(), True


def _engagement(engagement: Engagement) -> dict[str, str]:
    kind = f" {engagement.type.replace('type', 'Type ')}" if engagement.type else ""
    covers = ", ".join(each.replace("_", " ") for each in engagement.categories) or "ITGC domains"
    auditor = f"Auditor: {engagement.auditor}" if engagement.auditor else "Auditor: not chosen yet"
    return {
        "id": engagement.id,
        "lens": f"{_LENS_TITLES[engagement.lens]}{kind}",
        "period": f"{engagement.starts_on.text} to {engagement.ends_on.text}",
        "covers": covers,
        "service": engagement.service or "Service: not described",
        "auditor": auditor,
    }


def _systems(memo: ScopeMemo, labels: Sequence[EffectiveLabel]) -> Iterator[dict[str, Any]]:
    zone = memo.scope.reporting_zone
    days: dict[tuple[str, str], list[Stretch]] = {}
    for label in labels:
        if label.counts:
            days.setdefault((label.system, _LENS_OF[label.label]), []).append(label.stretch)
    for system in sorted(memo.scope.systems, key=lambda each: each.id):
        held = {
            lens: [stretch_text(each, zone=zone) for each in joined(days.get((system.id, lens), ()))]
            for lens in _LENS_TITLES
        }
        if any(held.values()):
            yield {
                "id": system.id,
                "name": system.name or system.id,
                "about": system.description,
                "data": ", ".join(system.data),
                "layer": system.layer,
                "owner": _person(memo, system.owner) if system.owner else "nobody",
                "soc2": held["soc2"] or ["not in scope"],
                "sox": held["sox"] or ["not in scope"],
            }


def _label(memo: ScopeMemo, label: EffectiveLabel) -> dict[str, str]:
    notes = []
    if label.dependents:
        notes.append(f"Finance relies on it for: {', '.join(sorted(label.dependents))}.")
    elif label.label == FIN_RELEVANT:
        notes.append(
            "Nothing of finance relies on it."
            if label.dependents is not None
            else "What of finance relies on it is not recorded: it counts."
        )
    return {
        "system": label.system,
        "label": "SOC 2" if label.label == SOC2 else "financially relevant",
        "days": stretch_text(label.stretch, zone=memo.scope.reporting_zone),
        "reason": _inherited(memo, label) if label.inherited else label.reason,
        "note": " ".join(notes),
        "approver": _person(memo, label.approver),
    }


def _inherited(memo: ScopeMemo, label: EffectiveLabel) -> str:
    """Say from what a label is inherited; the reasons stand with the labels of those systems, so not here again."""
    system = memo.scope.system(label.system)
    serves = system.serves if system else ()
    served = sorted({each.system for each in serves if each.stretch.common(label.stretch)})
    return f"Inherited: it serves {', '.join(served)}, whose labels give the reasons."


def _exclusions(memo: ScopeMemo, labels: Sequence[EffectiveLabel]) -> Iterator[dict[str, str]]:
    """Yield each part of a period in which a system does not count, with the reason that is recorded."""
    zone = memo.scope.reporting_zone
    for engagement in memo.engagements:
        period = Stretch(engagement.period.starts_at, engagement.period.ends_before)
        for system in sorted(memo.scope.systems, key=lambda each: each.id):
            own = [each for each in labels if each.system == system.id and _LENS_OF[each.label] == engagement.lens]
            for part in without(period, [each.stretch for each in own if each.counts]):
                yield {
                    "system": system.id,
                    "out_of": f"{_LENS_TITLES[engagement.lens]} ({engagement.id})",
                    "days": "the whole period" if part == period else stretch_text(part, zone=zone),
                    "why": _why_out(memo, part, own),
                }


def _why_out(memo: ScopeMemo, part: Stretch, labels: Sequence[EffectiveLabel]) -> str:
    empty = next((each for each in labels if not each.counts and each.stretch.common(part)), None)
    if empty is not None:
        return f"Nothing of finance relies on it: {empty.reason}"
    before = next((each for each in labels if each.stretch.ends_before == part.starts_at), None)
    after = next((each for each in labels if each.stretch.starts_at == part.ends_before), None)
    told = []
    if before is not None:
        ended = _reason_of_end(memo, before)
        told.append(f"Its label ended. {ended}" if ended else "Its label ended; the log gives no reason for that.")
    if after is not None:
        told.append(f"Its label begins afterwards: {after.reason}")
    return " ".join(told) or "No label says that it belongs."


def _reason_of_end(memo: ScopeMemo, label: EffectiveLabel) -> str:
    """Return the reason of the newest apply that took the time after the label away."""
    zone = memo.scope.reporting_zone
    day = _day(label.stretch.ends_before, zone)
    for change in reversed(memo.changes):
        if any(f"- {label.system} " in line and day in line for line in change.differences or ()):
            return f"Entry {change.entry}: {change.reason}"
    if memo.proposal and any(not it.gained and it.system == label.system for it in memo.proposal.plan.labels):
        return f"Proposed: {memo.proposal.reason}"
    return ""


def _vendor(vendor: MemoVendor, zone: str) -> dict[str, str]:
    return {
        "name": vendor.name,
        "services": vendor.services,
        "system": "the company" if vendor.system == "company" else vendor.system,
        "days": stretch_text(vendor.stretch, zone=zone),
        "report": vendor.report,
    }


def _change(memo: ScopeMemo, change: MemoChange) -> dict[str, Any]:
    if change.differences is None:
        lines = ["Its files were deleted since, so the differences cannot be shown."]
    else:
        lines = _cut(change.differences) or ["Nothing that counts: the files say the same in other words."]
    return {
        "entry": str(change.entry),
        "day": _day(change.at, memo.scope.reporting_zone),
        "actor": _person(memo, change.actor),
        "approver": _person(memo, change.second_person) if change.second_person else "",
        "reason": change.reason,
        "differences": lines,
    }


def _proposal(memo: ScopeMemo) -> dict[str, Any] | None:
    proposal = memo.proposal
    if proposal is None:
        return None
    return {
        "head": (
            f"Change {proposal.number}, proposed by {_person(memo, proposal.proposed_by)} on "
            f"{_moment(proposal.proposed_at, memo.scope.reporting_zone)}. "
            "The rest of this memo shows the scope as it would be."
        ),
        "sentences": list(proposal.sentences),
        "reason": proposal.reason,
        "differences": _cut(plan_lines(proposal.plan)),
        "attention": list(attention_lines(proposal.plan)),
    }


def _cut(lines: Sequence[str]) -> list[str]:
    shown = list(lines[:_LINES_SHOWN])
    if len(lines) > _LINES_SHOWN:
        shown.append(f"and {len(lines) - _LINES_SHOWN:,} more")
    return shown


def _check(memo: ScopeMemo) -> Iterator[str]:
    yield (
        f"The scope in force is entry {memo.in_force.entry} of the log. Its hash above is SHA-256 over the scope in "
        "its canonical form: JSON with sorted keys, as the documentation of scope files says."
    )
    yield (
        f"The root above is over the first {memo.size:,} entries. A signed checkpoint of the log with more entries can "
        "be proven to extend it."
    )
    yield "Labels, engagements and owners are those of the scope files that the entry names as evidence."
    yield "Vendors and their reports are those of the registers captured as evidence when this memo was made."
