"""Writes raw vendor exports and `exports.toml`, which says how each was obtained."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson

from twofold.jobs.demonstration.timeline import EXTRACTED_AT, iso

PERIOD_FROM = date(2025, 9, 1)
OLDEST_AVAILABLE = date(2024, 6, 1)
PAGE_SIZE = 100


@dataclass(slots=True)
class Export:
    """One file to write, with its provenance."""

    path: str
    source: str
    kind: str
    query: str
    body: bytes
    rows: int
    systems: tuple[str, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    claimed: int | None = None
    totals: dict[str, str] = field(default_factory=dict)
    page_size: int | None = PAGE_SIZE
    paging_proven: bool | None = True
    run_by: str = "svc-collector"
    run_at: datetime = EXTRACTED_AT
    since: date = PERIOD_FROM
    """First day that the answer speaks for."""
    moment_only: bool = False
    """The answer speaks for the moment of the query and for no period."""


@dataclass(slots=True)
class ExportFolder:
    """Collects exports, then writes them in order of path."""

    exports: dict[str, Export] = field(default_factory=dict)

    def add_json(self, path: str, kind: str, query: str, rows: Sequence[Any], **provenance: Any) -> None:
        """Add a JSON array as a vendor's API gives it; the source is the first folder of the path."""
        body = orjson.dumps(rows)
        self.exports[path] = Export(path, path.split("/", maxsplit=1)[0], kind, query, body, len(rows), **provenance)

    def add_csv(
        self, path: str, kind: str, query: str, rows: Sequence[Mapping[str, object]], **provenance: Any
    ) -> None:
        """Add a CSV whose header is the keys of the first row, or `columns` where there is none.

        `source` may be given apart from the folder.
        """
        header = list(rows[0]) if rows else list(provenance.pop("columns", ()))
        provenance.pop("columns", None)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_cell(row[name]) for name in header] for row in rows)
        source = str(provenance.pop("source", path.split("/", maxsplit=1)[0]))
        provenance.setdefault("page_size", None)
        self.exports[path] = Export(path, source, kind, query, text.getvalue().encode(), len(rows), **provenance)

    def write(self, folder: Path) -> None:
        """Write all files and exports.toml below the folder, which is created."""
        folder.mkdir(parents=True, exist_ok=True)
        entries = []
        for export in sorted(self.exports.values(), key=lambda e: e.path):
            target = folder / export.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(export.body)
            entries.append(_entry(export))
        (folder / "exports.toml").write_text("\n".join(entries), encoding="utf-8")


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ";".join(str(part) for part in value)
    return "" if value is None else value


def _entry(export: Export) -> str:
    values: list[tuple[str, object]] = [
        ("path", export.path),
        ("source", export.source),
        ("kind", export.kind),
        ("query", export.query),
        ("run_by", export.run_by),
        ("run_at", iso(export.run_at)),
        ("environment", "production"),
        ("connector", "file"),
        ("claimed_count", export.rows if export.claimed is None else export.claimed),
        ("page_size", export.page_size),
        ("paging_proven", export.paging_proven),
        ("period_from", None if export.moment_only else export.since.isoformat()),
        ("period_to", None if export.moment_only else iso(EXTRACTED_AT)),
        ("oldest_available", None if export.moment_only else min(export.since, OLDEST_AVAILABLE).isoformat()),
        ("systems", list(export.systems)),
        ("owner", "p-0005"),
        ("classification", "confidential"),
    ]
    lines = ["[[file]]", *(f"{name} = {_toml(value)}" for name, value in values if value is not None)]
    for name, table in (("parameters", export.parameters), ("totals", export.totals)):
        if table:
            pairs = ", ".join(f"{key} = {_toml(value)}" for key, value in sorted(table.items()))
            lines.append(f"{name} = {{ {pairs} }}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    # A JSON string, number, boolean or list of strings is also TOML.
    return orjson.dumps(value).decode()
