"""From captured files to what a person reads of an old look at a setting, on the command line."""

from pathlib import Path

import orjson

from .conftest import Call, export_entry

TABLES = {
    "setting_standard": "scope,setting,topic,comparison,value,valid_from,valid_to\n"
    "product,password_min_length,password,at_least,12,2020-01-01,\n",
    "setting_state": "system,object,setting,value,observed_at\n"
    "product,default,password_min_length,14,2021-05-10T08:00:00Z\n",
    "setting_event": "id,system,object,setting,new_value,occurred_at\n",
}


def settings_tested(call: Call, applied: Path, tmp_path: Path) -> None:
    """Capture the settings and test them."""
    folder = tmp_path / "settings"
    folder.mkdir()
    entries = []
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        entries.append(export_entry(f"{name}.csv", name, text.count("\n") - 1))
    (folder / "exports.toml").write_text("".join(entries).replace("2025-12-01", "2020-01-01"), encoding="utf-8")
    assert call("capture", folder, "-w", applied).code == 0
    assert call("test", "T-07", "-w", applied).code == 0


def test_a_judgement_names_the_benchmark_that_it_rests_on_and_doubts_its_age(
    call: Call, applied: Path, tmp_path: Path
) -> None:
    settings_tested(call, applied, tmp_path)
    shown = " ".join(call("judge", "soc2-2026", "-w", applied).out.split())
    configuration = "product/default/password_min_length"
    assert (
        f"look: T-07: {configuration}: looked at on 2021-05-10 08:00 UTC, before the period (benchmark); the log of "
        "changes shows no gap and no change from then to 2026-07-01 00:00 UTC look: a look is carried while changes "
        "are controlled:"
    ) in shown
    assert (
        f"open: T-07: {configuration} rests on a look of 2021-05-10, older than 3 years on 2026-07-01: look again or "
        "agree with your auditor"
    ) in shown
    (judged,) = orjson.loads(call("judge", "soc2-2026", "--json", "-w", applied).out)
    (control,) = (each for each in judged["controls"] if each["control_id"] == "AC-07")
    assert (judged["benchmark_years"], control["results"][0]["looks"]["older"]) == (3, 1)


REDACTION = """
reason = "Names of policies are not needed."
decided_by = "p-0001"
[[withhold]]
control_test = "T-07"
table = "population"
columns = ["configuration"]
"""


def test_a_package_that_withholds_a_configuration_is_refused_where_its_look_names_it(
    call: Call, applied: Path, tmp_path: Path
) -> None:
    settings_tested(call, applied, tmp_path)
    assert call("judge", "-w", applied).code == 0
    redaction = tmp_path / "redact.toml"
    redaction.write_text(REDACTION)
    said = call("package", "--into", tmp_path / "part", "--redact", redaction, "-w", applied)
    assert said.code == 2
    assert "engagements/soc2-2026/judgement.json: " in said.err
    assert not (tmp_path / "part").exists()
