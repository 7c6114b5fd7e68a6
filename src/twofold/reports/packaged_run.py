"""A run read back from the folder of a control test in a package, with every text that made it. No workspace is used.

A package comes from a stranger. So this reads texts and checks names; what it returns may hold any SQL, and only a
sealed session may run it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from twofold.controltests.rule import Rule, load_rule
from twofold.controltests.run_record import RUN_FILE, ControlTestRun, read_run
from twofold.model.ids import ControlTestId
from twofold.model.problem import Problem, UserError
from twofold.populations.define import DEFINITIONS_FOLDER
from twofold.populations.steps import STEPS_FOLDER
from twofold.reports.bag import DATA, is_portable
from twofold.reports.control_folder import DEFINITION_FILE
from twofold.tables.schema import canonical_tables, child_table

INDEX_FILE = "package.json"
STEPS_DIR = "steps"
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OSError)
"""What reading a file of ours gives when it does not have its form."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_WORD = re.compile(r"[a-z_]+")
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class PackagedTexts:
    """A run and its texts. place: folder in the package. steps: name -> SQL, in the order in which they are built.

    verdicts: engagement id -> name of its verdict file in the folder.
    """

    place: str
    folder: Path
    control_id: str
    run: ControlTestRun
    rule: Rule
    definition: str
    steps: Mapping[str, str]
    verdicts: Mapping[str, str]


def packaged_runs(package: Path) -> list[PackagedTexts]:
    """Read every run that the package's index names; raises UserError for all that cannot be read."""
    try:
        index = orjson.loads((package / DATA / INDEX_FILE).read_bytes())
        named = [
            (str(each["folder"]), str(each["control_id"]), {str(k): str(v) for k, v in each["verdicts"].items()})
            for each in index["control_tests"]
        ]
    except UNREADABLE as error:
        raise UserError(_unreadable(f"{DATA}/{INDEX_FILE}", error)) from error
    found: list[PackagedTexts] = []
    problems: list[Problem] = []
    for place, control_id, verdicts in named:
        try:
            _check_names(place, verdicts)
            found.append(read_texts(package / DATA / place, place, control_id=control_id, verdicts=verdicts))
        except UserError as error:
            problems += error.problems
        except UNREADABLE as error:
            problems.append(_unreadable(f"{DATA}/{place}/{RUN_FILE}", error))
    if problems:
        raise UserError(problems)
    return found


def read_texts(folder: Path, place: str, *, control_id: str, verdicts: Mapping[str, str]) -> PackagedTexts:
    """Read the folder of one control test. Raises UserError or one of `UNREADABLE`."""
    run = read_run(folder)
    texts = {name: (folder / STEPS_DIR / f"{name}.sql").read_bytes().decode() for name in run.steps if _is_name(name)}
    if faulty := [name for name in (run.population, *run.steps, *run.tables, *run.parameters) if not _is_name(name)]:
        msg = f"{faulty[0][:50]!r} is no name of a step, table or parameter"
        raise ValueError(msg)
    return PackagedTexts(
        place=place,
        folder=folder,
        control_id=control_id,
        run=run,
        rule=load_rule(folder),
        definition=(folder / DEFINITION_FILE).read_bytes().decode(),
        steps={name: texts[name] for name in building_order(texts)},
        verdicts=verdicts,
    )


def building_order(steps: Mapping[str, str]) -> tuple[str, ...]:
    """Order steps so that each comes after those whose name stands as a word in its text, comments left out.

    Equal texts give equal orders. Raises ValueError when they go round in a circle.
    """
    needs = {name: words(text) & set(steps) - {name} for name, text in steps.items()}
    order: list[str] = []
    while len(order) < len(needs):
        ready = min((name for name in needs if name not in order and needs[name] <= set(order)), default=None)
        if ready is None:
            msg = "the steps need each other in a circle: " + ", ".join(sorted(set(needs) - set(order)))
            raise ValueError(msg)
        order.append(ready)
    return tuple(order)


def words(text: str) -> set[str]:
    """Return the words of an SQL text that may name a relation, comments left out."""
    return set(_WORD.findall(_COMMENT.sub("", text)))


def tables_named(texts: PackagedTexts) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the tables that the texts of a run name, child tables included, each with its columns and SQL types."""
    named = words(" ".join([texts.definition, texts.rule.sql, *texts.steps.values()]))
    known: dict[str, tuple[tuple[str, str], ...]] = {}
    for name, table in canonical_tables().items():
        known[name] = table.physical
        known |= {child_table(name, column.name): table.child_physical for column in table.list_columns}
    return {name: columns for name, columns in sorted(known.items()) if name in named}


def text_faults(texts: PackagedTexts) -> Iterator[str]:
    """Say which packaged text is not the one that the run names by hash."""
    run = texts.run
    if texts.rule.sha256 != run.rule_sha256:
        yield "rule.toml, rule.sql and facts.sql are not the rule that the run names"
    if _sha256(texts.definition) != run.definition_sha256:
        yield f"{DEFINITION_FILE} is not the definition that the run names"
    for name, text in texts.steps.items():
        if _sha256(text) != run.steps[name]:
            yield f"{STEPS_DIR}/{name}.sql is not the step that the run names"


def unlike_ours(texts: PackagedTexts, *, rules: Mapping[ControlTestId, Rule]) -> Iterator[str]:
    """Say which packaged text differs from the one of this version of Twofold: for information, no fault."""
    ours = rules.get(ControlTestId(texts.run.control_test))
    if ours is None:
        yield f"this version of Twofold has no rule {texts.run.control_test}"
    elif ours.sha256 != texts.rule.sha256:
        yield f"the rule differs from {ours.control_test} {ours.version} of this version of Twofold"
    pairs = [("the definition", DEFINITIONS_FOLDER / f"{texts.run.population}.sql", texts.definition)]
    pairs += [(f"step {name}", STEPS_FOLDER / f"{name}.sql", text) for name, text in texts.steps.items()]
    for what, ours_at, text in pairs:
        if not ours_at.is_file() or ours_at.read_bytes().decode() != text:
            yield f"{what} differs from that of this version of Twofold"


def _check_names(place: str, verdicts: Mapping[str, str]) -> None:
    if not all(is_portable(name) for name in (place, *verdicts.values())):
        msg = f"a name in {place[:100]!r} lies outside the package"
        raise ValueError(msg)


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _unreadable(where: str, error: Exception) -> Problem:
    return Problem(
        where, f"it cannot be read: {error}", "a package of this version", "run 'twofold verify' on it first"
    )
