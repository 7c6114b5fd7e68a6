"""Re-performing a package: equal where nothing was touched, told item by item where something was, safe from SQL."""

import hashlib
import re
import shutil
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import orjson
import pytest

from twofold.catalog.load import load_catalog
from twofold.controltests.engine import run_rule, set_parameters
from twofold.controltests.every_reading import OpenReading, keep_what_holds
from twofold.controltests.rule import load_rule
from twofold.controltests.run_record import ControlTestRun, RunState, read_run, write_run
from twofold.lenses.conclusion import ControlTestResult, conclude_control
from twofold.lenses.judgement import EngagementJudgement
from twofold.lenses.looks import looks_of
from twofold.lenses.settings import lens_settings
from twofold.lenses.soc2.criteria import judge_criteria
from twofold.lenses.verdict import LensView, ScopeStretch, judge_items
from twofold.model.problem import UserError
from twofold.populations.define import define_population
from twofold.reports.packaged_run import building_order, packaged_runs
from twofold.reports.reperform import ENGINE_HERE, Agreement, Reperformance, reperform_package
from twofold.reports.reperform_script import SCRIPT_FILE, write_script
from twofold.reports.sealed_session import SealLimits, sealed_session
from twofold.reports.tables_folder import write_tables
from twofold.scope.register import Scope, canonical_scope_bytes
from twofold.tables.readings import Reading, has_conflicts
from twofold.tables.store import TableSet, open_session

CLOCK = datetime(2026, 11, 1, 6, tzinfo=UTC)
PLACE = "controls/op-05/t-22"
STEPS = {
    "first_seen": "-- needs nothing\nSELECT *, ROW_NUMBER() OVER (ORDER BY id) AS item_no FROM incident",
    "alone": "SELECT id FROM first_seen WHERE id <> 'INC-3'",
}
DEFINITION = """-- one item per incident; only names columns of a step, as change_item does
SELECT f.id AS item, f.system AS system, f.opened_at AS operating_at, f.opened_at AS operating_at_latest,
    f.urgent AS urgent, f.item_no AS item_no, f.system AS configuration, TIMESTAMP '2021-05-01' AS looked_at,
    f.opened_at AS held_from, false AS log_alone, f.opened_at AS window_from,
    f.opened_at + INTERVAL '1' DAY AS window_to
FROM first_seen AS f"""
ENGAGEMENT = {
    "id": "soc2-2026",
    "lens": "soc2",
    "type": "type2",
    "auditor": "Example CPA",
    "categories": ["security", "availability"],
    "starts_on": "2025-11-01",
    "ends_on": "2026-10-31",
}


def rule_sql(letters: list[str]) -> str:
    code = "CASE WHEN alone.id IS NULL THEN 'exception:late' WHEN urgent THEN 'pass' ELSE 'na:not_asked' END"
    columns = ", ".join([f"{code} AS {letters[0].lower()}", *(f"'pass' AS {letter.lower()}" for letter in letters[1:])])
    return f"""SELECT item, system, operating_at, operating_at_latest, {columns}
FROM population LEFT JOIN alone ON alone.id = population.item CROSS JOIN parameter WHERE parameter.days = 30 -- said
"""  # noqa: S608  our own text


def rule_toml(letters: list[str]) -> str:
    text = 'id = "T-22"\nversion = "1"\ntitle = "t"\nobjective = "o"\npopulation = "due_restore"\n'
    for letter in letters:
        text += f'[attributes.{letter}]\nwording = "w"\n[attributes.{letter}.exception]\nlate = "late"\n'
        text += f'[attributes.{letter}.na]\nnot_asked = "n"\n[attributes.{letter}.cannot_test]\nconflict = "c"\n'
    return text + '[parameters.days]\ntype = "integer"\ndefault = 30\nunit = "d"\nabout = "a"\nsource = "s"\n'


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_tables(folder: Path, *, conflicts: bool = False) -> None:
    folder.mkdir()
    with duckdb.connect() as session:
        session.execute(
            """CREATE TABLE incident AS SELECT 'INC-' || n AS id, 'billing' AS system, n % 2 = 1 AS urgent,
            TIMESTAMP '2026-03-01' + INTERVAL (n) DAY AS opened_at, false AS conflicted FROM range(40) AS r(n)"""
        )
        session.execute(f"COPY incident TO '{folder}/incident.parquet' (FORMAT parquet)")
        if conflicts:
            session.execute("UPDATE incident SET urgent = NOT urgent WHERE id = 'INC-5'")
            session.execute("UPDATE incident SET opened_at = '2026-05-01' WHERE id = 'INC-7'")
            session.execute("UPDATE incident SET id = 'INC-90' WHERE id = 'INC-9'")
            session.execute(f"COPY incident TO '{folder}/incident__second.parquet' (FORMAT parquet)")


def make_run(place: Path, workspace_tables: Path, letters: list[str]) -> ControlTestRun:
    (place / "steps").mkdir(parents=True)
    for name, text in STEPS.items():
        (place / "steps" / f"{name}.sql").write_text(text)
    (place / "definition.sql").write_text(DEFINITION)
    (place / "rule.sql").write_text(rule_sql(letters))
    (place / "rule.toml").write_text(rule_toml(letters))
    (place / "facts.sql").write_text("SELECT 1")
    rule = load_rule(place)
    with ExitStack() as stack:
        session, *unmarked = (
            stack.enter_context(open_session(TableSet(workspace_tables, {}), reading=reading)) for reading in Reading
        )
        for each in (session, *unmarked):
            for name, text in STEPS.items():
                each.execute(f"CREATE TEMP TABLE {name} AS {text}")
            set_parameters(each, {"days": 30}, extracted_at=CLOCK)
        population = define_population(session, rule.population, into=place, text=DEFINITION)
        outcomes = run_rule(session, rule, into=place)
        if has_conflicts(workspace_tables):
            others = [OpenReading(each) for each in unmarked]
            population, outcomes = keep_what_holds(session, others, rule, population, into=place, text=DEFINITION)
    run = ControlTestRun(
        control_test="T-22",
        title="t",
        rule_version="1",
        rule_sha256=rule.sha256,
        parameters={"days": 30},
        population="due_restore",
        population_count=population.count,
        population_sha256=population.sha256,
        definition_sha256=population.definition_sha256,
        steps={name: hashlib.sha256(text.encode()).hexdigest() for name, text in STEPS.items()},
        completeness_sha256="0" * 64,
        tables={file.stem: digest(file) for file in workspace_tables.glob("*.parquet")},
        clock=CLOCK.isoformat(),
        engine=ENGINE_HERE,
        state=RunState.TESTED,
        stops=(),
        outcomes_sha256=outcomes.sha256,
        counts=outcomes.counts,
    ).identified()
    write_run(run, place)
    return run


def make_judgement(package: Path, run: ControlTestRun, scope: Scope) -> None:
    catalog, settings = load_catalog(), lens_settings()["soc2"]
    control = catalog.control("OP-05")
    engagement = scope.engagements[0]
    required = control.required_attributes(lens="soc2", control_test_id="T-22")
    stretches = [ScopeStretch("billing", None, None)]
    view = LensView("soc2", engagement.period, stretches, required)
    place = package / "data" / PLACE
    found = judge_items(view, place / "outcomes.parquet", into=place / "verdicts-soc2-2026.parquet")
    years = settings.benchmark_years
    looks = looks_of(place / "population.parquet", found.file, period=engagement.period, clock=CLOCK, years=years)
    result = ControlTestResult(
        "T-22", run.run_id, tuple(required), found.counts, by_system=found.by_system, looks=looks
    )
    planned = [test for test in control.required["soc2"] if test != "T-22"]
    judged = conclude_control(settings, control, period=engagement.period, results=[result], planned=planned)
    judgement = EngagementJudgement(
        engagement_id="soc2-2026",
        lens="soc2",
        lens_title=settings.title,
        auditor="Example CPA",
        starts_at=engagement.period.starts_at.isoformat(),
        ends_before=engagement.period.ends_before.isoformat(),
        clock=CLOCK.isoformat(),
        tolerable_percent=settings.tolerable_percent,
        tolerable_source=settings.tolerable_source,
        benchmark_years=settings.benchmark_years,
        benchmark_source=settings.benchmark_source,
        categories=("security", "availability"),
        runs={"T-22": run.run_id},
        controls=(judged,),
        gathered=judge_criteria(catalog, categories=["security", "availability"], judged={"OP-05": judged}),
    )
    folder = package / "data" / "engagements" / "soc2-2026"
    folder.mkdir(parents=True)
    (folder / "judgement.json").write_bytes(orjson.dumps(judgement.as_json()))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a package with one run, its tables and one judgement; tests that change it copy it first."""
    return make_package(tmp_path_factory.mktemp("reperform"))


def make_package(folder: Path, *, conflicts: bool = False) -> Path:
    package = folder / "package"
    letters = list(load_catalog().control("OP-05").required_attributes(lens="soc2", control_test_id="T-22"))
    make_tables(folder / "tables", conflicts=conflicts)
    run = make_run(package / "data" / PLACE, folder / "tables", letters)
    write_tables(package / "data" / "tables", tables_folder=folder / "tables", runs=[run])
    label = {"approver": "p-1", "from": "2025-01-01", "reason": "r"}
    system = {
        "id": "billing",
        "name": "Billing",
        "layer": "application",
        "owner": "p-1",
        "zone": "UTC",
        "soc2": [label],
    }
    scope = Scope.model_validate(
        {"reporting_zone": "UTC", "systems": [system], "engagements": [ENGAGEMENT]}, context={"zone": "UTC"}
    )
    (package / "data" / "scope").mkdir()
    (package / "data" / "scope" / "scope.json").write_bytes(canonical_scope_bytes(scope))
    make_judgement(package, run, scope)
    test = {"control_id": "OP-05", "folder": PLACE, "verdicts": {"soc2-2026": "verdicts-soc2-2026.parquet"}}
    (package / "data" / "package.json").write_bytes(orjson.dumps({"control_tests": [test]}))
    return package


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "package")


def again(package: Path, tmp_path: Path, limits: SealLimits | None = None) -> Reperformance:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return reperform_package(package, scratch=scratch, limits=limits or SealLimits())


def change_run(package: Path, **values: object) -> None:
    place = package / "data" / PLACE
    write_run(replace(read_run(place), **values), place)  # type: ignore[arg-type]


def change_rule(package: Path, sql: str) -> None:
    """Change the rule as somebody who makes its hash again would."""
    (package / "data" / PLACE / "rule.sql").write_text(sql)
    change_run(package, rule_sha256=load_rule(package / "data" / PLACE).sha256)


def test_an_untouched_package_comes_out_byte_for_byte(whole: Path, tmp_path: Path) -> None:
    found = again(whole, tmp_path)
    (test,) = found.tests
    assert found.agrees
    assert [(file.name, file.agreement) for file in test.files] == [
        ("population.parquet", Agreement.EQUAL),
        ("outcomes.parquet", Agreement.EQUAL),
    ]
    assert test.faults == ()
    (judged,) = found.judgements
    assert (judged.faults, judged.notes, judged.verdicts) == ((), (), 1)
    assert test.unlike_ours[0].startswith("the rule differs from T-22")


def test_a_changed_outcome_is_named_with_both_codes(copy: Path, tmp_path: Path) -> None:
    place = copy / "data" / PLACE
    letter = load_rule(place).attributes[0].letter
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        session.execute(f"CREATE TABLE o AS FROM '{place}/outcomes.parquet'")
        session.execute(f"UPDATE o SET {letter} = 'pass' WHERE item = 'INC-3'")  # noqa: S608  a letter
        session.execute(f"COPY (FROM o ORDER BY item) TO '{place}/outcomes.parquet' (FORMAT parquet)")
    change_run(copy, outcomes_sha256=digest(place / "outcomes.parquet"))
    found = again(copy, tmp_path)
    outcomes = found.tests[0].files[1]
    assert (outcomes.agreement, outcomes.note) == (Agreement.DIFFERENT, "1 item differs")
    assert outcomes.differences == (f"INC-3: {letter} was 'pass', is 'exception:late'",)
    assert not found.agrees


def test_a_changed_table_is_found_even_when_the_run_names_it(copy: Path, tmp_path: Path) -> None:
    table = copy / "data" / "tables" / "incident.parquet"
    with duckdb.connect() as session:
        session.execute(f"CREATE TABLE i AS FROM '{table}'")
        session.execute("DELETE FROM i WHERE id = 'INC-7'")
        session.execute(f"COPY i TO '{table}' (FORMAT parquet)")
    assert "is not the table that the run read" in str(again(copy, tmp_path).tests[0].faults)
    change_run(copy, tables={"incident": digest(table)})
    (tmp_path / "second").mkdir()
    test = again(copy, tmp_path / "second").tests[0]
    assert test.faults == ()
    assert test.files[0].differences == ("INC-7: is in the package and does not come out now",)


@pytest.mark.parametrize("name", ["rule.sql", "definition.sql", "steps/alone.sql"])
def test_a_text_that_the_run_does_not_name_is_told(copy: Path, tmp_path: Path, name: str) -> None:
    path = copy / "data" / PLACE / name
    path.write_text(path.read_text() + "\n-- and a word more\n")
    test = again(copy, tmp_path).tests[0]
    assert name.partition(".")[0] in test.faults[0]
    assert not test.agrees


def test_another_engine_with_equal_rows_is_a_state_of_its_own(copy: Path, tmp_path: Path) -> None:
    place = copy / "data" / PLACE
    for name in ("population", "outcomes", "verdicts-soc2-2026"):
        with duckdb.connect() as session:
            session.execute("SET TimeZone = 'UTC'")
            session.execute(f"CREATE TABLE o AS FROM '{place}/{name}.parquet'")
            session.execute(
                f"COPY (FROM o ORDER BY item) TO '{place}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )
    hashes = {
        "population_sha256": digest(place / "population.parquet"),
        "outcomes_sha256": digest(place / "outcomes.parquet"),
    }
    change_run(copy, engine="duckdb 1.9.9", **hashes)
    found = again(copy, tmp_path)
    assert {file.agreement for file in found.tests[0].files} == {Agreement.SAME_ROWS}
    assert "duckdb 1.9.9 wrote the packaged bytes" in found.tests[0].files[0].note
    assert found.judgements[0].notes
    assert found.agrees
    change_run(copy, engine=ENGINE_HERE)
    (tmp_path / "second").mkdir()
    same = again(copy, tmp_path / "second")
    assert {file.agreement for file in same.tests[0].files} == {Agreement.DIFFERENT}
    assert not same.agrees


def test_a_judgement_that_does_not_follow_is_told(copy: Path, tmp_path: Path) -> None:
    path = copy / "data" / "engagements" / "soc2-2026" / "judgement.json"
    body = orjson.loads(path.read_bytes())
    assert body["controls"][0]["conclusion"] == "effective"
    body["controls"][0]["conclusion"] = "not effective"
    counts = body["controls"][0]["results"][0]["counts"]
    counts["passed"], counts["exceptions"] = counts["passed"] + counts["exceptions"], 0
    path.write_bytes(orjson.dumps(body))
    faults = "\n".join(again(copy, tmp_path).judgements[0].faults)
    assert "the counts come out as" in faults
    assert "OP-05: it comes out as effective, packaged is not effective" in faults


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"looked_at": "2026-05-01T00:00:00+00:00"}, "OP-05 T-22: the looks come out as"),
        ({"older": 0}, "OP-05 T-22: the looks come out as"),
        ({"benchmark_years": 9}, "a look was carried on for 9 years without a doubt; this version of Twofold has 3"),
    ],
)
def test_looks_that_do_not_follow_are_told(copy: Path, tmp_path: Path, changed: dict[str, object], fault: str) -> None:
    path = copy / "data" / "engagements" / "soc2-2026" / "judgement.json"
    body = orjson.loads(path.read_bytes())
    looks = body["controls"][0]["results"][0]["looks"]
    assert (looks["older"], looks["named"][0]["looked_at"]) == (1, "2021-05-01T00:00:00+00:00")
    for part in (looks["named"][0], looks, body):
        part |= {name: value for name, value in changed.items() if name in part}
    path.write_bytes(orjson.dumps(body))
    assert fault in "\n".join(again(copy, tmp_path).judgements[0].faults)


def test_a_required_letter_that_is_sql_is_refused(copy: Path, tmp_path: Path) -> None:
    path = copy / "data" / "engagements" / "soc2-2026" / "judgement.json"
    body = orjson.loads(path.read_bytes())
    body["controls"][0]["results"][0]["required"] = ["A = 'pass' OR 1 = 1 OR A"]
    path.write_bytes(orjson.dumps(body))
    assert "an attribute that the rule does not have" in str(again(copy, tmp_path).judgements[0].faults)


HOSTILE = {
    "SELECT * FROM read_csv('/etc/passwd')": "file system operations are disabled",
    "SELECT * FROM read_blob('/proc/self/environ')": "file system operations are disabled",
    "SELECT * FROM glob('/etc/*')": "file system operations are disabled",
    "SELECT * FROM 'https://example.com/x.parquet'": "file system operations are disabled",
    "SELECT * FROM texts": "Table with name texts does not exist",
    "COPY (SELECT 1) TO '{victim}'": "not one SELECT",
    "COPY (SELECT 1) TO '{scratch}/outcomes.parquet'": "not one SELECT",
    "ATTACH '{victim}' AS other": "not one SELECT",
    "INSTALL httpfs": "not one SELECT",
    "LOAD httpfs": "not one SELECT",
    "SET enable_external_access = true": "not one SELECT",
    "PRAGMA enable_profiling": "not one SELECT",
    "SELECT 1; COPY (SELECT 1) TO '{victim}'": "not one SELECT",
    "SELECT 1) AS x; COPY (SELECT 1) TO '{victim}'; SELECT * FROM (SELECT 1": "syntax error",
    "SELECT $path": "not one SELECT",
}


@pytest.mark.parametrize("sql", HOSTILE)
@pytest.mark.parametrize("where", ["rule.sql", "definition.sql", "steps/alone.sql"])
def test_sql_of_a_stranger_reaches_nothing(copy: Path, tmp_path: Path, sql: str, where: str) -> None:
    victim = tmp_path / "victim"
    before = contents(copy)
    text = sql.format(victim=victim, scratch=tmp_path / "scratch" / "run-0")
    (copy / "data" / PLACE / where).write_text(text)
    found = again(copy, tmp_path)
    assert not found.agrees
    assert [HOSTILE[sql] in fault for fault in found.tests[0].faults if "could not be run" in fault] == [True]
    assert not victim.exists()
    assert contents(copy) == {**before, f"data/{PLACE}/{where}": text.encode()}


def contents(package: Path) -> dict[str, bytes]:
    files = (path for path in package.rglob("*") if path.is_file())
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO '{victim}'",
        "COPY (SELECT 1) TO '{packaged}/incident.parquet'",
        "ATTACH '{victim}' AS other",
        "EXPORT DATABASE '{victim}'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET memory_limit = '100GB'",
    ],
)
def test_the_session_itself_is_closed(whole: Path, tmp_path: Path, statement: str) -> None:
    packaged = whole / "data" / "tables"
    tables = shutil.copytree(packaged, tmp_path / "tables")
    writes = [tmp_path / "out.parquet"]
    with (
        sealed_session(tables, wanted=["incident"], scratch=tmp_path, writes=writes, limits=SealLimits()) as session,
        pytest.raises(duckdb.Error),
    ):
        session.execute(statement.format(victim=tmp_path / "victim", packaged=packaged))
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize(
    ("sql", "told", "seconds"),
    [
        (
            "SELECT count(DISTINCT a.range * 100 + b.range) FROM range(9000000) AS a, range(90) AS b",
            "Out of Memory",
            60,
        ),
        (
            "SELECT sum((a.range % 7) * (b.range % 11)) FROM range(9000000) AS a, range(9000000) AS b",
            "(?i)interrupt",
            1,
        ),
    ],
)
def test_sql_that_never_ends_is_broken_off(copy: Path, tmp_path: Path, sql: str, told: str, seconds: float) -> None:
    (copy / "data" / PLACE / "steps" / "alone.sql").write_text(sql)
    found = again(copy, tmp_path, SealLimits(memory="200MB", disk="10MB", seconds=seconds))
    assert re.search(told, found.tests[0].faults[1])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("steps", {"x AS SELECT 1; COPY (SELECT 1) TO 'x'; --": "0"}),
        ("tables", {"../../../etc/passwd": "0"}),
        ("parameters", {"a, (SELECT 1) AS b": 1}),
        ("population", "../../secret"),
    ],
)
def test_names_that_are_no_names_are_refused(copy: Path, tmp_path: Path, name: str, values: object) -> None:
    change_run(copy, **{name: values})
    with pytest.raises(UserError, match="is no name of a step, table or parameter"):
        again(copy, tmp_path)


def test_an_index_that_climbs_out_is_refused(copy: Path, tmp_path: Path) -> None:
    test = {"control_id": "OP-05", "folder": "../../elsewhere", "verdicts": {}}
    (copy / "data" / "package.json").write_bytes(orjson.dumps({"control_tests": [test]}))
    with pytest.raises(UserError, match="outside the package"):
        again(copy, tmp_path)


def test_a_package_without_tables_says_so(copy: Path, tmp_path: Path) -> None:
    shutil.rmtree(copy / "data" / "tables")
    with pytest.raises(UserError, match="holds no tables"):
        again(copy, tmp_path)


def test_tables_that_changed_after_the_run_are_not_packaged(whole: Path, tmp_path: Path) -> None:
    run = read_run(whole / "data" / PLACE)
    tables = shutil.copytree(whole / "data" / "tables", tmp_path / "tables")
    (tables / "incident.parquet").write_bytes(b"other")
    with pytest.raises(UserError, match="twofold test"):
        write_tables(tmp_path / "into", tables_folder=tables, runs=[run])
    (tables / "incident.parquet").unlink()
    with pytest.raises(UserError, match="incident is missing"):
        write_tables(tmp_path / "into-2", tables_folder=tables, runs=[run])


def test_steps_are_built_after_what_they_need() -> None:
    assert building_order({"a": "SELECT * FROM c -- not b", "b": "FROM a", "c": "SELECT 1 AS d"}) == ("c", "a", "b")
    with pytest.raises(ValueError, match="in a circle: a, b"):
        building_order({"a": "FROM b", "b": "FROM a"})


def by_hand(package: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[object, ...]]:
    """Run the script statement by statement in its folder, as the DuckDB command line does; return its result rows."""
    place = package / "data" / PLACE
    (texts,) = packaged_runs(package)
    write_script(texts, packaged_tables=package / "data" / "tables")
    monkeypatch.chdir(place)
    results = {}
    with duckdb.connect() as session:
        for statement in session.extract_statements((place / SCRIPT_FILE).read_text()):
            cursor = session.execute(statement)
            name = str(cursor.description[0][0]) if cursor.description else ""
            if name.endswith("_result"):
                results[name] = cursor.fetchall()[0]
    return results


def test_the_script_for_people_finds_the_same(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_hand(copy, monkeypatch) == {"population_result": ("equal", 40), "outcome_result": ("equal", 40)}
    place = copy / "data" / PLACE
    with duckdb.connect() as session:
        session.execute(f"CREATE TABLE o AS FROM '{place}/outcomes.parquet'")
        session.execute("UPDATE o SET system = 'ledger' WHERE item = 'INC-3'")
        session.execute(f"COPY (FROM o ORDER BY item) TO '{place}/outcomes.parquet' (FORMAT parquet)")
    assert by_hand(copy, monkeypatch) == {"population_result": ("equal", 40), "outcome_result": ("2 rows differ", 40)}


def test_records_in_conflict_are_read_both_ways_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = make_package(tmp_path, conflicts=True)
    found = again(package, tmp_path)
    assert found.agrees, found
    assert {file.agreement for file in found.tests[0].files} == {Agreement.EQUAL}
    assert by_hand(package, monkeypatch) == {"population_result": ("equal", 41), "outcome_result": ("equal", 41)}
    place = package / "data" / PLACE
    letter = load_rule(place).attributes[0].letter
    with duckdb.connect() as session:
        session.execute(f"CREATE TABLE o AS FROM '{place}/outcomes.parquet'")
        uncertain = session.execute(
            f"SELECT item FROM o WHERE {letter} = 'cannot_test:conflict' ORDER BY item"  # noqa: S608  a letter
        ).fetchall()
        moved = session.execute("SELECT operating_at, operating_at_latest FROM o WHERE item = 'INC-7'").fetchall()
    # One whose urgency decides, one of two days, and one that may be another incident. INC-3 is late either way.
    assert [item for (item,) in uncertain] == ["INC-5", "INC-7", "INC-9", "INC-90"]
    assert moved == [(datetime(2026, 3, 8), datetime(2026, 5, 1))]  # noqa: DTZ001  as DuckDB gives it
    leave_out(package, "tables/incident__second.parquet")
    (tmp_path / "withheld").mkdir()
    assert again(package, tmp_path / "withheld").tests[0].withheld == ("tables/incident__second.parquet",)
    (package / "data/withheld.json").unlink()
    (tmp_path / "later").mkdir()
    (fault, *_) = again(package, tmp_path / "later").tests[0].faults
    assert fault == "tables/incident__second.parquet is missing; the run read it"


def leave_out(package: Path, *places: str) -> None:
    for place in places:
        (package / "data" / place).unlink()
    body = {"form": "twofold-withheld-1", "tables": [], "left_out": list(places)}
    (package / "data" / "withheld.json").write_bytes(orjson.dumps(body))


@pytest.mark.parametrize("place", ["tables/incident.parquet", f"{PLACE}/outcomes.parquet"])
def test_what_is_withheld_is_told_and_is_no_difference(copy: Path, tmp_path: Path, place: str) -> None:
    leave_out(copy, place)
    found = again(copy, tmp_path)
    assert found.tests[0].withheld == (place,)
    assert "is withheld" in found.judgements[0].notes[0]
    assert found.agrees
    assert not found.complete


def test_a_stopped_run_has_its_population_compared(copy: Path, tmp_path: Path) -> None:
    place = copy / "data" / PLACE
    (place / "outcomes.parquet").unlink()
    change_run(copy, state=RunState.STOPPED, stops=("page_cap: 1 export",), outcomes_sha256="")
    (test,) = again(copy, tmp_path).tests
    assert [(file.name, file.agreement) for file in test.files] == [("population.parquet", Agreement.EQUAL)]
    assert test.agrees
