"""What keeps contents from becoming a package: all that does not fit together, found before a byte is written."""

import hashlib
from dataclasses import asdict

import orjson

from twofold.controltests.run_record import COMPLETENESS_FILE, RUN_FILE, read_run
from twofold.lenses.judgement import EngagementJudgement
from twofold.model.problem import Problem
from twofold.reports.contents import PackageContents, PackagedEngagement, file_name, run_place
from twofold.reports.control_folder import json_bytes
from twofold.reports.log_files import log_problems
from twofold.reports.packaged_deficiencies import deficiency_problems
from twofold.reports.samples import sample_problems
from twofold.vault.blobs.file_hash import file_hash
from twofold.vault.entry import EntryKind, read_entry
from twofold.vault.signing.keys import SigningKey


def contents_problems(contents: PackageContents, key: SigningKey) -> list[Problem]:
    """Return every problem; none when the contents can be packaged under this key."""
    return [
        *log_problems(contents, key),
        *_evidence_problems(contents),
        *_conclusion_problems(contents),
        *_rule_problems(contents),
        *_name_problems(contents),
        *sample_problems(contents),
        *deficiency_problems(contents),
    ]


def judgement_bytes(judgement: EngagementJudgement) -> bytes:
    """Return judgement.json as the judgement was stored, so that it has the hash that the log records."""
    return orjson.dumps(judgement.as_json(), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)


def findings_bytes(engagement: PackagedEngagement) -> bytes:
    """Return findings.json as the findings were stored, so that it has the hash that the log records."""
    return json_bytes([asdict(finding) for finding in engagement.findings])


def _evidence_problems(contents: PackageContents) -> list[Problem]:
    problems = []
    held = {str(each.record.evidence_id) for each in contents.evidence}
    held |= {each.evidence_id for each in contents.withheld}
    for run in contents.runs:
        record = orjson.loads((run.folder / COMPLETENESS_FILE).read_bytes())
        missing = sorted({each["evidence_id"] for each in record["extractions"]} - held)
        if missing:
            where = f"{run.control.control_id}/{run.rule.control_test}"
            problems.append(
                Problem(where, f"evidence {', '.join(missing)} is not among the contents", "all it relies on")
            )
    return problems


def _conclusion_problems(contents: PackageContents) -> list[Problem]:
    """Find runs and judgements that are not what the log records last under their name."""
    runs, judgements = {}, {}
    for _, raw in contents.log.records:
        entry = read_entry(raw)
        if entry.kind == EntryKind.RUN:
            runs[entry.body["run_id"]] = entry.body["run_sha256"]
        elif entry.kind == EntryKind.JUDGEMENT:
            judgements[entry.body["engagement"]] = (entry.body["judgement_sha256"], entry.body["findings_sha256"])
    problems = []
    for run in contents.runs:
        if runs.get(read_run(run.folder).run_id) != file_hash(run.folder / RUN_FILE):
            where, remedy = f"{run.control.control_id}/{run.rule.control_test}", "run 'twofold test' again"
            problems.append(Problem(where, "the log does not record this run", "a run as it was recorded", remedy))
    for each in contents.engagements:
        contained = (judgement_bytes(each.judgement), findings_bytes(each))
        if judgements.get(each.id) != tuple(hashlib.sha256(content).hexdigest() for content in contained):
            found, remedy = "it is not the judgement that the log records last", "run 'twofold judge' again"
            problems.append(Problem(each.id, found, "the newest judgement", remedy))
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
