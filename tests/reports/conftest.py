"""A small company with two engagements, as the line would write it: a run, a stopped one, one that did not occur."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import duckdb
import orjson
import pytest

from twofold.catalog.crosswalk import crosswalk_matrix
from twofold.catalog.entries import Control
from twofold.catalog.load import load_catalog
from twofold.controltests.rule import Rule, load_rule
from twofold.controltests.run_record import ControlTestRun, RunState, write_run
from twofold.findings.finding import JudgedRun, Response, group_findings
from twofold.lenses.conclusion import ControlJudgement, ControlTestResult, conclude_control
from twofold.lenses.judgement import EngagementJudgement
from twofold.lenses.settings import lens_settings
from twofold.lenses.soc2.criteria import judge_criteria
from twofold.lenses.sox.domains import judge_domains
from twofold.lenses.verdict import LensView, ScopeStretch, judge_items
from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.period import ReviewPeriod
from twofold.reports.contents import (
    DatedLabel,
    PackageContents,
    PackagedEngagement,
    PackagedEvidence,
    PackagedRun,
    ShownSystem,
)
from twofold.reports.package import write_package
from twofold.vault.store import Vault

CLOCK = datetime(2026, 11, 1, 6, tzinfo=UTC)
HOSTILE = '=HYPERLINK("http://evil.example","x")<script>alert(1)</script>'
LETTERS = "ABCDEFGHI"
SOC2 = ReviewPeriod(datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
SOX = ReviewPeriod(datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
DEFINITION = "-- one item per change\nSELECT item, system FROM deployment JOIN identity USING (account)\n"


def make_rule(folder: Path, control_test: str, letters: str) -> Rule:
    folder.mkdir(parents=True)
    columns = ", ".join(f"'pass' AS {letter.lower()}" for letter in letters)
    (folder / "rule.sql").write_text(f"-- one row per item\nSELECT item, {columns}\nFROM population\n")
    (folder / "facts.sql").write_text("SELECT item, 'A' AS attribute FROM population\n")
    (folder / "README.md").write_text(f"# {control_test}\n")
    toml = f'id = "{control_test}"\nversion = "1"\ntitle = "Changes <were> approved"\n'
    toml += 'objective = "No change without approval."\n'
    toml += 'population = "change_item"\n'
    for letter in letters:
        toml += f'[attributes.{letter}]\nwording = "Wording of {letter}."\n'
        toml += f'[attributes.{letter}.exception]\nstale_approval = "The content of {letter} changed after approval."\n'
        toml += f'[attributes.{letter}.cannot_test]\nlog_gap = "The log has a gap for {letter}."\n'
        toml += f'[attributes.{letter}.na]\nnot_asked = "Not asked for {letter}."\n'
    toml += '[parameters.skew_minutes]\ntype = "integer"\ndefault = 0\nunit = "minutes"\n'
    toml += 'about = "Clock skew allowed."\nsource = "house"\n'
    (folder / "rule.toml").write_text(toml)
    return load_rule(folder)


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def write_parquet(path: Path, query: str) -> None:
    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        session.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def outcome_query(count: int) -> str:
    codes = dict.fromkeys(LETTERS, "'pass'")
    codes["C"] = (
        "CASE WHEN n % 20 = 3 THEN 'exception:stale_approval'"
        " WHEN n % 20 = 5 THEN 'cannot_test:log_gap' ELSE 'pass' END"
    )
    codes["G"] = "CASE WHEN n % 10 = 4 THEN 'exception:stale_approval' ELSE 'pass' END"
    codes["I"] = "CASE WHEN n % 2 = 0 THEN 'na:not_asked' ELSE 'pass' END"
    shown = ", ".join(f"{code} AS {letter}" for letter, code in codes.items())
    return f"SELECT item, system, operating_at, operating_at_latest, {shown} FROM ({item_query(count)}) ORDER BY item"  # noqa: S608  our own text


def item_query(count: int) -> str:
    hostile = HOSTILE.replace("'", "''")
    return f"""
        SELECT n,
            CASE WHEN n = 0 THEN '{hostile}' ELSE 'dep-' || lpad(n::VARCHAR, 5, '0') || ':billing#' || n END AS item,
            ['billing', 'ledger', 'warehouse'][1 + n % 3] AS system,
            TIMESTAMP '2025-10-10 09:30:00' + INTERVAL (n * 24 * 350 // {max(count, 1)}) HOUR AS operating_at,
            operating_at AS operating_at_latest,
            'CHG-' || n AS ticket, n AS commits, n % 2 = 0 AS "rollback", 'ev-2' AS evidence
        FROM range({count}) AS r(n) ORDER BY item
    """  # noqa: S608  our own text


@pytest.fixture(scope="session")
def build() -> Callable[[Path, int], PackageContents]:
    """Give the builder of contents: a folder for its files, and the number of changes."""
    return build_contents


@pytest.fixture(scope="session")
def contents(tmp_path_factory: pytest.TempPathFactory) -> PackageContents:
    return build_contents(tmp_path_factory.mktemp("company"), 60)


@pytest.fixture(scope="session")
def package(contents: PackageContents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a written package; tests that change it copy it first."""
    return write_package(contents, tmp_path_factory.mktemp("out") / "package").folder


def capture_all(folder: Path) -> tuple[Vault, list[EvidenceRef]]:
    vault = Vault.create(folder / "vault", origin="example.com/evidence", log_id="fixed", actor="test", at=CLOCK)
    refs = []
    for number, (name, body) in enumerate(
        {"Deployments März.json": b'[{"id": 1}]', "page.html": b"<html><script>x</script>"}.items()
    ):
        path = folder / f"source-{number}"
        path.write_bytes(body)
        provenance = Provenance(
            source="github",
            kind="deployments",
            run_by="svc-collector",
            run_at=CLOCK,
            query=f"GET /repos/acme/billing/deployments?page={number} <b>",
            parameters={"repo": "acme/billing"},
            claimed_count=60,
        )
        refs.append(
            vault.capture(
                path, provenance=provenance, name=name, captured_by="test", at=CLOCK + timedelta(seconds=number)
            )
        )
    vault.append("run", body={"run": "any"}, actor="test", at=CLOCK)
    return vault, refs


def completeness(folder: Path, refs: list[EvidenceRef], *, stopped: bool) -> None:
    checks = [
        {
            "code": "row_count",
            "result": "ok",
            "found": "60 records, as the sources say",
            "expected": "equal counts",
            "details": [],
        },
        {
            "code": "early_extraction",
            "result": "note",
            "found": "1 export early",
            "expected": "after the end",
            "details": ["ev-1: <i>"],
        },
    ]
    if stopped:
        checks.append(
            {
                "code": "page_cap",
                "result": "stop",
                "found": "1 export ends at a cap",
                "expected": "proof",
                "details": ["ev-1"],
            }
        )
    extractions = [
        {
            "evidence_id": ref.evidence_id,
            "table": "deployment",
            "environment": "production",
            "query": ref.provenance.query,
            "parameters": '{"repo": "acme/billing"}',
            "run_by": "svc-collector",
            "run_at": "2026-11-01T06:00:00Z",
            "rows": 60,
            "claimed_rows": None,
            "period": "2025-10-01 to 2026-11-01",
            "file_hash": ref.sha256,
        }
        for ref in refs
    ]
    record = {
        "population": "change_item",
        "title": "Changes released to production",
        "second_source": "change tickets",
        "extractions": extractions,
        "checks": checks,
        "conclusion": "stopped" if stopped else "complete",
    }
    (folder / "completeness.json").write_bytes(orjson.dumps(record))


def make_run(folder: Path, rule: Rule, refs: list[EvidenceRef], *, count: int, stopped: bool = False) -> ControlTestRun:
    folder.mkdir(parents=True)
    write_parquet(folder / "population.parquet", f"SELECT * EXCLUDE (n) FROM ({item_query(count)})")  # noqa: S608  our own text
    completeness(folder, refs, stopped=stopped)
    counts: dict[str, dict[str, int]] = {}
    if not stopped:
        write_parquet(folder / "outcomes.parquet", outcome_query(count))
        with duckdb.connect() as session:
            for letter in LETTERS:
                query = f"SELECT {letter}, count(*) FROM read_parquet('{folder}/outcomes.parquet') GROUP BY 1"  # noqa: S608  our own text
                counts[letter] = dict(session.execute(query).fetchall())
    run = ControlTestRun(
        control_test=rule.control_test,
        title=rule.title,
        rule_version=rule.version,
        rule_sha256=rule.sha256,
        parameters={"skew_minutes": 5},
        population="change_item",
        population_count=count,
        population_sha256=digest(folder / "population.parquet"),
        definition_sha256=sha256(DEFINITION.encode()).hexdigest(),
        steps={},
        completeness_sha256=digest(folder / "completeness.json"),
        tables={"deployment": "0" * 64},
        clock=CLOCK.isoformat(),
        engine="duckdb 2.0.0",
        state=RunState.STOPPED if stopped else RunState.TESTED if count else RunState.DID_NOT_OCCUR,
        stops=("1 export ends at a cap",) if stopped else (),
        outcomes_sha256="" if stopped else digest(folder / "outcomes.parquet"),
        counts=counts,
    ).identified()
    write_run(run, folder)
    return run


@dataclass(frozen=True)
class MadeRun:
    control: Control
    rule: Rule
    folder: Path
    run: ControlTestRun


def judged(folder: Path, lens: str, tested: list[MadeRun]) -> tuple[PackagedEngagement, dict[str, dict[str, Path]]]:
    catalog, settings = load_catalog(), lens_settings()[lens]
    period = SOC2 if lens == "soc2" else SOX
    scope = [ScopeStretch("billing", None, None), ScopeStretch("ledger", datetime(2026, 1, 1, tzinfo=UTC), None)]
    engagement_id = "soc2-2026" if lens == "soc2" else "SOX FY2026"
    controls: dict[str, ControlJudgement] = {}
    files: dict[str, dict[str, Path]] = {}
    findings = []
    for each in tested:
        required = each.control.required_attributes(lens=lens, control_test_id=each.rule.control_test)
        counts = None
        if not each.run.stops:
            into = folder / f"{lens}-{each.control.control_id}.parquet"
            verdicts = judge_items(LensView(lens, period, scope, required), each.folder / "outcomes.parquet", into=into)
            counts, files[each.control.control_id] = verdicts.counts, {engagement_id: into}
            answers = {
                "CM-01/T-10/C/stale_approval": Response("rush", "branch rule", "p-7", "2026-12-01", "p-7", "2026-11-02")
            }
            judged_run = JudgedRun(lens, each.control, each.rule, each.folder / "outcomes.parquet", into, required)
            findings += group_findings(judged_run, answers)
        signer = "p-0009" if lens == "soc2" else ""
        result = ControlTestResult(each.rule.control_test, each.run.run_id, required, counts, each.run.stops, signer)
        controls[each.control.control_id] = conclude_control(
            settings, control_id=each.control.control_id, title=each.control.title, results=[result], planned=[]
        )
    by_hand = catalog.control("AC-10")
    controls["AC-10"] = conclude_control(settings, control_id="AC-10", title=by_hand.title, results=[], planned=[])
    gathered = (
        judge_criteria(catalog, categories=["security"], judged=controls)
        if lens == "soc2"
        else judge_domains(catalog, judged=controls)
    )
    judgement = EngagementJudgement(
        engagement_id=engagement_id,
        lens=lens,
        lens_title=settings.title,
        auditor="Example & Sons CPA",
        starts_at=period.starts_at.isoformat(),
        ends_before=period.ends_before.isoformat(),
        clock=CLOCK.isoformat(),
        tolerable_percent=settings.tolerable_percent,
        tolerable_source=settings.tolerable_source,
        categories=("security",) if lens == "soc2" else (),
        runs={each.rule.control_test: each.run.run_id for each in tested},
        controls=tuple(controls.values()),
        gathered=gathered,
    )
    last = period.ends_before - timedelta(days=1)
    kind = "type2" if lens == "soc2" else ""
    return (
        PackagedEngagement(
            judgement, f"{period.starts_at:%Y-%m-%d}", f"{last:%Y-%m-%d}", kind, "Billing", tuple(findings)
        ),
        files,
    )


def build_contents(folder: Path, count: int) -> PackageContents:
    catalog = load_catalog()
    vault, refs = capture_all(folder)
    tested = []
    for control_id, control_test, items, stopped in (
        ("CM-01", "T-10", count, False),
        ("AC-05", "T-05", 4, True),
        ("CM-03", "T-12", 0, False),
    ):
        rule = make_rule(folder / "rules" / control_test, control_test, LETTERS)
        run = make_run(folder / "runs" / control_test, rule, refs, count=items, stopped=stopped)
        tested.append(MadeRun(catalog.control(control_id), rule, folder / "runs" / control_test, run))
    facts = folder / "facts.parquet"
    write_parquet(
        facts,
        f"""SELECT item, 'C' AS attribute, 'deployment' AS table_name, 'ev-1' AS evidence, 'line ' || commits AS record,
        'approved for commit abc, released def' AS fact FROM ({item_query(count)}) ORDER BY item""",  # noqa: S608  our own text
    )
    judgements = {lens: judged(folder, lens, tested) for lens in ("soc2", "sox")}
    runs = [
        PackagedRun(
            control=each.control,
            rule=each.rule,
            folder=each.folder,
            definition_sql=DEFINITION,
            steps={"identity": "SELECT 1 AS one", "authority": "SELECT 2 AS two"},
            verdicts={
                engagement: path
                for _, files in judgements.values()
                for engagement, path in files.get(each.control.control_id, {}).items()
            },
            people={"owner": "p-0020 Ana Silva"},
            facts=facts if each.control.control_id == "CM-01" else None,
        )
        for each in tested
    ]
    labels = (
        DatedLabel("soc2", "2025-01-01", "", "Part of the service", "p-0001", "", inherited=False),
        DatedLabel(
            "fin_relevant", "2025-10-01", "", "Feeds revenue <report>", "p-0002", "Revenue report", inherited=False
        ),
    )
    with vault:
        return PackageContents(
            company="Acme & <Söhne>",
            reporting_zone="UTC",
            software="twofold 0.1.0",
            clock=CLOCK,
            engagements=[engagement for engagement, _ in judgements.values()],
            systems=[
                ShownSystem("billing", "Billing", "application", "p-0007", labels),
                ShownSystem("okta", "", "identity", "", ()),
            ],
            runs=runs,
            package_id="package-2026",
            scope_json=b'{"reporting_zone":"UTC"}',
            matrix=crosswalk_matrix(catalog, categories=["security"]),
            evidence=[PackagedEvidence(ref, vault.blob_path(ref.sha256)) for ref in refs],
            log_entries=[raw for _, raw in vault.log.raws()],
            checkpoint=vault.checkpoint().text,
        )
