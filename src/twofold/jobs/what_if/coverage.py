"""What a lens newly asks for: per engagement, control test and system, the stretches that it did not ask for before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twofold.catalog.catalog import Catalog
from twofold.jobs.what_if.counting import counting_controls, lens_stretches
from twofold.jobs.what_if.states import State
from twofold.scope.engagement import Engagement
from twofold.scope.stretches import Stretch, joined, without


@dataclass(frozen=True, slots=True)
class Asks:
    """An engagement newly asks for these systems in these stretches, for one control test."""

    engagement: Engagement
    control_test: str
    stretches: Mapping[str, Sequence[Stretch]]

    def past(self, clock: datetime) -> dict[str, list[Stretch]]:
        """Return what lies before the clock of the data: only that can be too late."""
        gone = Stretch.of(None, clock)
        cut = {
            system: [part for stretch in held if (part := stretch.common(gone))]
            for system, held in self.stretches.items()
        }
        return {system: parts for system, parts in cut.items() if parts}


def newly_asked(catalog: Catalog, before: State, after: State) -> list[Asks]:
    """Return what each engagement asks for after and not before, by control test, in order.

    A control test that serves a control which did not count before asks for all of the lens's systems and period. Else
    what is new is the time in which a system was not both in the lens and in the period before.
    """
    found = []
    for engagement in sorted(after.scope.engagements, key=lambda each: each.id):
        earlier = before.scope.engagement(engagement.id)
        had = lens_stretches(before.scope, earlier) if earlier else {}
        now = lens_stretches(after.scope, engagement)
        counted = counting_controls(catalog, before, engagement.id)
        for test, controls in _tests_of(catalog, after, engagement).items():
            known = had if any(control in counted for control in controls) or _not_yet(before, earlier) else {}
            fresh = {
                system: joined(part for stretch in held for part in without(stretch, known.get(system, ())))
                for system, held in now.items()
            }
            stretches = {system: parts for system, parts in fresh.items() if parts}
            if stretches:
                found.append(Asks(engagement, test, stretches))
    return found


def _not_yet(before: State, engagement: Engagement | None) -> bool:
    """Whether the engagement was there and nothing was judged for it, so that counting says nothing."""
    return engagement is not None and engagement.id not in before.judged


def _tests_of(catalog: Catalog, state: State, engagement: Engagement) -> dict[str, list[str]]:
    """Return control test -> the controls that it serves and that count for the engagement."""
    found: dict[str, list[str]] = {}
    for control_id, control in counting_controls(catalog, state, engagement.id).items():
        for result in control.results:
            found.setdefault(result.control_test, []).append(control_id)
    return dict(sorted(found.items()))
