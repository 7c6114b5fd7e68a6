"""A path as DuckDB's readers take it: one file, whatever its name.

`read_parquet` and `read_json` take `*`, `?` and `[` in a path for a pattern, so a workspace in a folder named
`acme [1]` would be read from `acme 1`. `COPY ... TO` knows no patterns and takes the path as it is.
"""

import re
from pathlib import Path

_PATTERN = re.compile(r"[*?\[]")


def one_file(path: Path) -> str:
    """Return the text of a path that matches this path only; a quote in it is not doubled.

    >>> one_file(Path("/tmp/acme [1]/ticket.parquet"))
    '/tmp/acme [[]1]/ticket.parquet'
    """
    return _PATTERN.sub(r"[\g<0>]", str(path))
