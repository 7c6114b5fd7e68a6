from pathlib import Path

import pytest

from twofold.model.problem import UserError
from twofold.scope.settings import load_settings, read_settings

GOOD = '[company]\nname = "Acme"\nreporting_zone = "Europe/Berlin"\n'


def test_settings_are_read(tmp_path: Path) -> None:
    more = "[sources]\nticket_key = 'A-[0-9]+'\n[sources.zones]\nhr = \"UTC\"\n"
    (tmp_path / "twofold.toml").write_text(GOOD + more)
    settings = load_settings(tmp_path)
    assert (settings.company, settings.reporting_zone) == ("Acme", "Europe/Berlin")
    assert (settings.ticket_key, settings.source_zones) == ("A-[0-9]+", {"hr": "UTC"})


FAULTS = [
    (GOOD.replace("Berlin", "Berln"), "twofold.toml:3", "unknown time zone 'Europe/Berln'", "'Europe/Berlin'"),
    (GOOD.replace("name", "nmae"), "twofold.toml:2", "unknown key 'nmae'", "'name'"),
    (GOOD.replace('"Acme"', "3"), "twofold.toml:2", "'name' is no text", "[company]"),
    (GOOD.replace('"Acme"', '" "'), "twofold.toml:2", "'name' is no text", "[company]"),
    ('[company]\nname = "A"\n', "twofold.toml:1", "'reporting_zone' is missing", "[company]"),
    (GOOD + "[sorces]\n", "twofold.toml:4", "unknown key 'sorces'", "'sources'"),
    (GOOD + "[sources]\nticket_key = '('\n", "twofold.toml:5", "no regular expression", "correct"),
    (GOOD + "[sources]\nticket_key = 1\n", "twofold.toml:5", "no text", "quotes"),
    (GOOD + '[sources]\nzones = "UTC"\n', "twofold.toml:5", "'zones' is no table", ""),
    (GOOD + '[sources.zones]\nhr = "X/Y"\n', "twofold.toml:5", "unknown time zone 'X/Y'", ""),
    ("company = 3\n", "twofold.toml:1", "'company' is no table", ""),
    ("[company\n", "twofold.toml:1:9", "this is not TOML", "correct"),
    ("", "twofold.toml", "'name' is missing", "[company]"),
]


@pytest.mark.parametrize(("text", "where", "found", "remedy"), FAULTS, ids=range(len(FAULTS)))
def test_faults_have_a_line(text: str, where: str, found: str, remedy: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings(text.encode())
    hits = [problem for problem in caught.value.problems if problem.where == where and found in problem.found]
    assert hits, str(caught.value)
    assert remedy in hits[0].remedy


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no workspace here"):
        load_settings(tmp_path)
    with pytest.raises(UserError, match=r"twofold.toml:2: not UTF-8"):
        read_settings(b"[company]\nname = '\xff'\n")
