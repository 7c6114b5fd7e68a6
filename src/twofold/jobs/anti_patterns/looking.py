"""Look for anti-patterns in a workspace as it is now; no run is needed first, and nothing is written."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twofold.jobs.anti_patterns import file_facts, log_facts, run_facts, scope_facts, table_facts
from twofold.jobs.request_lists.standing import undecided_pairs
from twofold.jobs.tables_read import tables_read
from twofold.model.problem import Problem, UserError
from twofold.readiness.anti_patterns import pattern
from twofold.readiness.anti_patterns.facts import Facts
from twofold.readiness.anti_patterns.patterns import PATTERNS, PatternResult, look_for
from twofold.records.workspace import Workspace
from twofold.scope.nearest import nearest

_LOOKED_AT = Path(pattern.__file__).with_name("looked_at.toml")


def look_for_anti_patterns(workspace: Workspace, wanted: Sequence[str]) -> list[PatternResult]:
    """Look for the wanted patterns, all when none is named; raises UserError for a name that there is none of."""
    if unknown := [name for name in wanted if name not in PATTERNS]:
        expected = "one of " + ", ".join(PATTERNS)
        raise UserError(
            [
                Problem("--pattern", f"there is no pattern {name!r}", expected, nearest(name, list(PATTERNS)))
                for name in unknown
            ]
        )
    return look_for(gather_facts(workspace), wanted or PATTERNS)


def looked_at() -> dict[str, Any]:
    """Return which columns of which tables are looked at."""
    return tomllib.loads(_LOOKED_AT.read_text(encoding="utf-8"))


def gather_facts(workspace: Workspace) -> Facts:
    """Gather everything that the patterns look at."""
    applied = workspace.applied_scope()
    scope = applied.scope if applied else None
    data = looked_at()
    runs = run_facts.newest_runs(workspace)
    conclusions, out_of_order = log_facts.order_facts(workspace)
    requests, lists = undecided_pairs(workspace)
    with tables_read(workspace, table_facts.tables_wanted(data)) as session:
        asked = table_facts.extractors(session)
        return Facts(
            labels=scope_facts.label_facts(scope) if scope else None,
            engagements=scope_facts.engagement_facts(scope) if scope else (),
            controls=scope_facts.control_facts(scope) if scope else (),
            schedules=scope_facts.schedule_facts(scope) if scope else (),
            finance_rosters=scope_facts.finance_rosters(scope) if scope else frozenset(),
            people_ended=table_facts.people_ended(session),
            scopes=scope_facts.applied_scopes(workspace),
            captures=file_facts.capture_facts(workspace),
            said=[*log_facts.said_in_acts(workspace.vault), *table_facts.texts_of_people(session, data["texts"])],
            two_roles=[
                *log_facts.two_roles_in_acts(workspace.vault),
                *(each for pair in data["two_roles"] for each in table_facts.two_roles(session, pair)),
                *run_facts.completeness_roles(workspace, runs, asked),
            ],
            conclusions=conclusions,
            out_of_order=out_of_order,
            moments=[each for series in data["moments"] for each in table_facts.moments(session, series)],
            runs=list(run_facts.run_facts(runs, table_facts.failed_tries(session, data["tries"]))),
            requests=requests,
            request_lists=lists,
            people=table_facts.people(session),
        )
