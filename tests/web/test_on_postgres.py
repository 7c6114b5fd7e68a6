"""The site's own database in PostgreSQL: the same tests again, in a process of their own whose workspace names it.

`TWOFOLD_EVERY_SITE_TEST=1` runs all of tests/web so, which takes minutes; else those of the acts that programs do.
"""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from twofold.model.problem import UserError
from twofold.records.site_place import site_location
from twofold.scope.settings import read_settings

from .conftest import SITE_PLACE

HERE = Path(__file__).parent
EVERY = sorted(HERE.glob("test_*.py")) if os.environ.get("TWOFOLD_EVERY_SITE_TEST") else [HERE / "test_api_acts.py"]
COMPANY = '[company]\nname = "Acme"\nreporting_zone = "UTC"\n'


def test_the_site_works_on_postgres(postgres_url: str) -> None:
    import psycopg  # noqa: PLC0415

    schema = f"site_{uuid.uuid4().hex[:8]}"
    wanted = [str(path) for path in EVERY if path != Path(__file__)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *wanted],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, SITE_PLACE: f"{postgres_url}&schema={schema}"},
    )
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    with psycopg.connect(postgres_url) as connection:
        query = "SELECT count(*) FROM pg_tables WHERE schemaname = %s"
        (tables,) = connection.execute(query, [schema]).fetchone() or (0,)
        assert tables > 20
        # What was done stands in the log of the workspace; the schema has the accounts of the tests.
        found = connection.execute(f"SELECT count(*) FROM {schema}.accounts_member").fetchone()  # noqa: S608
        assert found == (6,)


def test_where_the_site_keeps_its_database() -> None:
    log = 'database = "postgresql://app@db/evidence?schema=acme"\n'
    for storage, place in (
        ("", "None"),
        (f"[storage]\n{log}", "postgresql://app@db/evidence schema acme_site"),
        (f'[storage]\n{log}site = "here"\n', "None"),
        ('[storage]\nsite = "postgresql://app@db/other?schema=site"\n', "postgresql://app@db/other schema site"),
    ):
        assert str(site_location(read_settings((COMPANY + storage).encode()))) == place
    for wrong, words in (
        ('site = "postgresql://app:secret@db/x?schema=s"\n', "holds a password"),
        ('site = "mysql://db/x"\n', "does not begin with postgresql://"),
        (log + log.replace("database", "site"), "names the schema of the log"),
    ):
        with pytest.raises(UserError) as told:
            read_settings((f"{COMPANY}[storage]\n{wrong}").encode())
        assert words in str(told.value)
        assert "secret" not in str(told.value)
