import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from twofold.model.problem import UserError
from twofold.scope.export import MODELINE, export
from twofold.scope.faults import entry_type, keys_of
from twofold.scope.load import load_scope, read_scope
from twofold.scope.plan import plan
from twofold.scope.reading import Plain, read_yaml
from twofold.scope.register import ScopeFile
from twofold.scope.schema import SCHEMA_FILE, scope_schema
from twofold.scope.settings import load_settings
from twofold.scope.starter_files import starter_files

FORMAT = Path(__file__).parents[2] / "docs" / "formats" / "scope.md"


def starter() -> dict[str, str]:
    return starter_files(company='A "B" \\ Ltd', reporting_zone="Asia/Kolkata", starts_on=date(2028, 2, 29))


def test_the_starter_loads_without_a_word_and_says_soc2_only(tmp_path: Path) -> None:
    for name, text in starter().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert "{{" not in text
        assert name == "twofold.toml" or text.startswith(MODELINE + "\n")
    settings = load_settings(tmp_path)
    assert settings.company == 'A "B" \\ Ltd'
    scope = load_scope(tmp_path / "scope", reporting_zone=settings.reporting_zone)
    result = plan(None, scope, today=date(2028, 2, 29))
    assert (result.sox, result.warnings, result.systems_without_owner) == (False, (), ())
    assert {label.system for label in result.labels} == {"product", "product-db", "identity", "pipeline"}
    assert scope.engagements[0].ends_on.text == "2029-02-28"


def test_every_example_in_the_starter_loads_when_its_comment_sign_is_taken_away() -> None:
    loaded = set()
    for name, text in starter().items():
        for line in text.splitlines():
            example = re.fullmatch(r"# (\w+): (\[.+\])", line)
            if example and example[1] in ScopeFile.model_fields:
                read_scope(
                    {name: f"{example[1]}: {example[2]}\nsystems: [{{id: product, layer: pipeline}}]".encode()},
                    reporting_zone="UTC",
                )
                loaded.add(example[1])
    assert {"account_links", "birthrights", "delegations", "standard_changes"} <= loaded


def test_a_starter_for_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UserError, match="unknown time zone"):
        starter_files(company="A", reporting_zone="Mars", starts_on=date(2026, 1, 1))


def test_every_key_has_a_description_and_refuses_unknown_ones() -> None:
    schema = scope_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    for name, part in [("ScopeFile", schema), *schema["$defs"].items()]:
        assert part["additionalProperties"] is False, name
        for key, about in part["properties"].items():
            assert about.get("description"), (name, key)
    assert MODELINE.endswith(SCHEMA_FILE)


def test_keys_of_the_schema_are_those_of_the_files() -> None:
    schema = scope_schema()
    assert set(schema["properties"]) == set(ScopeFile.model_fields)
    label = schema["$defs"]["FinancialLabel"]
    assert set(label["properties"]) == {"from", "to", "reason", "approver", "dependents"}
    assert set(label["required"]) == {"from", "reason", "approver"}


def test_the_starter_and_its_export_fit_the_schema() -> None:
    files = {name.split("/")[1]: text for name, text in starter().items() if name.startswith("scope/")}
    scope = read_scope({name: text.encode() for name, text in files.items()}, reporting_zone="UTC")
    for text in [*files.values(), *export(scope).values()]:
        top = read_yaml(text.encode(), folder="scope", file="a.yaml").top
        assert list(misfits(top, scope_schema(), scope_schema()["$defs"], "")) == []


def test_the_schema_marks_slips() -> None:
    slips = {
        "systems: [{id: a, layer: aplication}]": "systems/0/layer",
        "systems: [{id: a, layer: pipeline, ownr: p}]": "systems/0/ownr",
        "systems: [{id: a}]": "systems/0/layer",
        "systems: {}": "systems",
        "change_types: [{id: a, is_change: no}]": "change_types/0/is_change",
        "rosters: [{scope: '*', duty: release, person: p, from: 1.1.2026}]": "rosters/0/from",
    }
    for text, path in slips.items():
        top = read_yaml(text.encode(), folder="scope", file="a.yaml").top
        assert list(misfits(top, scope_schema(), scope_schema()["$defs"], "")) == [path]


def test_every_section_and_key_is_documented() -> None:
    text = FORMAT.read_text(encoding="utf-8")
    missing = [section for section in ScopeFile.model_fields if f"### {section}" not in text]
    for section, field in ScopeFile.model_fields.items():
        missing += [f"{section}.{key}" for key in keys_of(entry_type(field)) if f"`{key}`" not in text]
    assert missing == []


def test_the_example_in_the_documentation_loads() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", FORMAT.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert examples
    read_scope({f"{number}.yaml": text.encode() for number, text in enumerate(examples)}, reporting_zone="UTC")


def misfits(value: Any, schema: dict[str, Any], defs: dict[str, Any], path: str) -> Iterator[str]:
    """A small reader of the part of JSON Schema that the models use: type, enum, pattern, properties, items, anyOf."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        results = [list(misfits(value, option, defs, path)) for option in schema["anyOf"]]
        yield from min(results, key=len)
    elif isinstance(value, dict) and schema.get("type") == "object":
        for key in value.keys() - schema["properties"].keys() | set(schema.get("required", [])) - value.keys():
            yield f"{path}/{key}".lstrip("/")
        for key in value.keys() & schema["properties"].keys():
            yield from misfits(value[key], schema["properties"][key], defs, f"{path}/{key}".lstrip("/"))
    elif isinstance(value, list) and schema.get("type") == "array":
        for number, item in enumerate(value):
            yield from misfits(item, schema["items"], defs, f"{path}/{number}")
    elif not _is_scalar_of(value, schema):
        yield path


def _is_scalar_of(value: Any, schema: dict[str, Any]) -> bool:
    if not isinstance(value, str):
        return False
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "string" in kinds:
        return value in schema.get("enum", [value]) and bool(re.search(schema.get("pattern", ""), value))
    plain = isinstance(value, Plain)
    return plain and (("integer" in kinds and value.isdigit()) or ("boolean" in kinds and value in {"true", "false"}))
