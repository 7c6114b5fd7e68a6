"""Evidence that is there already: what of the captured pieces serves what an engagement newly asks for."""

from collections.abc import Sequence

from twofold.catalog.catalog import Catalog
from twofold.jobs.what_if.counting import counting_controls
from twofold.jobs.what_if.coverage import Asks
from twofold.jobs.what_if.states import Computed
from twofold.populations.completeness import population_register
from twofold.reports.what_if import Reuse
from twofold.tables.schema import TableKind, canonical_tables
from twofold.tables.store import TableSet, open_session


def reusable(catalog: Catalog, asks: Sequence[Asks], found: Computed) -> tuple[Reuse, ...]:
    """Return, per engagement, the captured evidence that serves what it newly asks for."""
    relied = frozenset(
        piece
        for engagement in found.before.judged
        for control in counting_controls(catalog, found.before, engagement).values()
        for result in control.results
        for piece in found.before.evidence.get(result.control_test, ())
    )
    engagements = dict.fromkeys(ask.engagement.id for ask in asks)
    by_engagement = {name: [ask for ask in asks if ask.engagement.id == name] for name in engagements}
    return tuple(_reuse_of(name, held, found, relied) for name, held in by_engagement.items())


def _reuse_of(engagement: str, asks: Sequence[Asks], found: Computed, relied: frozenset[str]) -> Reuse:
    serving: set[str] = set()
    needed: dict[str, set[str]] = {}
    for ask in asks:
        for piece in found.after.evidence.get(ask.control_test, ()):
            systems = found.pieces[piece].provenance.systems
            if not systems or set(map(str, systems)) & set(ask.stretches):
                serving.add(piece)
        run = found.after.runs.get(ask.control_test)
        for table in population_register()[run.population].primary if run else ():
            if canonical_tables()[table].kind is not TableKind.FACT:
                needed.setdefault(table, set()).add(ask.control_test)
    with open_session(TableSet(found.after.tables, {}), wanted={"extraction"}) as session:
        fed = {table for (table,) in session.execute("SELECT DISTINCT table_name FROM extraction").fetchall()}
    missing = tuple((table, tuple(sorted(tests))) for table, tests in sorted(needed.items()) if table not in fed)
    return Reuse(engagement, tuple(sorted(serving)), tuple(sorted(serving & relied)), missing)
