"""The JSON Schema of scope files, with which editors complete keys and mark slips while one types.

It is made from the same models that read the files. References and overlaps are beyond a schema: `load_scope`
checks them.
"""

from typing import Any

from twofold.scope.register import ScopeFile

SCHEMA_FILE = "scope.schema.json"
"""Its name below `.twofold/`; the first line of each scope file names it."""


def scope_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) of one scope file."""
    schema = ScopeFile.model_json_schema(by_alias=True, mode="validation")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Twofold scope file"
    return schema
