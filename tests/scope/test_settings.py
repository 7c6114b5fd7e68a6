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


def test_an_authority_comes_with_its_certificates() -> None:
    table = '[timestamps]\nauthority = "http://tsa.example:8080/tsr"\nchain = "tsa.pem"\n'
    settings = read_settings((GOOD + table).encode())
    assert (settings.timestamp_authority, settings.timestamp_chain) == ("http://tsa.example:8080/tsr", "tsa.pem")
    assert read_settings(GOOD.encode()).timestamp_authority == ""


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
    (GOOD + '[timestamps]\nauthority = "https://a"\n', "twofold.toml:4", "'chain' is missing", "[timestamps]"),
    (GOOD + '[timestamps]\nchain = "a.pem"\n', "twofold.toml:4", "'authority' is missing", "[timestamps]"),
    (GOOD + '[timestamps]\nauthority = "tsa"\nchain = "a"\n', "twofold.toml:5", "'tsa' is no address", ""),
    (GOOD + '[timestamps]\nauthority = "https://u:p@a"\nchain = "a"\n', "twofold.toml:5", "is no address", ""),
    ("timestamps = 3\n" + GOOD, "twofold.toml:1", "'timestamps' is no table", ""),
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


RETENTION_FAULTS = [
    ("sox_relied_years = 6", "'sox_relied_years' = 6 is fewer than 7", "raise it"),
    ("other_years = 0", "'other_years' is no number of years", "whole years"),
    ("other_years = true", "'other_years' is no number of years", "whole years"),
    ("other_years = 1000", "'other_years' is no number of years", "whole years"),
    ("othr_years = 3", "unknown key 'othr_years'", "'other_years'"),
]


@pytest.mark.parametrize(("line", "found", "remedy"), RETENTION_FAULTS, ids=range(len(RETENTION_FAULTS)))
def test_faults_of_retention_have_a_line(line: str, found: str, remedy: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings(f"{GOOD}[retention]\n{line}\n".encode())
    (problem,) = caught.value.problems
    assert problem.where == "twofold.toml:5"
    assert found in problem.found
    assert remedy in problem.remedy


def test_years_of_retention_are_read() -> None:
    text = f"{GOOD}[retention]\nsox_relied_years = 10\nother_years = 2\n"
    assert read_settings(text.encode()).retention_years == {"sox_relied": 10, "other": 2}
    with pytest.raises(UserError, match="'retention' is no table"):
        read_settings(f"retention = 3\n{GOOD}".encode())


STORAGE_FAULTS = [
    ("database = 3", "'database' is no text", "correct it"),
    ('database = ""', "'database' is no text", "delete it"),
    ('database = "postgresql://ada:secret@db/books"', "it holds a password", "correct it"),
    ('database = "mysql://db/books"', "does not begin with postgresql://", "correct it"),
    ("blobs = true", "'blobs' is no text", "correct it"),
    ('blob = "/srv"', "unknown key 'blob'", "'blobs'"),
]


@pytest.mark.parametrize(("line", "found", "remedy"), STORAGE_FAULTS, ids=range(len(STORAGE_FAULTS)))
def test_faults_of_storage_have_a_line_and_show_no_password(line: str, found: str, remedy: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings(f"{GOOD}[storage]\n{line}\n".encode())
    (problem,) = caught.value.problems
    assert problem.where == "twofold.toml:5"
    assert found in problem.found
    assert remedy in problem.remedy
    assert "secret" not in str(problem)


ENGINE_FAULTS = [
    ("spark = 3", "'spark' is no address", "correct it"),
    ('spark = "http://host:15002"', "'spark' is no address", "delete [engine]"),
    ('spark = "sc://ada:hunter2@host"', "'spark' is no address", "correct it"),
    ('spark = "sc://host:15002/;token=hunter2"', "'spark' holds a token", "SPARK_CONNECT_AUTHENTICATE_TOKEN"),
    ('sparc = "sc://host"', "unknown key 'sparc'", "'spark'"),
]


@pytest.mark.parametrize(("line", "found", "remedy"), ENGINE_FAULTS, ids=range(len(ENGINE_FAULTS)))
def test_faults_of_the_engine_have_a_line_and_show_no_token(line: str, found: str, remedy: str) -> None:
    with pytest.raises(UserError) as caught:
        read_settings(f"{GOOD}[engine]\n{line}\n".encode())
    problem = next(each for each in caught.value.problems if found in each.found)
    assert problem.where == "twofold.toml:5"
    assert remedy in problem.remedy
    assert "hunter2" not in str(problem)


def test_the_engine_is_read() -> None:
    spark = "sc://spark.example:15002/;use_ssl=true"
    settings = read_settings(f'{GOOD}[engine]\nspark = "{spark}"\nreads_files = true\n'.encode())
    assert (settings.spark, settings.spark_reads_files) == (spark, True)
    assert (read_settings(GOOD.encode()).spark, read_settings(GOOD.encode()).spark_reads_files) == ("", False)
    with pytest.raises(UserError, match="'engine' is no table"):
        read_settings(f"engine = 3\n{GOOD}".encode())
    with pytest.raises(UserError, match="'spark' is missing"):
        read_settings(f"{GOOD}[engine]\nreads_files = true\n".encode())
    with pytest.raises(UserError, match="neither true nor false"):
        read_settings(f'{GOOD}[engine]\nspark = "sc://h"\nreads_files = "yes"\n'.encode())


def test_places_of_log_and_bytes_are_read() -> None:
    url = "postgresql://ada@db/books?schema=acme"
    settings = read_settings(f'{GOOD}[storage]\ndatabase = "{url}"\nblobs = "/srv/evidence"\n'.encode())
    assert (settings.database, settings.blobs) == (url, "/srv/evidence")
    assert (read_settings(GOOD.encode()).database, read_settings(GOOD.encode()).blobs) == ("", "")
    with pytest.raises(UserError, match="'storage' is no table"):
        read_settings(f"storage = 3\n{GOOD}".encode())
