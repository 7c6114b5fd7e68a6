"""Samples in a package: frozen lines, draw and evaluation as files (docs/formats/sample.md)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twofold.engagement.sample import Chosen, Sample, Why, act_of, acts_on, rebuild
from twofold.model.problem import Problem
from twofold.populations.samples.frozen import FrozenPopulation
from twofold.reports.contents import PackageContents
from twofold.reports.control_folder import json_bytes
from twofold.reports.sample_words import Results, agreements_about, records_of, results_of, sample_place
from twofold.vault.entry import Entry, instant_text

POPULATION_FILE = "population.txt"
DRAW_FILE = "draw.json"
EVALUATION_FILE = "evaluation.json"
FILES = (POPULATION_FILE, DRAW_FILE, EVALUATION_FILE)
LINE_COLUMNS = ("item", "system", "operating_at")
"""Columns of a population that a frozen line repeats."""


def sample_index(sample: Sample) -> dict[str, str]:
    """Return what package.json says of a sample."""
    return {
        "id": sample.sample_id,
        "engagement": sample.engagement,
        "control_id": sample.control,
        "control_test": sample.control_test,
        "folder": sample_place(sample.sample_id),
    }


def write_samples(data: Path, contents: PackageContents) -> None:
    """Write samples/ of a package."""
    records = records_of(contents)
    for each in contents.samples:
        folder = data / sample_place(each.sample.sample_id)
        folder.mkdir(parents=True)
        (folder / POPULATION_FILE).write_bytes(each.population.as_text())
        (folder / DRAW_FILE).write_bytes(json_bytes(draw_record(each.sample, each.population)))
        evaluation = evaluation_record(each.sample, each.population, records, results_of(contents, each))
        (folder / EVALUATION_FILE).write_bytes(json_bytes(evaluation))


def draw_record(sample: Sample, population: FrozenPopulation) -> dict[str, Any]:
    """Return draw.json as values: the draw, and each unit with its inclusion proof."""
    return {
        "sample": sample.sample_id,
        "engagement": sample.engagement,
        "control": sample.control,
        "control_test": sample.control_test,
        "run_id": sample.run_id,
        "root": sample.root,
        "units": sample.units,
        "nonce": sample.nonce,
        "seed": sample.seed,
        "method": str(sample.plan.method) if sample.plan else None,
        "by": str(sample.plan.by) if sample.plan and sample.plan.by else None,
        "size": sample.plan.size if sample.plan else None,
        "chosen": [_chosen(each, population) for each in sample.chosen if not each.left_because],
        "left_out": [[each.position, each.left_because] for each in sample.chosen if each.left_because],
    }


def evaluation_record(
    sample: Sample, population: FrozenPopulation, records: Sequence[Entry], results: Results | None
) -> dict[str, Any]:
    """Return evaluation.json as values. results: verdicts by item, None where no verdict file is there."""

    def shown(*, left: bool) -> list[dict[str, Any]] | None:
        if results is None:
            return None
        return [_result(each, population, results) for each in sample.chosen if bool(each.left_because) is left]

    acts = acts_on(sample, records)
    evaluated = next((each for each in acts if sample.result and each.index == sample.result.entry), None)
    return {
        "sample": sample.sample_id,
        "agreed": [_said(each) for each in agreements_about(sample, records)],
        "acts": [
            {"entry": each.index, "act": act_of(each), "by": each.actor, "at": instant_text(each.at)} for each in acts
        ],
        "results": shown(left=False),
        "replaced": shown(left=True),
        "evaluation": _said(evaluated) if evaluated else None,
    }


def sample_problems(contents: PackageContents) -> list[Problem]:
    """Find samples that are not those which the records freeze, or whose lines are others."""
    shown = rebuild(records_of(contents)).by_id
    given = {each.sample.sample_id: each for each in contents.samples}
    problems = [
        Problem(name, "the records freeze it, and it is not among the contents", "every sample that they freeze")
        for name in shown.keys() - given.keys()
    ]
    for name, each in given.items():
        if each.sample != shown.get(name):
            problems.append(Problem(name, "it is not the sample that the records give", "a sample rebuilt from them"))
        if each.population.root.hex() != each.sample.root:
            problems.append(Problem(name, "its lines are not those that were frozen", f"the root {each.sample.root}"))
    return sorted(problems, key=lambda problem: problem.where)


def _result(chosen: Chosen, population: FrozenPopulation, results: Results) -> dict[str, Any]:
    item = population.unit(chosen.position).item
    verdict, reason = results.get(item, (None, None))
    return {"position": chosen.position, "item": item, "verdict": verdict, "reason": reason}


def _chosen(chosen: Chosen, population: FrozenPopulation) -> dict[str, Any]:
    return {
        "position": chosen.position,
        "line": population.lines[chosen.position].decode(),
        "why": str(chosen.why),
        "proof": [digest.hex() for digest in population.proof(chosen.position)],
        **({"reason": chosen.reason} if chosen.why is not Why.DRAWN else {}),
    }


def _said(entry: Entry) -> dict[str, Any]:
    return {"entry": entry.index, "by": entry.actor, "at": instant_text(entry.at), **entry.body}
