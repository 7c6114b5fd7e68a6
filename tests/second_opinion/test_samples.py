"""Samples in a package: three checkers name what somebody with the key changed in log or files."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from twofold.populations.samples.evaluation import evaluate
from twofold.populations.samples.selection import Method, Plan, Stratum
from twofold.reports.package import write_package
from twofold.reports.verify import StepState, verify_package

from ..reports.conftest import KEY, build_company, build_sampled
from ..reports.made_samples import FIVE, NONCE, SampleMaker
from .opinions import NODE, PROGRAM, checker, opinions, reseal

INDEX, RECORDS = "data/package.json", "data/log/records.jsonl"
ALL = Plan(Method.RANDOM, 20)
Scenario = Callable[[SampleMaker], int]
"""Makes a sample with one wrong act and returns the entry that must be named."""


def said_by_all(folder: Path) -> dict[str, str]:
    """Return what each checker says of step 23, and see that no other step fails."""
    ours = {step.number: step.faults for step in verify_package(folder).steps if step.state is StepState.FAILED}
    shipped = {
        number: said for number, _, state, said in checker().check(checker().Package(folder)) if state == "failed"
    }
    found = {"twofold verify": ours, "check.py": shipped}
    assert {who: sorted(steps) for who, steps in found.items()} == {who: [23] for who in found}
    told = {who: "\n".join(steps[23]) for who, steps in found.items()}
    if NODE is not None:
        ended = subprocess.run([NODE, str(PROGRAM), str(folder)], capture_output=True, text=True, check=False)
        assert re.findall(r"^ ?(\d+) .*: FAILED$", ended.stdout, re.MULTILINE) == ["23"]
        told["JavaScript"] = ended.stdout.partition("FAILED")[2]
    return told


def drawn(make: SampleMaker, plan: Plan = FIVE, **changed: Any) -> str:
    name = make.freeze(plan=plan)
    make.draw(name, **changed)
    return name


def newest(make: SampleMaker) -> int:
    return make.log.entries[-1].index


def draw_with(plan: Plan = FIVE, **changed: Any) -> Scenario:
    def scenario(make: SampleMaker) -> int:
        drawn(make, plan, **changed)
        return newest(make)

    return scenario


def freeze_with(**changed: Any) -> Scenario:
    return lambda make: int(make.freeze(**changed).removeprefix("sm-"))


def evaluate_with(**changed: Any) -> Scenario:
    return lambda make: make.evaluate(drawn(make, ALL), **changed).index


def another_nonce_than_was_hashed(make: SampleMaker) -> int:
    name = make.freeze(nonce="another")
    return make.draw(name).index


def drawn_before_the_freeze(make: SampleMaker) -> int:
    name = make.freeze()
    body = make.draw(name).body
    early = make.log.append("sample_draw", {**body, "sample": f"sm-{newest(make) + 2}"})
    make.freeze()
    return early.index


def drawn_by_another_plan(planned: Plan, plan: Plan) -> Scenario:
    return lambda make: make.draw(make.freeze(plan=planned), plan).index


def drawn_with_a_known_nonce(make: SampleMaker) -> int:
    known = make.draw(make.freeze()).body["nonce"]
    return make.draw(make.freeze(), again=known).index


def evaluated_with_what_does_not_apply(make: SampleMaker) -> int:
    name = make.freeze(plan=None, idle=True)
    make.draw(name)
    return make.evaluate(name).index


def forgotten_what_a_person_found(make: SampleMaker) -> int:
    name = drawn(make, ALL)
    found = make.evaluate(name).body["deviations"]
    clean = next(each.position for each in make.sample(name).projected if each.position not in found)
    make.evaluate(name, further=[clean])
    return make.evaluate(name).index


def replaced_what_deviates(make: SampleMaker) -> str:
    """Draw every unit, and take the first that deviates out as void, with none to take its place."""
    name = drawn(make, Plan(Method.RANDOM, make.sample(make.freeze()).units))
    make.replace(name, replaced=make.evaluate(name).body["deviations"][0], positions=[])
    return name


def evaluated_with_what_was_replaced(**changed: Any) -> Scenario:
    return lambda make: make.evaluate(replaced_what_deviates(make), **changed).index


def evaluated_without_what_was_replaced(make: SampleMaker, name: str) -> int:
    """Evaluate, and again with no replaced unit named and all figures alike: what no arithmetic shows."""
    body = make.evaluate(name).body
    assert body["replaced"]
    alike = {f"{each}_with_replaced": body[each] for each in ("limit", "limit_items", "supports")}
    return make.evaluate(name, replaced=[], **alike).index


def forgotten_what_a_person_found_in_a_replaced_unit(make: SampleMaker) -> int:
    name = drawn(make, ALL)
    found = make.evaluate(name).body["deviations"]
    clean = next(each.position for each in make.sample(name).projected if each.position not in found)
    make.evaluate(name, further=[clean])
    make.replace(name, replaced=clean)
    return evaluated_without_what_was_replaced(make, name)


def the_limit_of_a_random_sample(make: SampleMaker) -> int:
    plan = Plan(Method.STRATIFIED, 14, Stratum.MONTH)
    name = drawn(make, plan)
    right = make.evaluate(name).body
    rates: dict[str, Any] = {"risk": Fraction(1, 10), "tolerable": Fraction(2, 5)}
    found = len(right["deviations"])
    other = evaluate(size=plan.size, deviations=found, population=make.sample(name).units, **rates)
    limit = f"{float(other.limit * 100):.6f}".rstrip("0").rstrip(".")
    assert (limit, other.limit_items) != (right["limit"], right["limit_items"])
    return make.evaluate(name, limit=limit, limit_items=other.limit_items).index


def drawn_twice(make: SampleMaker) -> int:
    return make.draw(drawn(make)).index


def evaluated_before_the_draw(make: SampleMaker) -> int:
    return make.evaluate(make.freeze()).index


def replaced_by_another(make: SampleMaker) -> int:
    name = drawn(make)
    taken = {each.position for each in make.sample(name).chosen}
    right = make.replace(name).body["positions"]
    free = next(each for each in range(10) if each not in taken.union(right))
    return make.replace(name, positions=[free]).index


def replaced_what_does_not_count(make: SampleMaker) -> int:
    name = drawn(make)
    gone = make.replace(name).body["replaced"]
    return make.replace(name, replaced=gone).index


def extended_twice(make: SampleMaker) -> int:
    name = drawn(make)
    make.extend(name, 1)
    return make.extend(name, 1).index


def frozen_on_another_judgement(make: SampleMaker) -> int:
    others = (each for each in make.log.entries if each.kind == "judgement")
    other = next(each.index for each in others if each.body["engagement"] != make.engagement)
    return int(make.freeze(judgement=other).removeprefix("sm-"))


LOGS: dict[str, Scenario] = {
    "another nonce": draw_with(nonce="another"),
    "another seed": draw_with(seed="0" * 64),
    "another unit": draw_with(positions=[0, 1, 2, 3, 4]),
    "another systematic unit": draw_with(Plan(Method.SYSTEMATIC, 3), positions=[0, 1, 2]),
    "another stratified unit": draw_with(Plan(Method.STRATIFIED, 3, Stratum.SYSTEM), positions=[0, 1, 2]),
    "no agreement": draw_with(agreement=None),
    "another nonce than was hashed": another_nonce_than_was_hashed,
    "a nonce that was known": drawn_with_a_known_nonce,
    "another size than planned": drawn_by_another_plan(Plan(Method.RANDOM, 4), FIVE),
    "another method than planned": drawn_by_another_plan(Plan(Method.SYSTEMATIC, 5), FIVE),
    "other strata than planned": drawn_by_another_plan(
        Plan(Method.STRATIFIED, 5, Stratum.SYSTEM), Plan(Method.STRATIFIED, 5, Stratum.MONTH)
    ),
    "drawn before the freeze": drawn_before_the_freeze,
    "drawn twice": drawn_twice,
    "evaluated before the draw": evaluated_before_the_draw,
    "another replacement": replaced_by_another,
    "a unit replaced that does not count": replaced_what_does_not_count,
    "extended twice": extended_twice,
    "extended without a plan": lambda make: make.extend(drawn(make), 3).index,
    "a deviation hidden": evaluate_with(hide=True),
    "a deviation forgotten": forgotten_what_a_person_found,
    "a deviation by hand that is none": evaluate_with(hide=True, further=[0]),
    "a lower limit": evaluate_with(limit="1"),
    "a replaced deviation hidden": lambda make: evaluated_without_what_was_replaced(make, replaced_what_deviates(make)),
    "a replaced deviation of a person hidden": forgotten_what_a_person_found_in_a_replaced_unit,
    "a unit replaced that did not leave": evaluated_with_what_was_replaced(replaced=[0, 1]),
    "a lower limit with what was replaced": evaluated_with_what_was_replaced(limit_with_replaced="1"),
    "fewer items in the limit with what was replaced": evaluated_with_what_was_replaced(limit_items_with_replaced=0),
    "reliance against the limit with what was replaced": evaluated_with_what_was_replaced(
        supports_with_replaced=True, tolerable="1"
    ),
    "the limit of a random sample": the_limit_of_a_random_sample,
    "fewer items in the limit": evaluate_with(limit_items=0),
    "reliance against the limit": evaluate_with(supports=True, tolerable="0.1"),
    "units that do not apply": evaluated_with_what_does_not_apply,
    "units that do not count": evaluate_with(units=3),
    "a judgement that is none": evaluate_with(judgement=1),
    "a run that was not judged": freeze_with(run_id="run-x"),
    "the judgement of another engagement": frozen_on_another_judgement,
    "other items left out": freeze_with(left_out=[["scope", 1]]),
}


def test_what_the_log_contradicts_is_named_by_all_three(tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    make.agree()
    whole = drawn(make)
    emptied = drawn(make, Plan(Method.RANDOM, make.sample(whole).units))
    assert make.replace(emptied).body["positions"] == [], "no unit is left to take its place"
    make.evaluate(emptied)
    told = replaced_what_deviates(make)
    assert make.evaluate(told).body["replaced"]
    by_month = drawn(make, Plan(Method.STRATIFIED, 14, Stratum.MONTH))
    make.evaluate(by_month)
    wrong = {name: scenario(make) for name, scenario in LOGS.items()}
    left_away = make.freeze(leave=1)
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    folder = write_package(changed, tmp_path / "package", key=KEY).folder
    for who, said in said_by_all(folder).items():
        for name, entry in wrong.items():
            assert re.search(rf"{RECORDS}: [Ee]ntry {entry}\b", said), (who, name)
        assert f"data/samples/{left_away}/population.txt: " in said, who
        assert not re.search(rf"({whole}|{emptied}|{told}|{by_month})\b", said), who
        named = {int(each) for each in re.findall(rf"{RECORDS}: [Ee]ntry (\d+)", said)}
        assert named == set(wrong.values()), who


def edit(folder: Path, place: str, change: Callable[[Any], object]) -> None:
    content = json.loads((folder / place).read_bytes())
    change(content)
    (folder / place).write_text(json.dumps(content), encoding="utf-8")


def drop_replacement(folder: Path, sample: str) -> None:
    """Drop the record of a replacement and mend what counts it."""
    lines = (folder / RECORDS).read_bytes().splitlines(keepends=True)
    bodies = {line: json.loads(line)["body"] for line in lines}
    dropped = [line for line, body in bodies.items() if body.get("sample") == sample and body.get("act") == "replace"]
    (folder / RECORDS).write_bytes(b"".join(line for line in lines if line not in dropped))
    edit(folder, INDEX, lambda index: index["log"]["entries"]["sample_change"].update(here=4))


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sampled")
    return write_package(build_sampled(folder, 60), folder / "package", key=KEY).folder


@pytest.fixture
def copy(sampled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sampled, tmp_path / "package"))


def notes_of_all(folder: Path) -> dict[str, list[tuple[str, ...]]]:
    """Return of each note about a sample what it is about and the ids that it names, in order, by checker."""
    package = checker().Package(folder)
    assert not [number for number, _, state, _ in checker().check(package) if state == "failed"]
    notes = {"twofold verify": list(verify_package(folder).notes), "check.py": package.notes}
    if NODE is not None:
        ended = subprocess.run([NODE, str(PROGRAM), str(folder)], capture_output=True, text=True, check=True)
        notes["JavaScript"] = [line.removeprefix("note: ") for line in ended.stdout.splitlines() if "note: " in line]
    about = {who: [note for note in said if note.startswith("sm-")] for who, said in notes.items()}
    kinds = ("times", "never", "agreed before the draw", "evaluat", "plan")
    return {
        who: [(next(kind for kind in kinds if kind in note), *re.findall(r"sm-\d+", note)) for note in said]
        for who, said in about.items()
    }


def test_what_is_left_to_be_asked_is_noted_by_all_three(tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    make.agree(size=6)
    first, second = make.freeze((0, 180)), make.freeze((0, 180), plan=Plan(Method.SYSTEMATIC, 4))
    make.draw(first)
    third = make.freeze((0, 180), plan=Plan(Method.RANDOM, 3))
    make.draw(third)
    make.evaluate(third)
    beside = make.freeze((180, 365), plan=Plan(Method.RANDOM, 2))
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    folder = write_package(changed, tmp_path / "package", key=KEY).folder
    found = notes_of_all(folder)
    asked = [
        ("times", first, first, second, first),
        ("times", second, first, second, third, first, third),
        ("never", second, first),
        ("times", third, first, second, third, first, third),
        ("never", third, first),
        ("plan", third),
        ("evaluat", third),
        ("plan", beside),
    ]
    assert found == dict.fromkeys(found, asked)


def test_other_rates_than_were_agreed_are_noted_by_all_three(tmp_path: Path) -> None:
    contents, log = build_company(tmp_path, 60)
    make = SampleMaker(log, contents)
    make.agree(expected="0.5")
    as_agreed, softer, more_planned = (make.freeze(days) for days in ((0, 120), (120, 240), (240, 365)))
    for name, planned in ((as_agreed, 1), (more_planned, 2)):
        make.draw(name)
        make.evaluate(name, planned=planned)
    make.agree(tolerable="9", expected="0.000001")
    make.draw(softer)
    make.evaluate(softer)
    other = SampleMaker(log, contents, engagement="SOX FY2026", populations=make.populations)
    not_agreed = other.freeze()
    other.draw(not_agreed)
    other.agree()
    other.evaluate(not_agreed)
    changed = replace(contents, log=log.packaged(), samples=make.packaged())
    found = notes_of_all(write_package(changed, tmp_path / "package", key=KEY).folder)
    asked = [("agreed before the draw", each) for each in (softer, more_planned, not_agreed)]
    assert found == dict.fromkeys(found, asked)


def test_a_package_with_samples_is_accepted_by_all_three(sampled: Path) -> None:
    assert set(opinions(sampled).values()) == {frozenset()}


def test_what_the_files_contradict_is_named_by_all_three(copy: Path) -> None:
    one, two, three, four = (copy / f"data/samples/{name}" for name in ("sm-309", "sm-316", "sm-320", "sm-323"))
    edit(copy, "data/samples/sm-309/draw.json", lambda said: said["chosen"][1].update(line='["other","x",null]'))
    edit(copy, "data/samples/sm-316/draw.json", lambda said: said["chosen"][0]["proof"].reverse())
    edit(copy, "data/samples/sm-316/evaluation.json", lambda said: said["evaluation"].update(limit="1"))
    shutil.copyfile(one / "population.txt", three / "population.txt")
    edit(copy, "data/samples/sm-309/evaluation.json", lambda said: said["replaced"][0].update(verdict="PASS "))
    edit(copy, "data/samples/sm-323/evaluation.json", lambda said: said["agreed"][0].update(size=2))
    edit(copy, "data/samples/sm-323/draw.json", lambda said: said.update(nonce=NONCE))
    reseal(copy, KEY)
    places = [
        "sm-309/draw.json",
        "sm-309/evaluation.json",
        "sm-316/draw.json",
        "sm-316/evaluation.json",
        "sm-320/population.txt",
    ]
    for who, told in said_by_all(copy).items():
        for place in [*places, "sm-323/evaluation.json", "sm-323/draw.json"]:
            assert f"data/samples/{place}: " in told, (who, place)
        assert set(re.findall(r"data/samples/(sm-\d+)", told)) == {one.name, two.name, three.name, four.name}


def test_what_is_dropped_or_added_is_named_by_all_three(copy: Path) -> None:
    (copy / "data/samples/sm-320/draw.json").unlink()
    (copy / "data/samples/sm-323/more.txt").write_text("x", encoding="utf-8")
    drop_replacement(copy, "sm-309")
    edit(copy, INDEX, lambda index: index["samples"].pop())
    reseal(copy, KEY)
    for who, told in said_by_all(copy).items():
        for place in (
            INDEX,
            "data/samples/sm-309/draw.json",
            "data/samples/sm-320/draw.json",
            "data/samples/sm-323/more.txt",
        ):
            assert f"{place}: " in told, (who, place)


def test_without_verdicts_the_frozen_root_alone_holds_the_lines(copy: Path) -> None:
    """A package may hold no verdicts of a sample. Then the root is what the lines are held against."""

    def forget(index: Any) -> None:
        for each in index["control_tests"]:
            each["verdicts"].clear()

    edit(copy, INDEX, forget)
    reseal(copy, KEY)
    whole = verify_package(copy)
    assert "that the lines of sm-309 are the items that counted: their verdicts are not here" in whole.unshown
    assert not [each for step in whole.steps if step.number == 23 for each in step.faults if "population" in each]
    one, other = (copy / f"data/samples/{name}/population.txt" for name in ("sm-309", "sm-320"))
    other.write_bytes(b"".join(sorted(one.read_bytes().splitlines(keepends=True))[1:]))
    reseal(copy, KEY)
    (faults,) = (step.faults for step in verify_package(copy).steps if step.number == 23)
    told = "data/samples/sm-320/population.txt: it does not give the root and the units that entry 320 froze"
    assert told in faults
