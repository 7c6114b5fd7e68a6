"""A small company with two engagements, as the line would write it: a run, a stopped one, one that did not occur."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
from twofold.lenses.verdict import Counts, LensView, ScopeStretch, judge_items
from twofold.model.evidence import EvidenceRef, Provenance
from twofold.model.period import ReviewPeriod
from twofold.populations.samples.selection import Method, Plan, Stratum
from twofold.reports.contents import (
    DatedLabel,
    EarlierCheckpoint,
    PackageContents,
    PackagedEngagement,
    PackagedEvidence,
    PackagedLog,
    PackagedRun,
    ShownSystem,
    StampedCheckpoint,
)
from twofold.reports.control_folder import json_bytes
from twofold.reports.log_files import proving_tiles
from twofold.reports.package import write_package
from twofold.reports.package_problems import judgement_bytes
from twofold.vault.canonical import Json
from twofold.vault.entry import Entry, instant_text, make_entry
from twofold.vault.evidence import body_of, evidence_id_of
from twofold.vault.mediatype import media_type_of
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.cosignature import cosign
from twofold.vault.signing.key_history import rotation_body
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import COSIGNATURE
from twofold.vault.signing.signed_checkpoint import signed_checkpoint
from twofold.vault.timestamps.timestamp import judge_answer, make_request
from twofold.vault.tree.merkle import consistency_proof, grow, leaf_hash, tree_root

CLOCK = datetime(2026, 11, 1, 6, tzinfo=UTC)
HOSTILE = '=HYPERLINK("http://evil.example","x")<script>alert(1)</script>'
LETTERS = "ABCDEFGHI"
SOC2 = ReviewPeriod(datetime(2025, 11, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
SOX = ReviewPeriod(datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC))
KEY = SigningKey("example.com/evidence", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
NEXT_KEY = SigningKey(KEY.name, Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
WITNESS = SigningKey("auditor.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(64, 96))), COSIGNATURE)
LOGIN: dict[str, Json] = {"engagements": [], "method": "link", "organisation": ""}
FILLED = 300
"""Entries that the package does not show, so that its log has more than one tile."""
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
    toml += '[parameters.skew_minutes]\ntype = "integer"\ndefault = 0\nunit = "minutes"\nruns = "after"\n'
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
def contents(tmp_path_factory: pytest.TempPathFactory) -> PackageContents:
    return build_company(tmp_path_factory.mktemp("company"), 60)[0]


@pytest.fixture(scope="session")
def package(contents: PackageContents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a written package; tests that change it copy it first."""
    return write_package(contents, tmp_path_factory.mktemp("out") / "package", key=KEY).folder


@pytest.fixture(scope="session")
def late(tmp_path_factory: pytest.TempPathFactory) -> PackageContents:
    """Give contents whose runs rest on a capture that came after the judgements."""
    return build_company(tmp_path_factory.mktemp("late"), 4, late=True)[0]


@pytest.fixture(scope="session")
def attested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a package whose log has two witnessed checkpoints, a change of key in between, and a timestamp."""
    folder = tmp_path_factory.mktemp("attested")
    contents = attest(*build_company(folder, 20), folder)
    return write_package(contents, folder / "package", key=NEXT_KEY).folder


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a package with four samples."""
    folder = tmp_path_factory.mktemp("sampled")
    return write_package(build_sampled(folder, 60), folder / "package", key=KEY).folder


@pytest.fixture(scope="session")
def next_key() -> SigningKey:
    """Give the key that signed the attested package."""
    return NEXT_KEY


@pytest.fixture(scope="session")
def witness() -> SigningKey:
    """Give the key of the witness of the attested package."""
    return WITNESS


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """Give the key that signed the package."""
    return KEY


class MadeLog:
    """A log in memory: entries, and the tiles that they give."""

    def __init__(self, key: SigningKey = KEY) -> None:
        self.entries: list[Entry] = []
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.frontier: list[bytes] = []
        self.append("log", {"form": "twofold-log-2", "key": key.vkey, "log_id": "fixed", "origin": key.name})

    def append(self, kind: str, body: Mapping[str, Json], *, at: datetime = CLOCK, actor: str = "test") -> Entry:
        entry = make_entry(index=len(self.entries), kind=kind, at=at, actor=actor, body=body)
        for level, position, hashed in grow(self.frontier, entry.index, leaf_hash(entry.raw)):
            self.nodes[level, position] = hashed
        self.entries.append(entry)
        return entry

    def tile(self, level: int, position: int) -> bytes:
        count = len(self.entries) >> 8 * level
        within = range(256 * position, min(256 * (position + 1), count))
        return b"".join(self.nodes[8 * level, each] for each in within)

    def root(self, size: int) -> bytes:
        return tree_root(size, self.node)

    def note(self, size: int, key: SigningKey) -> str:
        return signed_checkpoint(Checkpoint(KEY.name, size, self.root(size)), key)

    def node(self, level: int, position: int) -> bytes:
        return self.nodes[level, position]

    def packaged(self, *, compared: Iterable[int] = (), **more: Any) -> PackagedLog:
        """Gather what a package shows: all that are no log-ins. compared: sizes whose root the tiles give."""
        chosen = [each.index for each in self.entries if each.kind != "login"]
        size = len(self.entries)
        return PackagedLog(
            checkpoint=Checkpoint(KEY.name, size, self.root(size)),
            records=[(index, self.entries[index].raw) for index in chosen],
            tiles=proving_tiles(self.tile, [*chosen, *(each - 1 for each in compared)], size),
            in_log=Counter(entry.kind for entry in self.entries),
            **more,
        )


def capture_all(folder: Path) -> tuple[MadeLog, list[PackagedEvidence]]:
    log = MadeLog()
    held = []
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
        held.append(capture(log, path, name, provenance, at=CLOCK + timedelta(seconds=number)))
    for number in range(FILLED):
        log.append("login", LOGIN | {"organisation": f"{number}"}, actor="auditor")
    return log, held


def capture(log: MadeLog, path: Path, name: str, provenance: Provenance, *, at: datetime = CLOCK) -> PackagedEvidence:
    record = EvidenceRef(
        evidence_id=evidence_id_of(len(log.entries)),
        sha256=digest(path),
        size=path.stat().st_size,
        name=name,
        media_type=media_type_of(name, path.read_bytes()[:8192]),
        captured_at=at,
        captured_by="test",
        provenance=provenance,
    )
    log.append("capture", body_of(record), at=at)
    return PackagedEvidence(record, path)


def record_conclusions(
    log: MadeLog,
    tested: "list[MadeRun]",
    engagements: list[tuple[PackagedEngagement, dict[str, dict[str, Path]]]],
    *,
    late: bool,
) -> None:
    """Record runs and judgements as the line does. late: the runs name a capture that comes after all of it."""
    after = len(log.entries) + len(tested) + len(engagements)
    evidence: list[Json] = [[1, 2], [after, after]] if late else [[1, 2]]
    at = CLOCK + timedelta(minutes=1)
    indexes = {}
    for each in tested:
        body: dict[str, Json] = {
            "control_test": each.run.control_test,
            "evidence": evidence,
            "evidence_count": 2,
            "evidence_sha256": "0" * 64,
            "normalise": 0,
            "outcomes_sha256": each.run.outcomes_sha256,
            "population": 0,
            "population_sha256": each.run.population_sha256,
            "rule_sha256": each.run.rule_sha256,
            "run_id": each.run.run_id,
            "run_sha256": digest(each.folder / "run.json"),
            "state": each.run.state.value,
        }
        indexes[each.run.control_test] = log.append("run", body, at=at).index
    tests: dict[str, str] = {each.control.control_id: each.rule.control_test for each in tested}
    for engagement, files in engagements:
        body = judgement_body(engagement.judgement, indexes)
        body["findings_sha256"] = sha256(json_bytes([asdict(each) for each in engagement.findings])).hexdigest()
        body["verdicts"] = [
            [f"{control}-{tests[control]}", digest(path)] for control, held in files.items() for path in held.values()
        ]
        log.append("judgement", body, at=at)


def judgement_body(judgement: EngagementJudgement, indexes: Mapping[str, int]) -> dict[str, Json]:
    return {
        "controls": [[each.control_id, each.conclusion.value] for each in judgement.controls],
        "ends_before": judgement.ends_before,
        "engagement": judgement.engagement_id,
        "judgement_sha256": sha256(judgement_bytes(judgement)).hexdigest(),
        "lens": judgement.lens,
        "runs": [[test, run_id, indexes[test]] for test, run_id in sorted(judgement.runs.items())],
        "scope": 0,
        "starts_at": judgement.starts_at,
    }


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
        counts: Counts | None = None
        by_system: Mapping[str, Counts] = {}
        if not each.run.stops:
            into = folder / f"{lens}-{each.control.control_id}.parquet"
            verdicts = judge_items(LensView(lens, period, scope, required), each.folder / "outcomes.parquet", into=into)
            counts, by_system = verdicts.counts, verdicts.by_system
            files[each.control.control_id] = {engagement_id: into}
            answers = {
                "CM-01/T-10/C/stale_approval": Response("rush", "branch rule", "p-7", "2026-12-01", "p-7", "2026-11-02")
            }
            judged_run = JudgedRun(lens, each.control, each.rule, each.folder / "outcomes.parquet", into, required)
            findings += group_findings(judged_run, answers)
        signer = "p-0009" if lens == "soc2" else ""
        result = ControlTestResult(
            each.rule.control_test, each.run.run_id, required, counts, each.run.stops, signer, by_system=by_system
        )
        controls[each.control.control_id] = conclude_control(
            settings, each.control, period=period, results=[result], planned=[]
        )
    by_hand = catalog.control("AC-10")
    controls["AC-10"] = conclude_control(settings, by_hand, period=period, results=[], planned=[])
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
        benchmark_years=settings.benchmark_years,
        benchmark_source=settings.benchmark_source,
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


def attest(contents: PackageContents, log: MadeLog, folder: Path) -> PackageContents:
    """Rotate the key, let a witness cosign before and after, and let a local authority date the log."""
    log.append("key_rotation", rotation_body(index=len(log.entries), old=KEY, new=NEXT_KEY))
    end = len(log.entries)
    notes = {100: log.note(100, KEY), end: log.note(end, NEXT_KEY)}
    cosigned = {size: note + cosign(note, WITNESS, CLOCK + timedelta(days=size)) for size, note in notes.items()}
    for size, phase in zip(notes, ("start", "end"), strict=True):
        body: dict[str, Json] = {
            "cosigned_at": instant_text(CLOCK + timedelta(days=size)),
            "engagement": "soc2-2026",
            "lines": [cosigned[size].removeprefix(notes[size])],
            "phase": phase,
            "root": log.root(size).hex(),
            "size": size,
            "witness": WITNESS.vkey,
        }
        log.append("witness", body)
    size = len(log.entries)
    authority = load_beside("vault/authority.py").make_authority(folder / "authority")
    request = make_request(notes[end])
    response = authority.reply(request)
    at = judge_answer(response, request=request, note=notes[end], chain=authority.chain).at
    assert at is not None
    stamped = EarlierCheckpoint(end, notes[end], tuple(consistency_proof(end, size, log.node)))
    witnessed = (
        EarlierCheckpoint(100, cosigned[100], tuple(consistency_proof(100, end, log.node))),
        EarlierCheckpoint(end, cosigned[end], tuple(consistency_proof(end, size, log.node))),
    )
    shown = log.packaged(
        compared=(100, end),
        witness_keys=(WITNESS.vkey,),
        witnessed=witnessed,
        stamped=(StampedCheckpoint(stamped, request, response, at, "http://tsa.example"),),
        chain=authority.chain,
    )
    return replace(contents, log=shown)


def build_sampled(folder: Path, count: int) -> PackageContents:
    """Build the company with four samples: each method, replaced, extended, of a slice, not drawn."""
    contents, log = build_company(folder, count)
    made = load_beside("reports/made_samples.py")
    soc2, sox = (made.SampleMaker(log, contents, each.id) for each in contents.engagements)
    soc2.agree()
    first = soc2.freeze()
    soc2.draw(first)
    soc2.target(first, [0, soc2.sample(first).chosen[0].position])
    soc2.replace(first)
    soc2.evaluate(first)
    soc2.extend(first, 2)
    soc2.evaluate(first, note="as planned")
    by_month = Plan(Method.STRATIFIED, 7, Stratum.MONTH)
    sliced = sox.freeze((60, 300), plan=by_month, nonce=made.NONCE)
    sox.draw(sliced)
    sox.replace(sliced)
    sox.evaluate(sliced, further=[sox.sample(sliced).projected[0].position])
    systematic = sox.freeze(plan=Plan(Method.SYSTEMATIC, 4))
    sox.draw(systematic)
    sox.extend(systematic, 1, evidence=["ev-1"])
    soc2.freeze()
    populations = soc2.populations | sox.populations
    soc2.populations.update(populations)
    return replace(contents, log=log.packaged(), samples=soc2.packaged())


def load_beside(place: str) -> ModuleType:
    """Load a module of the tests by its path below tests/."""
    path = Path(__file__).parents[1] / place
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def build_company(folder: Path, count: int, *, late: bool = False) -> tuple[PackageContents, MadeLog]:
    catalog = load_catalog()
    log, held = capture_all(folder)
    refs = [each.record for each in held]
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
    record_conclusions(log, tested, list(judgements.values()), late=late)
    if late:
        at = CLOCK + timedelta(days=9)
        held.append(capture(log, folder / "source-0", "late.json", held[0].record.provenance, at=at))
    contents = PackageContents(
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
        evidence=held,
        log=log.packaged(),
    )
    return contents, log
