"""HR dates: empty and 0000-00-00 mean none, a bare day is the whole local day of the person's site."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from twofold.model.instant import Instant, parse_instant, zone_named
from twofold.model.problem import Problem, UserError
from twofold.tables.rows import NormaliseContext, SourceFile

_NO_DATE = frozenset({"", "0000-00-00", "0000-00-00 00:00:00"})
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class HrDates:
    """The zones of a file: `default` for all, `sites` for those that the parameters name."""

    default: str
    sites: Mapping[str, str]

    def instant(self, text: str, *, site: str = "") -> Instant | None:
        """Read a day or time at a site; None where there is none. Raises ValueError for anything else."""
        if text.strip() in _NO_DATE:
            return None
        return parse_instant(text, zone=self.sites.get(site, self.default))


def dates_of(file: SourceFile, context: NormaliseContext) -> HrDates:
    """Read the parameters `zone` and `zone:SITE`; raises UserError that names each unknown zone."""
    parameters = file.evidence.provenance.parameters
    problems: list[Problem] = []
    for name, zone in sorted(parameters.items()):
        if name == "zone" or name.startswith("zone:"):
            try:
                zone_named(zone)
            except ValueError as error:
                where = f"{file.evidence.name}, parameter {name}"
                problems.append(Problem(where, str(error), "", "correct it in exports.toml and capture again"))
    if problems:
        raise UserError(problems)
    sites = {name.removeprefix("zone:"): zone for name, zone in parameters.items() if name.startswith("zone:")}
    return HrDates(default=parameters.get("zone") or context.zone, sites=sites)


def boundary(moment: Instant | None) -> datetime | None:
    """Return a limit for a boundary column, in UTC: a day counts from its first moment; None for no limit."""
    return moment.earliest if moment else None


def boundary_after(moment: Instant | None) -> datetime | None:
    """Return the limit behind a last day or an end, in UTC: a bare day is over when it has passed; None for none."""
    if moment is None:
        return None
    return moment.latest if moment.is_exact else moment.latest + _TICK
