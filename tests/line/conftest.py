"""The demonstration, made once for all tests of the line, whatever process they run in. It is read, never changed."""

import fcntl
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from twofold.jobs.demo import Demonstration, demonstrate
from twofold.vault.signing import keys

SEED, CHANGES = 7, 600
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def _fast_keys() -> Iterator[None]:
    """Make keys that are fast to open, since none of them guards anything."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(keys, "ROUNDS", 1_000)
        yield


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demonstration:
    """Make the demonstration, or wait for the process that makes it."""
    base = tmp_path_factory.getbasetemp()
    folder = base if worker_id == "master" else base.parent
    with (folder / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = folder / "demonstration.pickle"
        if not told.exists():
            done = demonstrate(folder / "demonstration", seed=SEED, changes=CHANGES, actor="demo", at=AT)
            told.write_bytes(pickle.dumps(done))
        found: Demonstration = pickle.loads(told.read_bytes())  # noqa: S301  written here
        return found
