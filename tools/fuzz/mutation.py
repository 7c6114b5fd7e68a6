"""Change the SQL of a rule, condition by condition, and see that something notices: `make mutation`.

    python tools/fuzz/mutation.py [T-10 ...]

Mutants: each operand of an AND or OR left out, each comparison turned round, each WHEN of a CASE left out, each WHERE
left out. A mutant is caught when a random population of the rule's second opinion comes out otherwise, when a case
folder no longer gives what its expected.csv says, or when the text no longer runs or closes. What is never caught is
printed with its place. A mutant that cannot be told from the rule is listed with its reason in mutants_alike.toml.

A rule of which every mutant was caught is not asked again (build/mutation.json) until it, its cases or its second
opinion change, so that an interrupted run goes on where it stopped.
"""

import hashlib
import importlib
import json
import multiprocessing
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb
import sqlglot
from sqlglot import exp

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.second_opinion.rules.agreement import (  # noqa: E402  the harness lies beside the tests
    rows_alone,
    rows_together,
    rule_and_parameters,
    tested,
)

from twofold.controltests.rule import Rule, known_rules  # noqa: E402
from twofold.jobs.cases import Expected, bench, find_cases, prepared_case  # noqa: E402

WORLDS = 300
MEMORY, DISK = "2GB", "0B"
"""A mutant that multiplies rows without end must fail at once, and not take the machine with it, nor its disk."""
ALONE = 10
"""Worlds of a batch that have the tables for themselves, where the second opinion makes such."""
CASES_OF_A_SESSION = 25
"""Mutants that do not end leave memory behind that only a new session gives back."""
SECONDS = 20
TRUTH_SECONDS = 10 * SECONDS
"""A rule itself may take longer than a mutant: on a busy machine an hour of asking would end there."""
ALIKE_FILE = Path(__file__).with_name("mutants_alike.toml")
DONE_FILE = ROOT / "build" / "mutation.json"
TURNED: dict[type[exp.Expression], type[exp.Expression]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.GTE,
    exp.GTE: exp.LT,
    exp.GT: exp.LTE,
    exp.LTE: exp.GT,
}
NEGATED = (exp.Is, exp.Like, exp.In, exp.Exists, exp.Between, exp.NullSafeEQ, exp.NullSafeNEQ)
Outcome = dict[tuple[str, str], str]
T = TypeVar("T")


@dataclass
class Mutant:
    """One changed text: what was done, in words that name the place, and the whole SQL."""

    what: str
    sql: str
    caught_by: str = ""


def mutants(sql: str) -> Iterator[Mutant]:
    """Yield every mutant of a text, in order of place. Only the part of the WITH that changes is written anew."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    head = tree.args["with_"].pop() if tree.args.get("with_") is not None else exp.With(expressions=[])
    opening = "WITH RECURSIVE" if head.args.get("recursive") else "WITH"
    parts: list[exp.Expression] = [*head.expressions, tree]
    texts = [part.sql(dialect="duckdb") for part in parts]
    for at, part in enumerate(parts):
        for number, node in enumerate(part.walk()):
            for what, change in _changes(node):
                copy = part.copy()
                change(_nth(copy, number))
                *before, last = [*texts[:at], copy.sql(dialect="duckdb"), *texts[at + 1 :]]
                yield Mutant(f"{_place(node)}: {what}", f"{opening} {', '.join(before)} {last}" if before else last)


def _nth(tree: exp.Expression, number: int) -> exp.Expression:
    return next(node for at, node in enumerate(tree.walk()) if at == number)


def _place(node: exp.Expression) -> str:
    """Say in which part of the text a node stands: the name of the WITH, or "select", and the column."""
    cte, column = node.find_ancestor(exp.CTE), node.find_ancestor(exp.Alias, exp.CTE)
    part = cte.alias if cte is not None else "select"
    return f"{part}.{column.alias}" if isinstance(column, exp.Alias) else part


def _changes(node: exp.Expression) -> Iterator[tuple[str, Callable[[exp.Expression], None]]]:
    shown = " ".join(node.sql(dialect="duckdb").split())[:110]
    if isinstance(node, exp.And | exp.Or) and not isinstance(node.parent, type(node)):
        operands = list(node.flatten())
        for index, operand in enumerate(operands):
            text = " ".join(operand.sql(dialect="duckdb").split())[:90]
            yield f"without {text!r} in {shown!r}", lambda found, at=index: _drop_operand(found, at)
    if type(node) in TURNED:
        yield f"turned {shown!r}", _turn
    elif isinstance(node, NEGATED):
        yield f"negated {shown!r}", lambda found: found.replace(exp.Not(this=exp.Paren(this=found.copy())))  # type: ignore[misc]
    if isinstance(node, exp.Case):
        for index, branch in enumerate(node.args["ifs"]):
            text = " ".join(branch.sql(dialect="duckdb").split())[:110]
            yield f"without {text!r}", lambda found, at=index: _drop_branch(found, at)
    if isinstance(node, exp.Where) and not isinstance(node.this, exp.And):
        yield f"without {shown!r}", lambda found: found.pop()  # type: ignore[misc]


def _drop_operand(node: exp.Expression, index: int) -> None:
    kept = [operand.copy() for at, operand in enumerate(node.flatten()) if at != index]
    whole = kept[0]
    for operand in kept[1:]:
        whole = type(node)(this=whole, expression=operand)
    node.replace(exp.Paren(this=whole))


def _turn(node: exp.Expression) -> None:
    node.replace(TURNED[type(node)](this=node.this.copy(), expression=node.expression.copy()))


def _drop_branch(node: exp.Expression, index: int) -> None:
    branches = node.args["ifs"]
    if len(branches) > 1:
        branches[index].pop()
    else:
        node.replace(node.args.get("default") or exp.Null())


def outcome_of(session: duckdb.DuckDBPyConnection, rule: Rule, sql: str, *, seconds: int = SECONDS) -> Outcome | None:
    """Return (item, letter) -> code, None when the text does not run in time, or repeats or loses an item."""
    letters = [attribute.letter for attribute in rule.attributes]
    chosen = ", ".join(f"{letter.lower()} AS {letter}" for letter in letters)
    timer = threading.Timer(seconds, getattr(session, "interrupt", lambda: None))
    timer.start()
    try:
        session.execute(f"SET memory_limit = '{MEMORY}'; SET max_temp_directory_size = '{DISK}'")
        (items,) = session.execute("SELECT COUNT(*) + 1 FROM population").fetchone() or (1,)
        query = f"SELECT item, {chosen} FROM ({sql}) AS judged LIMIT {items}"  # noqa: S608  a mutant of our own text
        rows = session.execute(query).fetchall()
    except duckdb.Error:
        return None
    finally:
        timer.cancel()
    found = {(item, letter): code for item, *codes in rows for letter, code in zip(letters, codes, strict=True)}
    return found if len(found) == len(rows) * len(letters) else None


def truth_of(session: duckdb.DuckDBPyConnection, rule: Rule) -> Outcome:
    """Return what the rule itself says; what a mutant says is compared with it."""
    truth = outcome_of(session, rule, rule.sql, seconds=TRUTH_SECONDS)
    if truth is None:
        message = f"{rule.control_test} itself does not run in {TRUTH_SECONDS} s and {MEMORY}: ask again"
        raise RuntimeError(message)
    return truth


Opened = Callable[[], AbstractContextManager[tuple[duckdb.DuckDBPyConnection, T]]]
Notices = Callable[[T, Outcome, Outcome | None], bool]
"""Whether what a mutant says (None: it does not run) is seen to differ from what the rule says."""


def ask(opened: Opened[T], rule: Rule, left: Sequence[Mutant], notices: Notices[T], by: str) -> None:
    """Ask mutants in one session and mark those that are noticed.

    A mutant without end can leave so much behind that the rule itself no longer runs: the next have a new session.
    """
    waiting = list(reversed(left))
    while waiting:
        still_runs, before = True, len(waiting)
        try:
            with opened() as (session, beside):
                truth = truth_of(session, rule)
                while waiting and still_runs:
                    mutant = waiting.pop()
                    found = outcome_of(session, rule, mutant.sql)
                    if notices(beside, truth, found):
                        mutant.caught_by = by
                    still_runs = found is not None or outcome_of(session, rule, rule.sql) is not None
        except duckdb.OutOfMemoryException:  # too much even to empty the tables
            if len(waiting) == before:
                raise
            still_runs = False
        if not still_runs:
            bench.cache_clear()


def catch_by_worlds(rule: Rule, every: Sequence[Mutant]) -> None:
    """Mark what random populations notice."""
    opinion = importlib.import_module(f"tests.second_opinion.rules.{rule.control_test.lower().replace('-', '_')}")
    for batch in range(2):
        _, parameters = rule_and_parameters(opinion, batch)
        worlds = [rows_together(opinion, range(batch * WORLDS, (batch + 1) * WORLDS), batch_seed=batch)]
        if hasattr(opinion, "alone"):
            seeds = range(batch * ALONE, (batch + 1) * ALONE)
            worlds += [rows_alone(opinion, seed, batch_seed=batch) for seed in seeds]
        for rows in worlds:
            left = [mutant for mutant in every if not mutant.caught_by]
            opened = partial(tested, rule, parameters, rows)
            ask(opened, rule, left, lambda _, truth, found: found != truth, "random populations")


def catch_by_cases(rule: Rule, every: Sequence[Mutant]) -> None:
    """Mark what the case folders notice: a difference in what expected.csv says."""
    for number, folder in enumerate(find_cases([rule.folder / "cases"])):
        if number % CASES_OF_A_SESSION == 0:
            bench.cache_clear()
        left = [mutant for mutant in every if not mutant.caught_by]
        ask(partial(prepared_case, folder), rule, left, _notices, folder.name)


def _notices(expected: Sequence[Expected], truth: Outcome, found: Outcome | None) -> bool:
    return found is None or any(
        _differs(truth, found, (each.item, each.attribute), bool(each.reason)) for each in expected
    )


def _differs(truth: Outcome, found: Outcome, key: tuple[str, str], exactly: bool) -> bool:
    """Return whether a case folder would notice: by reason where it names one, else by outcome."""
    before, now = truth.get(key, ""), found.get(key, "")
    return before != now if exactly else before.partition(":")[0] != now.partition(":")[0]


def check_rule(rule: Rule, alike: dict[str, str]) -> tuple[int, list[str]]:
    """Return how many mutants a rule has, and the words of those that nothing caught and no reason excuses.

    A reason for a mutant that the rule no longer has is among them.
    """
    every = list({mutant.sql: mutant for mutant in mutants(rule.sql)}.values())
    catch_by_worlds(rule, every)
    catch_by_cases(rule, [mutant for mutant in every if not mutant.caught_by])
    stale = sorted(set(alike) - {mutant.what for mutant in every})
    survivors = [mutant.what for mutant in every if not mutant.caught_by and mutant.what not in alike]
    return len(every), survivors + [f"{ALIKE_FILE.name} excuses what is not in the rule: {what}" for what in stale]


def fingerprint(rule: Rule, alike: dict[str, str]) -> str:
    """Return a hash of what the outcome rests on: the rule and its cases, populations, second opinion, this file."""
    opinions = ROOT / "tests" / "second_opinion" / "rules"
    own = f"{rule.control_test.lower().replace('-', '_')}.py"
    files = [
        *(path for path in rule.folder.rglob("*") if path.is_file()),
        *(path for path in opinions.glob("*.py") if path.name == own or not path.name.startswith("t_")),
        *(ROOT / "src" / "twofold" / "populations").rglob("*.sql"),
        Path(__file__),
    ]
    digest = hashlib.sha256(json.dumps(alike, sort_keys=True).encode())
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return digest.hexdigest()


def checked(named: tuple[str, dict[str, str]]) -> tuple[str, int, list[str], float]:
    """Check one rule in a process of its own: its name, its mutants, the words of those not caught, the seconds."""
    name, alike = named
    started = time.monotonic()
    count, survivors = check_rule(known_rules()[name], alike)
    return name, count, survivors, time.monotonic() - started


def main(names: Sequence[str]) -> int:
    """Check the named rules or all, one on each core; return 0 when every mutant was caught or excused."""
    alike = tomllib.loads(ALIKE_FILE.read_text(encoding="utf-8")) if ALIKE_FILE.exists() else {}
    done: dict[str, list[str | int]] = json.loads(DONE_FILE.read_text()) if DONE_FILE.exists() else {}
    chosen = {name: rule for name, rule in known_rules().items() if not names or name in names}
    states = {name: fingerprint(rule, alike.get(name, {})) for name, rule in chosen.items()}
    new = [name for name, state in states.items() if done.get(name, [""])[0] != state]
    passed, failed = sum(int(done[name][1]) for name in chosen if name not in new), 0
    with multiprocessing.get_context("spawn").Pool(maxtasksperchild=1) as pool:
        asked = [(name, alike.get(name, {})) for name in new]
        for name, count, survivors, seconds in pool.imap_unordered(checked, asked):
            passed, failed = passed + count - len(survivors), failed + len(survivors)
            sys.stdout.write(f"{name}: {count} mutants, {len(survivors)} not caught ({seconds:.0f} s)\n")
            sys.stdout.writelines(f"    {what}\n" for what in survivors)
            sys.stdout.flush()
            if not survivors:
                done[name] = [states[name], count]
                DONE_FILE.parent.mkdir(exist_ok=True)
                DONE_FILE.write_text(json.dumps(done, indent=2, sort_keys=True))
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
