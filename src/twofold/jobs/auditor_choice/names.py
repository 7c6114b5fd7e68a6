"""Every name that would tell who the company is: from settings, scope files, captured tables and provenance."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import duckdb

from twofold.engagement.auditor_choice.identifying import Name
from twofold.jobs.normalise import evidence_to_read
from twofold.jobs.tables_read import tables_read
from twofold.records.workspace import AppliedScope, Workspace
from twofold.scope.register import Scope

_NAMED = {
    "person": ("SELECT name FROM person", "SELECT id FROM person"),
    "e-mail": ("SELECT email FROM person", "SELECT email FROM account"),
    "account": ("SELECT id FROM account", "SELECT username FROM account"),
    "source": ("SELECT DISTINCT repository FROM deployment", "SELECT DISTINCT repository FROM pull_request"),
    "vendor": ("SELECT name FROM vendor", "SELECT entity FROM vendor", "SELECT id FROM vendor"),
    "system": ("SELECT id FROM system", "SELECT name FROM system"),
}
"""Kind of name -> where the tables hold it."""
_TABLES = frozenset({"person", "account", "deployment", "pull_request", "vendor", "system"})


@dataclass(frozen=True, slots=True)
class CompanyNames:
    """Every name, each once, in order; and how many people and vendors the tables hold."""

    names: Sequence[Name]
    people: int
    vendors: int


def company_names(workspace: Workspace, applied: AppliedScope) -> CompanyNames:
    """Gather the names of the company as its evidence stands now."""
    found = {Name("company", workspace.settings.company), *_of_scope(applied.scope)}
    with tables_read(workspace, _TABLES) as session:
        found.update(_of_tables(session))
        people, vendors = (
            len(session.execute(query).fetchall()) for query in ("SELECT id FROM person", "SELECT id FROM vendor")
        )
    for each in evidence_to_read(workspace):
        found.update({Name("account", each.provenance.run_by), Name("account", each.provenance.owner)})
    return CompanyNames(sorted(name for name in found if name.text.strip()), people, vendors)


def _of_tables(session: duckdb.DuckDBPyConnection) -> Iterator[Name]:
    for kind, queries in _NAMED.items():
        for query in queries:
            yield from (Name(kind, str(text)) for (text,) in session.execute(query).fetchall() if text)


def _of_scope(scope: Scope) -> Iterator[Name]:
    for system in scope.systems:
        yield from (Name("system", text) for text in (system.id, system.name))
        yield from (Name("source", text) for text in system.sources)
        yield from (Name("system", store.id) for store in system.stores)
    for person in scope.people:
        yield from (Name("person", text) for text in (person.id, person.name))
        yield Name("e-mail", person.email)
    yield from (Name("person", person) for person in _person_ids(scope))
    yield from (Name("account", link.account) for link in scope.account_links)
    for engagement in scope.engagements:
        yield Name("engagement", engagement.id)
        yield Name("service", engagement.service)
        yield Name("firm", engagement.auditor)
    for agreement in scope.pipeline_agreements:
        yield from (Name("person", part.strip()) for part in agreement.agreed_by.split(","))


def _person_ids(scope: Scope) -> Iterable[str]:
    yield from (entry.person for entry in scope.rosters)
    for control in scope.controls:
        yield from (person for person in control.people if person)
