"""Make docs/formats/tables.md from schema/*.toml: `python -m twofold.tables.document > docs/formats/tables.md`."""

import sys

from twofold.tables.schema import Column, canonical_tables

_HEAD = """\
# Canonical tables

Made from `src/twofold/tables/schema/*.toml` by `python -m twofold.tables.document`. Do not edit by hand.

Every source is normalised to these tables, every rule reads them, and every case folder gives them as CSV files
(`<table>.csv`, header = column names).

| type | in a CSV file | in SQL |
| --- | --- | --- |
| text | as it is | `VARCHAR` |
| word | one of a small vocabulary; blanks around it and capitals do not count | `VARCHAR`, in lower case |
| integer | digits | `BIGINT` |
| boolean | `true` or `false` | `BOOLEAN` |
| instant | ISO 8601 with offset; a bare day means the whole local day | `NAME`, `NAME_latest`, `NAME_text`, see below |
| boundary | ISO 8601; a bare day means its local midnight | `TIMESTAMP`, UTC; empty = open |
| list | values separated by `;` | the child table `TABLE__NAME(key columns..., value)` |

An instant is kept as the interval that the time lies in: `NAME` is its earliest and `NAME_latest` its latest moment
(`TIMESTAMP`, UTC), `NAME_text` is what the source wrote.

A word is kept in lower case, so that `SUCCESS` and `success` are one; the evidence keeps the spelling of the source.

Every table also carries `evidence, record, row_hash, source, connector, extracted_at, copies, conflicted` (where the
row came from, how many identical rows collapsed into it, whether another row with its key says something else). A CSV
file may give `source, connector, extracted_at, row_hash`; outside a case folder the lineage of the capture counts.

Of two contents under one key the table keeps one, marked `conflicted`. `TABLE__second.parquet` beside it is the same
table with the other one, and its child tables are `TABLE__NAME__second`; a control test is run over both and says only
what holds in either.

A ticket that moves to another project gets another key, and a repository may be renamed or moved. Events say so: of the
field `key` in `ticket_event` (`old_value`, `new_value`), and `repository_event` with a `new_name`. Then a column that
holds the key of a ticket or the name of a repository has the one of now, whatever the source named: a pull request that
names `CHG-1` names `OPS-5`, and an event that was exported under both is one. A pull request or deployment, whose id
holds the name of its repository, keeps the id under which it was exported first. A name that somebody else took later
stays as it is. The evidence keeps what the source said. These columns say (name of now).

Kinds: *event*, an immutable fact: two contents under one key are a conflict. *state*, an object that changes: the
newest extraction counts. *fact*, a dated statement from the scope files, or from a register that is captured as a CSV
file where the scope files have no key for it. *derived*, computed by Twofold; a case folder may give it to bypass the
computation.
"""


def tables_page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for table in canonical_tables().values():
        key = ", ".join(f"`{name}`" for name in table.key)
        parts.append(f"\n## {table.name}\n\n{table.about} Kind: *{table.kind}*. Key: {key}.\n")
        parts.append("| column | type | required | meaning |\n| --- | --- | --- | --- |")
        parts += [
            f"| `{column.name}` | {column.type} | {'yes' if column.required else ''} | {_meaning(column)} |"
            for column in table.columns
        ]
    return "\n".join(parts) + "\n"


def _meaning(column: Column) -> str:
    return f"{column.about} (name of now)".strip() if column.names else column.about


if __name__ == "__main__":
    sys.stdout.write(tables_page())
