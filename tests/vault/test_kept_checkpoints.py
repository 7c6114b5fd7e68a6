"""Checkpoints that were given out, what came back for them, and the queue of timestamps: on both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twofold.model.problem import UserError
from twofold.vault.database.database import Database, create_database
from twofold.vault.kept_checkpoints import keep_checkpoint, keep_cosignature, kept_checkpoints
from twofold.vault.timestamps.timestamp_queue import (
    LONGEST_WAIT,
    TimestampState,
    queue_timestamp,
    record_answer,
    record_fault,
    record_judgement,
    timestamp_rows,
)

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    file = tmp_path / "log.sqlite3"
    made = create_database(file if request.param == "sqlite" else str(request.getfixturevalue("postgres_location")))
    yield made
    made.close()


def test_checkpoints_are_kept_once_with_what_came_back(database: Database) -> None:
    for size, note in ((3, "three\n"), (12, "twelve\n"), (3, "three\n")):
        keep_checkpoint(database, size=size, note=note, at=AT)
    for line in ("— b\n", "— a\n", "— a\n"):
        keep_cosignature(database, size=3, line=line, at=AT)

    first, second = kept_checkpoints(database)
    assert (first.size, first.cosigned, first.made_at) == (3, "three\n— a\n— b\n", AT)
    assert (second.size, second.cosignatures) == (12, ())
    assert kept_checkpoints(database, size=12) == [second]


def test_a_kept_checkpoint_is_neither_changed_nor_deleted(database: Database) -> None:
    keep_checkpoint(database, size=3, note="three\n", at=AT)
    for statement in ("UPDATE checkpoint SET note = 'x'", "DELETE FROM checkpoint"):
        with pytest.raises(UserError):
            database.execute(statement)
    assert [each.note for each in kept_checkpoints(database)] == ["three\n"]


def test_the_queue_waits_longer_each_time_and_keeps_every_answer(database: Database) -> None:
    queue_timestamp(database, size=3, note="three\n", authority="http://a", request=b"request", at=AT)
    assert timestamp_rows(database)[0].next_try_at == AT
    waits = []
    for _ in range(30):
        record_fault(database, timestamp_rows(database)[0], problem="away", permanent=False, at=AT)
        waits.append(timestamp_rows(database)[0].next_try_at - AT)
    assert waits[:3] == [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]
    assert waits[-1] == LONGEST_WAIT

    row = timestamp_rows(database)[0]
    record_judgement(database, row, problem="")
    assert timestamp_rows(database)[0].state == TimestampState.WAITING
    record_answer(database, row, response=b"answer", problem="wrong nonce")
    record_answer(database, row, response=b"another", problem="")
    record_fault(database, row, problem="late", permanent=True, at=AT)
    kept = timestamp_rows(database)[0]
    assert (kept.response, kept.state, kept.problem) == (b"answer", TimestampState.UNTRUSTED, "wrong nonce")

    record_judgement(database, kept, problem="")
    assert timestamp_rows(database)[0].state == TimestampState.TRUSTED
