"""The folder of one control test in a package: population, completeness, rule, outcomes, verdicts, workbook.

Files of the run are copied byte for byte; every Parquet file has the same rows beside it as CSV.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from twofold.controltests.run_record import COMPLETENESS_FILE, OUTCOMES_FILE, POPULATION_FILE, RUN_FILE, read_run
from twofold.reports.completeness_text import completeness_page
from twofold.reports.contents import PackageContents, PackagedRun, file_name, workbook_name
from twofold.reports.items import VERDICT_WORDS, RunItems, open_items
from twofold.reports.rows_as_text import cell_text, parquet_text, reading_session, write_csv
from twofold.reports.workbook import write_workbook

RULE_FILES = ("rule.sql", "rule.toml", "facts.sql", "README.md")
DEFINITION_FILE = "definition.sql"
FACTS_FILE = "facts.parquet"
_EXCEPTION_HEADER = (
    "engagement",
    "lens",
    "item",
    "system",
    "operating_at",
    "verdict",
    "attribute",
    "code",
    "condition",
    "facts",
    "evidence",
    "evidence_sha256",
)


def json_bytes(value: object) -> bytes:
    """Return JSON for people and programs: sorted keys, two spaces, a newline at the end."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n"


def verdicts_file(engagement_id: str) -> str:
    """Return the name of the verdict file of an engagement."""
    return f"verdicts-{file_name(engagement_id)}.parquet"


def write_control_folder(into: Path, contents: PackageContents, run: PackagedRun) -> None:
    """Write everything about one control test into a new folder."""
    into.mkdir(parents=True)
    for name in (RUN_FILE, COMPLETENESS_FILE):
        shutil.copyfile(run.folder / name, into / name)
    completeness = orjson.loads((run.folder / COMPLETENESS_FILE).read_bytes())
    (into / "completeness.md").write_bytes(completeness_page(completeness).encode())
    with reading_session() as session:
        for source, name in _tables(run):
            shutil.copyfile(source, into / name)
            write_csv((into / name).with_suffix(".csv"), parquet_text(session, into / name))
    _rule(into, run)
    hashes = {str(each.record.evidence_id): each.record.sha256 for each in contents.evidence}
    with open_items(run, contents.engagements) as items:
        write_csv(into / "exceptions.csv", _exception_rows(items, hashes))
        write_workbook(into / workbook_name(run), contents, run, items)


def _tables(run: PackagedRun) -> Iterator[tuple[Path, str]]:
    """Give each Parquet file of the run and its name in the package."""
    yield run.folder / POPULATION_FILE, POPULATION_FILE
    if (run.folder / OUTCOMES_FILE).exists():
        yield run.folder / OUTCOMES_FILE, OUTCOMES_FILE
    for engagement_id, path in sorted(run.verdicts.items()):
        yield path, verdicts_file(engagement_id)
    if run.facts is not None:
        yield run.facts, FACTS_FILE


def _rule(into: Path, run: PackagedRun) -> None:
    for name in RULE_FILES:
        if (run.rule.folder / name).exists():
            shutil.copyfile(run.rule.folder / name, into / name.lower())
    (into / DEFINITION_FILE).write_bytes(run.definition_sql.encode())
    for name, text in sorted(run.steps.items()):
        (into / "steps").mkdir(exist_ok=True)
        (into / "steps" / f"{file_name(name)}.sql").write_bytes(text.encode())
    used = read_run(run.folder).parameters
    described = [
        {
            "name": parameter.name,
            "value": used.get(parameter.name, parameter.default),
            "default": parameter.default,
            "unit": parameter.unit,
            "about": parameter.about,
            "source": parameter.source,
        }
        for parameter in run.rule.parameters
    ]
    (into / "parameters.json").write_bytes(json_bytes(described))


def _exception_rows(items: RunItems, hashes: Mapping[str, str]) -> Iterator[Sequence[str]]:
    yield _EXCEPTION_HEADER
    for each in items.exceptions():
        row = (
            each.engagement_id,
            each.lens,
            each.item,
            each.system,
            each.operating_at,
            VERDICT_WORDS[each.verdict],
            each.attribute,
            each.code,
            each.sentence,
            each.facts,
            ";".join(each.evidence),
            ";".join(hashes.get(evidence, "") for evidence in each.evidence),
        )
        yield [cell_text(value) for value in row]
