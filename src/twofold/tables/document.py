"""Make docs/formats/tables.md from schema.toml: `python -m twofold.tables.document > docs/formats/tables.md`."""

import sys

from twofold.tables.schema import TableKind, canonical_tables

_HEAD = """\
# Canonical tables

Made from `src/twofold/tables/schema.toml` by `python -m twofold.tables.document`. Do not edit by hand.

Every source is normalised to these tables, every rule reads them, and every case folder gives them as CSV files
(`<table>.csv`, header = column names).

| type | in a CSV file | in SQL |
| --- | --- | --- |
| text | as it is | `VARCHAR` |
| integer | digits | `BIGINT` |
| boolean | `true` or `false` | `BOOLEAN` |
| instant | ISO 8601 with offset; a bare day means the whole local day | `NAME` and `NAME_latest` (`TIMESTAMP`, UTC: the interval the time lies in), `NAME_text` |
| boundary | ISO 8601; a bare day means its local midnight | `TIMESTAMP`, UTC; empty = open |
| list | values separated by `;` | the child table `TABLE__NAME(key columns..., value)` |

Every table also carries `evidence, record, row_hash, source, connector, extracted_at, copies, conflicted` (where the row
came from, how many identical rows collapsed into it, whether another row with its key says something else). A CSV file may give
`source, connector, extracted_at, row_hash`; outside a case folder the lineage of the capture counts.

Kinds: *event*, an immutable fact: two contents under one key are a conflict. *state*, an object that changes: the newest
extraction counts. *fact*, a dated statement from the scope files. *derived*, computed by Twofold; a case folder may
give it to bypass the computation.
"""


def tables_page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for table in canonical_tables().values():
        parts.append(f"\n## {table.name}\n\n{table.about} Kind: *{TableKind(table.kind)}*. Key: {', '.join(f'`{k}`' for k in table.key)}.\n")
        parts.append("| column | type | required | meaning |\n| --- | --- | --- | --- |")
        parts += [
            f"| `{column.name}` | {column.type} | {'yes' if column.required else ''} | {column.about} |" for column in table.columns
        ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(tables_page())
