"""The audit package: one folder that an auditor reads, checks and re-performs without our software.

It is written beside its place and moved there when whole, so nothing half written stands under its name. It refuses to
overwrite, to take records that the tiles do not prove to the checkpoint, and evidence that the log does not record. The
signing key signs the log's checkpoint and the tag manifest, which stands for every byte.
Format: docs/formats/package.md.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from twofold.controltests.run_record import read_run
from twofold.model.problem import Problem, UserError
from twofold.model.statement import NOT_AN_OPINION
from twofold.reports.bag import DATA, TAG_MANIFEST, TAG_NOTE, TAG_SIGNATURE, package_statement, seal
from twofold.reports.contents import (
    PackageContents,
    PackagedEngagement,
    PackagedEvidence,
    PackagedRun,
    all_withheld,
    file_name,
    run_place,
    workbook_name,
)
from twofold.reports.control_folder import json_bytes, verdicts_file, write_control_folder
from twofold.reports.evidence_files import EVIDENCE_HEADER, evidence_rows, payload_files_of
from twofold.reports.html_report import html_report
from twofold.reports.log_files import FOLDER, log_index, write_log
from twofold.reports.package_problems import contents_problems, findings_bytes, judgement_bytes
from twofold.reports.packaged_deficiencies import write_deficiencies
from twofold.reports.packaged_run import read_texts
from twofold.reports.pages import CHECKER, how_to_check_page, readme_page, scope_memo
from twofold.reports.redacted_data import withhold
from twofold.reports.reperform_script import write_script
from twofold.reports.rows_as_text import cell_text, write_csv
from twofold.reports.samples import sample_index, write_samples
from twofold.reports.systems import SYSTEM_COLUMNS, system_rows
from twofold.reports.tables_folder import TABLES, write_tables
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.entry import read_entry
from twofold.vault.signing.keys import SigningKey
from twofold.vault.signing.note import sign_note
from twofold.vault.signing.sshsig import PACKAGE_NAMESPACE, sshsig_sign

FORMAT = "twofold-package-2"
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
    records: int
    log_size: int
    root: str
    key: str


def write_package(contents: PackageContents, into: Path, *, key: SigningKey) -> PackageSummary:
    """Write the package as the new folder `into`, signed by the log's key.

    Raises UserError when it exists, or when the contents do not fit together.
    """
    if into.exists():
        raise UserError(
            Problem(str(into), "it exists already", "a new folder", "name another folder, or remove this one")
        )
    if problems := contents_problems(contents, key):
        raise UserError(problems)
    partial = into.with_name(f".{into.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        (partial / DATA).mkdir(parents=True)
        _write_data(partial / DATA, contents, key)
        sealed = seal(partial, _bag_info(contents))
        sign_tag_manifest(partial, contents.package_id, key)
        partial.rename(into)
    except OSError as error:
        found = f"the package could not be written ({error.strerror or error})"
        remedy = "see that the disk has room and that you may write there, then try again"
        raise UserError(Problem(str(into), found, "nothing was left behind", remedy)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return PackageSummary(
        folder=into,
        digest=sealed.digest,
        files=sealed.files,
        size=sealed.size,
        control_tests=len(contents.runs),
        evidence_files=len({each.record.sha256 for each in contents.evidence}),
        records=len(contents.log.records),
        log_size=contents.log.checkpoint.size,
        root=contents.log.checkpoint.root.hex(),
        key=key.vkey,
    )


def sign_tag_manifest(bag: Path, package_id: str, key: SigningKey) -> None:
    """Sign the tag manifest, and with it every byte: its hash as a C2SP note, the file as an SSH signature."""
    tag_manifest = (bag / TAG_MANIFEST).read_bytes()
    (bag / TAG_NOTE).write_bytes(sign_note(package_statement(package_id, tag_manifest), [key]).encode())
    (bag / TAG_SIGNATURE).write_bytes(sshsig_sign(key, tag_manifest, PACKAGE_NAMESPACE).encode())


def _write_data(data: Path, contents: PackageContents, key: SigningKey) -> None:
    for run in contents.runs:
        write_control_folder(data / run_place(run), contents, run)
    for engagement in contents.engagements:
        folder = data / "engagements" / file_name(engagement.id)
        _engagement(folder, engagement)
        if engagement.id in contents.deficiencies:
            write_deficiencies(folder, contents.deficiencies[engagement.id])
    _scope(data / "scope", contents)
    write_csv(
        data / "matrix.csv",
        [[cell_text(cell) for cell in row] for row in (contents.matrix.header, *contents.matrix.rows)],
    )
    _evidence(data, contents)
    write_samples(data, contents)
    write_log(data / FOLDER, contents.log, key)
    tables: Mapping[str, str] = {}
    if contents.tables_folder is not None:
        read = [read_run(run.folder) for run in contents.runs]
        tables = write_tables(data / TABLES, tables_folder=contents.tables_folder, runs=read)
        for run in contents.runs:
            place, control_id = run_place(run), run.control.control_id
            texts = read_texts(data / place, place, control_id=control_id, verdicts=verdict_files(run))
            write_script(texts, packaged_tables=data / TABLES)
    (data / "index.html").write_bytes(html_report(contents, in_package=True).encode())
    (data / "readme.md").write_bytes(readme_page(contents).encode())
    (data / "how-to-check.md").write_bytes(how_to_check_page(contents).encode())
    shutil.copyfile(CHECKER, data / "check.py")
    (data / "package.json").write_bytes(json_bytes(_index(contents, key, tables)))
    if contents.redaction is not None:
        withhold(data, contents.redaction)


def _index(contents: PackageContents, key: SigningKey, tables: Mapping[str, str]) -> dict[str, object]:
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
                "verdicts": verdict_files(run),
            }
            for run in contents.runs
        ],
        "samples": [sample_index(each.sample) for each in contents.samples],
        "tables": dict(tables),
        "log": log_index(contents.log, key),
        "withheld": [asdict(each) for each in all_withheld(contents)],
        "order_flags": [asdict(each) for each in contents.order_flags],
    }


def verdict_files(run: PackagedRun) -> dict[str, str]:
    """Return engagement id -> name of its verdict file in the folder of the control test."""
    return {engagement: verdicts_file(engagement) for engagement in sorted(run.verdicts)}


def _engagement(folder: Path, engagement: PackagedEngagement) -> None:
    folder.mkdir(parents=True)
    (folder / "judgement.json").write_bytes(judgement_bytes(engagement.judgement))
    findings = [asdict(finding) for finding in engagement.findings]
    (folder / "findings.json").write_bytes(findings_bytes(engagement))
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


def _evidence(data: Path, contents: PackageContents) -> None:
    """Write each payload once under its hash, and a table that says what each was called and where it came from."""
    (data / "evidence").mkdir()
    records = [read_entry(raw) for _, raw in contents.log.records]
    files = payload_files_of(records)
    for each in contents.evidence:
        target = data / "evidence" / files[each.record.sha256]
        if not target.exists():
            _copy_evidence(each, target)
    held = {each.record.sha256 for each in contents.evidence} - {each.sha256 for each in all_withheld(contents)}
    rows = ([cell_text(cell) for cell in row] for row in evidence_rows(records, held))
    write_csv(data / "evidence.csv", [EVIDENCE_HEADER, *rows])


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


def _bag_info(contents: PackageContents) -> dict[str, str]:
    periods = "; ".join(f"{each.id} {each.period}" for each in contents.engagements)
    return {
        "Source-Organization": contents.company,
        "External-Identifier": contents.package_id,
        "External-Description": f"Audit package. Review periods: {periods}. {NOT_AN_OPINION}",
        "Bagging-Date": f"{contents.clock:%Y-%m-%d}",
        "Bag-Software-Agent": contents.software,
    }
