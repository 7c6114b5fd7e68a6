"""The whole way of a cosignature: company, auditor, company; and what each side refuses."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twofold.jobs.checkpoint import write_checkpoint
from twofold.jobs.cosign import Cosigned, Earlier, cosign_file, make_witness_key
from twofold.jobs.init import make_workspace
from twofold.jobs.scope import apply_scope
from twofold.jobs.signing_key import NewKey, rotate_key, show_key, signing_key
from twofold.jobs.witness import Accepted, Phase, accept_cosignature, write_proof
from twofold.model.problem import UserError
from twofold.records.workspace import Workspace
from twofold.vault.kept_checkpoints import kept_checkpoints
from twofold.vault.signing import keys
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.note import Verifier
from twofold.vault.signing.signed_checkpoint import signed_checkpoint, verify_checkpoint

AT = datetime(2026, 7, 15, 6, tzinfo=UTC)
PASSPHRASE = "a passphrase of tests"  # noqa: S105  of keys made here
FILES = {
    "twofold.toml": b'[company]\nname = "Acme Inc."\nreporting_zone = "UTC"\n',
    "scope/a.yaml": b"engagements: [{id: sox, lens: sox, starts_on: 2026-01-01, ends_on: 2026-06-30}]\n",
}


@pytest.fixture(autouse=True)
def _fast_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "ROUNDS", 1_000)
    monkeypatch.setenv("TWOFOLD_KEY_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Workspace]:
    make_workspace(tmp_path / "acme", FILES, key=NewKey(PASSPHRASE), actor="p-0001", at=AT)
    with Workspace.open(tmp_path / "acme") as workspace:
        apply_scope(workspace, reason="first", actor="p-0001", at=AT)
        yield workspace


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """The auditor's machine: a folder with a witness key, and nothing of the company's."""
    (tmp_path / "desk").mkdir()
    vkey = make_witness_key(tmp_path / "desk" / "witness.pem", name="auditor.example/ana")
    (tmp_path / "desk" / "witness.vkey").write_text(f"{vkey}\n", encoding="utf-8")
    return tmp_path / "desk"


def send(company: Workspace, desk: Path, name: str) -> Path:
    """Let the company sign and send a checkpoint, with its key on another way."""
    write_checkpoint(company, signing_key(company), into=desk / name, at=AT)
    (desk / "acme.vkey").write_text(f"{show_key(company).current}\n", encoding="utf-8")
    return desk / name


def act(company: Workspace) -> None:
    company.vault.append("login", body={"engagements": [], "method": "x", "organisation": "y"}, actor="a", at=AT)


def cosigned(desk: Path, name: str, *, earlier: Earlier | None = None, key: str = "acme.vkey") -> Cosigned:
    return cosign_file(
        desk / name,
        key_file=desk / "witness.pem",
        company_key=str(desk / key) if (desk / key).exists() else key,
        earlier=earlier or Earlier(),
        into=desk / f"{name}.cosigned",
        at=AT,
    )


def counting(file: Path, size: int) -> str:
    """Return a checkpoint with another size in its second line."""
    lines = file.read_text(encoding="utf-8").split("\n")
    return "\n".join([lines[0], str(size), *lines[2:]])


def accepted(company: Workspace, file: Path, *, phase: Phase, vkey: str | None = None) -> Accepted:
    return accept_cosignature(
        company, file, engagement="sox", phase=phase, witness_key=vkey, actor="p-0001", at=AT + timedelta(minutes=1)
    )


def grown(company: Workspace, desk: Path, old: int, new: int) -> Path:
    path = desk / f"{old}-{new}.proof"
    write_proof(company, old_size=old, size=new, into=path)
    return path


def test_start_and_end_of_fieldwork_are_witnessed(company: Workspace, desk: Path) -> None:
    send(company, desk, "start")
    first = cosigned(desk, "start")
    start = accepted(company, desk / "start.cosigned", phase=Phase.START, vkey=str(desk / "witness.vkey"))
    rotate_key(company, actor="p-0001", at=AT)
    act(company)
    send(company, desk, "end")
    second = cosigned(desk, "end", earlier=Earlier(proof=grown(company, desk, start.size, company.vault.size)))
    end = accepted(company, desk / "end.cosigned", phase=Phase.END)

    assert (first.after, second.after) == (None, start.size)
    assert end.size == second.checkpoint.size > start.size
    witness = Verifier.parse((desk / "witness.vkey").read_text(encoding="utf-8").strip())
    entries = list(company.vault.entries(kind="witness"))
    assert [(entry.body["phase"], entry.body["size"], entry.body["witness"]) for entry in entries] == [
        ("start", start.size, witness.vkey),
        ("end", end.size, witness.vkey),
    ]
    kept = kept_checkpoints(company.vault.log.database)
    assert [len(each.cosignatures) for each in kept] == [1, 1]
    for each, (vkey, _) in zip(kept, show_key(company).terms, strict=True):
        signed = verify_checkpoint(each.cosigned, Verifier.parse(vkey), others=[witness])
        assert len(signed.signed.verified) == 2


def test_the_auditor_needs_the_company_only_for_files(company: Workspace, desk: Path) -> None:
    send(company, desk, "start")
    shutil.rmtree(company.root)
    assert cosigned(desk, "start").checkpoint.origin == company.vault.origin


def test_a_checkpoint_of_another_key_is_not_cosigned(company: Workspace, desk: Path) -> None:
    send(company, desk, "start")
    other = make_witness_key(desk / "other.pem", name="someone.example/x")
    for key in (other, "nonsense"):
        with pytest.raises(UserError):
            cosigned(desk, "start", key=key)
    (desk / "start").write_text(counting(desk / "start", 77), encoding="utf-8")
    with pytest.raises(UserError, match="does not belong to this text"):
        cosigned(desk, "start")
    assert not (desk / "start.cosigned").exists()


def test_from_the_second_time_on_a_proof_is_asked_for(company: Workspace, desk: Path) -> None:
    send(company, desk, "start")
    size = cosigned(desk, "start").checkpoint.size
    act(company)
    send(company, desk, "end")
    with pytest.raises(UserError, match=f"twofold witness proof --from {size} --to {size + 2} --into"):
        cosigned(desk, "end")
    act(company)
    with pytest.raises(UserError, match="do not cosign"):
        cosigned(desk, "end", earlier=Earlier(proof=grown(company, desk, size - 1, size + 2)))
    assert not (desk / "end.cosigned").exists()
    assert cosigned(desk, "end", earlier=Earlier(proof=grown(company, desk, size, size + 2))).after == size


def test_a_rewritten_history_is_not_cosigned(company: Workspace, desk: Path, tmp_path: Path) -> None:
    shutil.copytree(company.root, tmp_path / "copy")
    act(company)
    send(company, desk, "start")
    cosigned(desk, "start")
    with Workspace.open(tmp_path / "copy") as forged:
        send(forged, desk, "shorter")
        with pytest.raises(UserError, match="the log has shrunk"):
            cosigned(desk, "shorter")
        send(forged, desk, "other")
        with pytest.raises(UserError, match="the roots of one tree differ"):
            cosigned(desk, "other")
        forged.vault.append("login", body={"engagements": [], "method": "z", "organisation": ""}, actor="b", at=AT)
        send(forged, desk, "longer")
        size = forged.vault.size
        with pytest.raises(UserError, match="leads to another"):
            cosigned(desk, "longer", earlier=Earlier(proof=grown(forged, desk, size - 2, size)))


def test_the_earlier_checkpoint_may_come_from_a_file(company: Workspace, desk: Path) -> None:
    send(company, desk, "start")
    size = cosigned(desk, "start").checkpoint.size
    shutil.rmtree(desk / "witness.pem.seen")
    act(company)
    send(company, desk, "end")
    earlier = Earlier(desk / "start.cosigned", grown(company, desk, size, size + 2))
    assert cosigned(desk, "end", earlier=earlier).after == size
    with pytest.raises(UserError, match="a checkpoint that this key cosigned"):
        cosign_file(
            desk / "end",
            key_file=desk / "witness.pem",
            company_key=str(desk / "acme.vkey"),
            earlier=Earlier(desk / "end"),
            into=desk / "x",
            at=AT,
        )


def test_the_company_takes_only_what_is_of_its_log(company: Workspace, desk: Path) -> None:
    send(company, desk, "start")
    cosigned(desk, "start")
    file, vkey = desk / "start.cosigned", (desk / "witness.vkey").read_text(encoding="utf-8")

    with pytest.raises(UserError, match="no witness was named for sox"):
        accepted(company, file, phase=Phase.START)
    with pytest.raises(UserError, match="'soc' is not in scope"):
        accept_cosignature(company, file, engagement="soc", phase=Phase.START, witness_key=vkey, actor="p-0001", at=AT)
    with pytest.raises(UserError, match="no signature of a known key"):
        accepted(company, desk / "start", phase=Phase.START, vkey=vkey)
    with pytest.raises(UserError, match="in the future"):
        accept_cosignature(
            company,
            file,
            engagement="sox",
            phase=Phase.START,
            witness_key=vkey,
            actor="p-0001",
            at=AT - timedelta(hours=1),
        )
    stranger = make_witness_key(desk / "other.pem", name="someone.example/x")
    with pytest.raises(UserError, match="no signature of a known key"):
        accepted(company, file, phase=Phase.START, vkey=stranger)
    (desk / "changed").write_text(counting(file, 99), encoding="utf-8")
    with pytest.raises(UserError, match="it counts 99 entries"):
        accepted(company, desk / "changed", phase=Phase.START, vkey=vkey)
    made_up = Checkpoint(company.vault.origin, company.vault.size, bytes(32))
    (desk / "forged").write_text(signed_checkpoint(made_up, signing_key(company)), encoding="utf-8")
    shutil.rmtree(desk / "witness.pem.seen")
    cosigned(desk, "forged")
    with pytest.raises(UserError, match="its root is not that of the first"):
        accepted(company, desk / "forged.cosigned", phase=Phase.START, vkey=vkey)
    assert list(company.vault.entries(kind="witness")) == []

    accepted(company, file, phase=Phase.START, vkey=vkey)
    with pytest.raises(UserError, match="accepted before"):
        accepted(company, file, phase=Phase.START)


def test_sizes_that_the_log_never_had_have_no_proof(company: Workspace, tmp_path: Path) -> None:
    for old, new in ((0, 1), (2, 1), (1, 99)):
        with pytest.raises(UserError, match=f"1 to {company.vault.size}, --from not above --to"):
            write_proof(company, old_size=old, size=new, into=tmp_path / "p")
    assert write_proof(company, old_size=2, size=2, into=tmp_path / "p") == 0


def test_a_key_needs_a_name_that_stands_in_a_signature(tmp_path: Path) -> None:
    for name in ("", "Ana Smith", "a+b", "é"):
        with pytest.raises(UserError, match="cannot name a key"):
            make_witness_key(tmp_path / "w.pem", name=name)
    assert list(tmp_path.iterdir()) == []
