"""Timestamps as a company meets them: an authority that goes away and comes back, and answers that are wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twofold.jobs.checkpoint import make_checkpoint
from twofold.jobs.init import make_workspace
from twofold.jobs.signing_key import NewKey, signing_key
from twofold.jobs.timestamp import Timestamp, list_timestamps, send_timestamps
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.vault.signing import keys
from twofold.vault.timestamps.timestamp_queue import TimestampState

from ..vault.authority import Authority, make_authority, served

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
PASSPHRASE = "a passphrase of tests"  # noqa: S105  of keys made here
SETTINGS = '[company]\nname = "Acme Inc."\nreporting_zone = "UTC"\n'


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = make_authority(tmp_path / "authority")
    with served(made):
        return made  # the address is known from here on, and nobody answers there


@pytest.fixture
def company(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setattr(keys, "ROUNDS", 1_000)
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", PASSPHRASE)
    settings = f'{SETTINGS}[timestamps]\nauthority = "{authority.url}"\nchain = "tsa.pem"\n'
    files = {"twofold.toml": settings.encode(), "tsa.pem": authority.chain}
    make_workspace(tmp_path / "acme", files, key=NewKey(PASSPHRASE), actor="p-0001", at=AT)
    with Workspace.open(tmp_path / "acme") as workspace:
        yield workspace


def checkpoint(company: Workspace) -> None:
    assert make_checkpoint(company, signing_key(company), at=AT).timestamp_queued


def states(found: list[Timestamp]) -> list[str]:
    return [each.row.state.value for each in found]


def test_an_authority_that_is_away_is_asked_again_when_the_time_comes(company: Workspace, authority: Authority) -> None:
    checkpoint(company)
    [away] = send_timestamps(company, at=AT)
    assert (away.row.state, away.row.attempts) == (TimestampState.WAITING, 1)
    assert "cannot be reached" in away.row.problem

    with served(authority, port=authority.port):
        [early] = send_timestamps(company, at=AT + timedelta(minutes=1))
        assert (early.row.attempts, authority.asked) == (1, [])
        [dated] = send_timestamps(company, at=AT + timedelta(minutes=3))
    assert (dated.row.state, dated.row.problem) == (TimestampState.TRUSTED, "")
    assert dated.at is not None
    assert authority.asked == [away.row.request]
    assert states(send_timestamps(company, at=AT + timedelta(days=9))) == ["trusted"]


def test_a_refusal_is_not_repeated_until_it_is_asked_for(company: Workspace, authority: Authority) -> None:
    checkpoint(company)
    authority.status = 404
    with served(authority, port=authority.port):
        assert states(send_timestamps(company, at=AT)) == ["refused"]
        assert states(send_timestamps(company, at=AT + timedelta(days=9))) == ["refused"]
        authority.status = 200
        assert states(send_timestamps(company, at=AT, everything=True)) == ["trusted"]


def test_a_wrong_answer_is_kept_and_the_checkpoint_asked_for_anew(company: Workspace, authority: Authority) -> None:
    checkpoint(company)
    authority.answer = b"not an answer"
    with served(authority, port=authority.port):
        [wrong] = send_timestamps(company, at=AT)
        assert (wrong.row.state, wrong.row.response) == (TimestampState.UNTRUSTED, b"not an answer")
        authority.answer = None
        found = send_timestamps(company, at=AT, everything=True)
    assert states(found) == ["untrusted", "trusted"]
    assert found[0].row.response == b"not an answer"


def test_an_answer_is_judged_again_when_the_certificates_were_the_wrong_ones(
    company: Workspace, authority: Authority, tmp_path: Path
) -> None:
    checkpoint(company)
    (company.root / "tsa.pem").write_bytes(make_authority(tmp_path / "stranger").chain)
    with served(authority, port=authority.port):
        assert states(send_timestamps(company, at=AT)) == ["untrusted"]
    (company.root / "tsa.pem").write_bytes(authority.chain)
    assert states(send_timestamps(company, at=AT, everything=True)) == ["trusted"]
    assert len(authority.asked) == 1


def test_settings_without_an_authority_or_its_certificates_are_told(company: Workspace) -> None:
    checkpoint(company)
    (company.root / "tsa.pem").unlink()
    with pytest.raises(UserError, match="no certificates can be read here"):
        send_timestamps(company, at=AT)
    (company.root / "twofold.toml").write_text(SETTINGS, encoding="utf-8")
    with Workspace.open(company.root) as without:
        assert not make_checkpoint(without, signing_key(without), at=AT).timestamp_queued
        assert states(list_timestamps(without)) == ["waiting"]
        with pytest.raises(UserError, match="no timestamp authority is named"):
            send_timestamps(without, at=AT)
