"""The audit package: one folder that an auditor reads, checks and re-performs without our software.

It is written beside its place and moved there when whole, so nothing half written stands under its name. It refuses to
overwrite, to take a log that does not give its checkpoint, and evidence that the log does not record. Format:
docs/formats/package.md.
"""

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from twofold.controltests.run_record import COMPLETENESS_FILE, read_run
from twofold.model.problem import Problem, UserError
from twofold.reports.bag import DATA, file_hash, payload_files, seal
from twofold.reports.contents import (
    NOT_AN_OPINION,
    PackageContents,
    PackagedEngagement,
    PackagedEvidence,
    file_name,
    run_place,
    workbook_name,
)
from twofold.reports.control_folder import json_bytes, verdicts_file, write_control_folder
from twofold.reports.evidence_files import record_lines
from twofold.reports.html_report import html_report
from twofold.reports.pages import readme_page, scope_memo
from twofold.reports.rows_as_text import cell_text, write_csv
from twofold.reports.systems import SYSTEM_COLUMNS, system_rows
from twofold.vault.checkpoint import Checkpoint
from twofold.vault.entry import EntryKind, read_entry
from twofold.vault.evidence import body_of, index_of
from twofold.vault.merkle import fold, grow, leaf_hash

FORMAT = "twofold-package-1"
_FINDING_HEADER = (
    "finding_id",
    "control_id",
    "control_test",
    "attribute",
    "code",
    "lens",
    "condition",
    "criterion",
    "cause",
    "pattern",
    "effect",
    "response",
    "owner",
    "due_on",
    "systems",
    "first_at",
    "last_at",
    "items",
)


@dataclass(frozen=True, slots=True)
class PackageSummary:
    """What was written. digest: SHA-256 of tagmanifest-sha256.txt, which stands for every byte; hand it over apart."""

    folder: Path
    digest: str
    files: int
    size: int
    control_tests: int
    evidence_files: int
    log_entries: int
    root: str


def write_package(contents: PackageContents, into: Path) -> PackageSummary:
    """Write the package as the new folder `into`.

    Raises UserError when it exists, or when the contents do not fit together.
    """
    if into.exists():
        raise UserError(
            Problem(str(into), "it exists already", "a new folder", "name another folder, or remove this one")
        )
    problems = [
        *_log_problems(contents),
        *_evidence_problems(contents),
        *_rule_problems(contents),
        *_name_problems(contents),
    ]
    if problems:
        raise UserError(problems)
    partial = into.with_name(f".{into.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        (partial / DATA).mkdir(parents=True)
        _write_data(partial / DATA, contents)
        digest = seal(partial, _bag_info(contents))
        places = payload_files(partial)
        size = sum((partial / place).stat().st_size for place in places)
        partial.rename(into)
    except OSError as error:
        found = f"the package could not be written ({error})"
        remedy = "see that the disk has room and that you may write there, then try again"
        raise UserError(Problem(str(into), found, "nothing was left behind", remedy)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return PackageSummary(
        folder=into,
        digest=digest,
        files=len(places),
        size=size,
        control_tests=len(contents.runs),
        evidence_files=len({each.record.sha256 for each in contents.evidence}),
        log_entries=len(contents.log_entries),
        root=Checkpoint.parse(contents.checkpoint).root.hex(),
    )


def log_root(entries: Iterable[bytes]) -> bytes:
    """Return the Merkle root over raw entries, computed from nothing else."""
    frontier: list[bytes] = []
    for number, raw in enumerate(entries):
        grow(frontier, number, leaf_hash(raw))
    return fold(frontier)


def _write_data(data: Path, contents: PackageContents) -> None:
    for run in contents.runs:
        write_control_folder(data / run_place(run), contents, run)
    for engagement in contents.engagements:
        _engagement(data / "engagements" / file_name(engagement.id), engagement)
    _scope(data / "scope", contents)
    write_csv(
        data / "matrix.csv",
        [[cell_text(cell) for cell in row] for row in (contents.matrix.header, *contents.matrix.rows)],
    )
    _evidence(data / "evidence", contents)
    _log(data / "log", contents)
    (data / "index.html").write_bytes(html_report(contents, in_package=True).encode())
    (data / "readme.md").write_bytes(readme_page(contents).encode())
    (data / "package.json").write_bytes(json_bytes(_index(contents)))


def _index(contents: PackageContents) -> dict[str, object]:
    return {
        "format": FORMAT,
        "package_id": contents.package_id,
        "company": contents.company,
        "reporting_zone": contents.reporting_zone,
        "software": contents.software,
        "clock": contents.clock.isoformat(),
        "note": NOT_AN_OPINION,
        "engagements": [
            {
                "id": each.id,
                "lens": each.judgement.lens,
                "type": each.type,
                "auditor": each.judgement.auditor,
                "starts_on": each.starts_on,
                "ends_on": each.ends_on,
                "folder": f"engagements/{file_name(each.id)}",
            }
            for each in contents.engagements
        ],
        "control_tests": [
            {
                "control_id": run.control.control_id,
                "control_test": run.rule.control_test,
                "folder": run_place(run),
                "workbook": f"{run_place(run)}/{workbook_name(run)}",
                "verdicts": {engagement: verdicts_file(engagement) for engagement in sorted(run.verdicts)},
            }
            for run in contents.runs
        ],
    }


def _engagement(folder: Path, engagement: PackagedEngagement) -> None:
    folder.mkdir(parents=True)
    (folder / "judgement.json").write_bytes(json_bytes(engagement.judgement.as_json()))
    findings = [asdict(finding) for finding in engagement.findings]
    (folder / "findings.json").write_bytes(json_bytes(findings))
    rows = [[cell_text(finding[name]) for name in _FINDING_HEADER] for finding in findings]
    write_csv(folder / "findings.csv", [_FINDING_HEADER, *rows])


def _scope(folder: Path, contents: PackageContents) -> None:
    folder.mkdir()
    (folder / "scope.json").write_bytes(contents.scope_json)
    rows: list[Sequence[str]] = [
        SYSTEM_COLUMNS,
        *([cell_text(cell) for cell in row] for row in system_rows(contents.systems)),
    ]
    write_csv(folder / "systems.csv", rows)
    (folder / "memo.md").write_bytes(scope_memo(contents).encode())


def _evidence(folder: Path, contents: PackageContents) -> None:
    folder.mkdir()
    held = {index_of(each.record.evidence_id) or 0: each for each in contents.evidence}
    lines = list(record_lines(contents.log_entries[index] for index in sorted(held)))
    for index, line in zip(sorted(held), lines, strict=True):
        if not (folder / line.file).exists():
            _copy_evidence(held[index], folder / line.file)
    (folder / "records.jsonl").write_bytes(b"".join(line.line for line in lines))


def _copy_evidence(evidence: PackagedEvidence, target: Path) -> None:
    shutil.copyfile(evidence.path, target)
    record = evidence.record
    if file_hash(target) != record.sha256:
        raise UserError(
            Problem(
                f"{record.evidence_id} ({record.name})",
                "its bytes are not those that were captured",
                f"SHA-256 {record.sha256}",
                "run 'twofold verify' on the workspace and restore the file from a backup",
            )
        )


def _log(folder: Path, contents: PackageContents) -> None:
    folder.mkdir()
    (folder / "entries.jsonl").write_bytes(b"".join(raw + b"\n" for raw in contents.log_entries))
    (folder / "checkpoint").write_bytes(contents.checkpoint.encode())
    (folder / "root").write_bytes(f"{Checkpoint.parse(contents.checkpoint).root.hex()}\n".encode())


def _bag_info(contents: PackageContents) -> dict[str, str]:
    periods = "; ".join(f"{each.id} {each.period}" for each in contents.engagements)
    return {
        "Source-Organization": contents.company,
        "External-Identifier": contents.package_id,
        "External-Description": f"Audit package. Review periods: {periods}. {NOT_AN_OPINION}",
        "Bagging-Date": f"{contents.clock:%Y-%m-%d}",
        "Bag-Software-Agent": contents.software,
    }


def _log_problems(contents: PackageContents) -> list[Problem]:
    checkpoint = Checkpoint.parse(contents.checkpoint)
    if checkpoint.size == len(contents.log_entries) and checkpoint.root == log_root(contents.log_entries):
        return []
    found = f"{len(contents.log_entries)} entries do not give the root of the checkpoint ({checkpoint.size} entries)"
    return [Problem("log", found, "the whole log of its checkpoint", "run 'twofold verify' on the workspace")]


def _evidence_problems(contents: PackageContents) -> list[Problem]:
    problems = []
    for each in contents.evidence:
        index = index_of(each.record.evidence_id)
        known = index is not None and index < len(contents.log_entries)
        entry = read_entry(contents.log_entries[index]) if known and index is not None else None
        if entry is None or entry.kind != EntryKind.CAPTURE or entry.body != body_of(each.record):
            problems.append(Problem(each.record.evidence_id, "the log has no such capture", "a record of this vault"))
    held = {str(each.record.evidence_id) for each in contents.evidence}
    for run in contents.runs:
        record = orjson.loads((run.folder / COMPLETENESS_FILE).read_bytes())
        missing = sorted({each["evidence_id"] for each in record["extractions"]} - held)
        if missing:
            where = f"{run.control.control_id}/{run.rule.control_test}"
            problems.append(
                Problem(where, f"evidence {', '.join(missing)} is not among the contents", "all it relies on")
            )
    return problems


def _rule_problems(contents: PackageContents) -> list[Problem]:
    """Find runs whose rule or definition is not the text that is about to be packaged with them."""
    problems = []
    for run in contents.runs:
        record = read_run(run.folder)
        definition = hashlib.sha256(run.definition_sql.encode()).hexdigest()
        if (run.rule.sha256, definition) != (record.rule_sha256, record.definition_sha256):
            where = f"{run.control.control_id}/{run.rule.control_test}"
            problems.append(
                Problem(
                    where, "its rule was changed after the run", "the rule that was run", "run 'twofold test' again"
                )
            )
    return problems


def _name_problems(contents: PackageContents) -> list[Problem]:
    places = [run_place(run) for run in contents.runs] + [file_name(each.id) for each in contents.engagements]
    twice = sorted({place for place in places if places.count(place) > 1})
    return [Problem(place, "two parts of the package would have this name", "names that differ") for place in twice]
