"""Suspicious perfection: records more even than people's work is. Each indicator has its limit; none is a verdict."""

from collections.abc import Iterator

from twofold.readiness.anti_patterns.facts import Facts, MomentsFact, RunFact
from twofold.readiness.anti_patterns.pattern import Found, Hit, PatternRule, cannot_tell, counted, found, hit


def look(facts: Facts, rule: PatternRule) -> Found:
    """Look at the times of people's acts, and at runs without an exception where the source shows failed tries."""
    if not facts.moments and not facts.runs:
        return cannot_tell(
            rule, "No time of a person's act and no run is there to look at.", "tables: acts", "runs: none"
        )
    hits = [each for moments in facts.moments for each in _of_moments(moments, rule)]
    hits += [each for run in facts.runs for each in _of_run(run, rule)]
    text = (
        f"{len(facts.moments):,} series of people's acts and {counted(len(facts.runs), 'run')}, compared "
        "with five limits."
    )
    return found(rule, hits, looked_at=text, data=("tables: acts", "runs: newest"))


def _of_moments(acts: MomentsFact, rule: PatternRule) -> Iterator[Hit]:
    where = [f"table: {acts.table}", f"person: {acts.who}"] if acts.who else [f"table: {acts.table}"]
    by = f" by {acts.who}" if acts.who else ""
    limit = rule.limits["one_minute"]
    if acts.who and acts.count >= limit["fewest_acts"] and acts.span_seconds <= limit["within_seconds"]:
        text = (
            f"All {acts.count:,} {acts.what}{by} were made within {acts.span_seconds:.0f} seconds (limit "
            f"{limit['within_seconds']})."
        )
        yield hit(rule, text, *where)
        return
    limit = rule.limits["same_instant"]
    if acts.shared >= limit["fewest_acts"] and acts.shared >= limit["share"] * acts.count:
        text = (
            f"{acts.shared:,} of {acts.count:,} {acts.what}{by} carry one and the same instant (limit "
            f"{limit['share']:.0%})."
        )
        yield hit(rule, text, *where)
    limit = rule.limits["quarter_hours"]
    if acts.count >= limit["fewest_acts"] and acts.quarter_hours >= limit["share"] * acts.count:
        text = (
            f"{acts.quarter_hours:,} of {acts.count:,} {acts.what}{by} fall on a full quarter of an hour "
            f"(limit {limit['share']:.0%}; {limit['expected']})."
        )
        yield hit(rule, text, *where)
    limit = rule.limits["same_length"]
    if acts.lengths >= limit["fewest_acts"] and acts.same_length >= limit["share"] * acts.lengths:
        text = (
            f"{acts.same_length:,} of {acts.lengths:,} {acts.what}{by} took exactly equally long (limit "
            f"{limit['share']:.0%})."
        )
        yield hit(rule, text, *where)


def _of_run(run: RunFact, rule: PatternRule) -> Iterator[Hit]:
    limit = rule.limits["no_exception"]
    if run.exceptions or run.items < limit["fewest_items"] or run.failed_tries < limit["fewest_failed_tries"]:
        return
    text = (
        f"{run.control_test} found no exception in {run.items:,} items, while {run.tries_table} shows "
        f"{run.failed_tries:,} failed of {run.tries:,} tries (limits {limit['fewest_items']:,} and "
        f"{limit['fewest_failed_tries']:,})."
    )
    yield hit(rule, text, f"run: {run.run_id}", f"table: {run.tries_table}")
