"""The sources that evidence can come from: one line per folder below twofold/sources."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from twofold.model.evidence import Provenance
from twofold.model.problem import Problem, UserError
from twofold.sources.access_review import normalise as access_review
from twofold.sources.csvtable import normalise as csvtable
from twofold.sources.documents import normalise as documents
from twofold.sources.git import normalise as git
from twofold.sources.github import normalise as github
from twofold.sources.hr import normalise as hr
from twofold.sources.jira import normalise as jira
from twofold.sources.okta import normalise as okta
from twofold.tables.rows import Normaliser


@dataclass(frozen=True, slots=True)
class Source:
    """A source's normalisers by kind, and the canonical tables that each kind can fill."""

    kinds: Mapping[str, Normaliser]
    feeds: Mapping[str, tuple[str, ...]]


SOURCES: Mapping[str, Source] = {
    "access_review": Source(access_review.KINDS, access_review.FEEDS),
    "csvtable": Source(csvtable.KINDS, csvtable.FEEDS),
    "documents": Source(documents.KINDS, documents.FEEDS),
    "git": Source(git.KINDS, git.FEEDS),
    "github": Source(github.KINDS, github.FEEDS),
    "hr": Source(hr.KINDS, hr.FEEDS),
    "jira": Source(jira.KINDS, jira.FEEDS),
    "okta": Source(okta.KINDS, okta.FEEDS),
}


def check_kind(source: str, kind: str, *, where: str) -> None:
    """Raise UserError that says what is known when the source or its kind is not."""
    if source not in SOURCES:
        raise UserError(
            Problem(where, f"unknown source {source!r}", "one of " + ", ".join(SOURCES), "correct the name")
        )
    if kind not in SOURCES[source].kinds:
        kinds = ", ".join(sorted(SOURCES[source].kinds))
        raise UserError(Problem(where, f"{source} has no kind {kind!r}", f"one of {kinds}", "correct the kind"))


def normaliser(provenance: Provenance) -> Normaliser:
    """Return the function that reads this kind of evidence; raises UserError for an unknown one."""
    check_kind(provenance.source, provenance.kind, where=f"{provenance.source} {provenance.kind}")
    return SOURCES[provenance.source].kinds[provenance.kind]


def feeds(provenance: Provenance) -> tuple[str, ...]:
    """Return the canonical tables that this kind of evidence can fill, () for an unknown kind."""
    source = SOURCES.get(provenance.source)
    return source.feeds.get(provenance.kind, ()) if source else ()


def kinds_feeding(tables: Collection[str]) -> frozenset[tuple[str, str]]:
    """Return (source, kind) of all evidence that can fill one of these canonical tables."""
    return frozenset(
        (name, kind)
        for name, source in SOURCES.items()
        for kind, fed in source.feeds.items()
        if not set(fed).isdisjoint(tables)
    )
