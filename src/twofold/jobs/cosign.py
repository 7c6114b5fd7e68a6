"""The auditor as witness, on the auditor's own machine: a key, and cosignatures of checkpoints that came by file.

Nothing here needs a workspace or a network. What this witness saw last of each log is kept in a folder beside its key,
so that a checkpoint of a rewritten or shorter log is refused even when nobody thinks of the earlier one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from twofold.jobs.checkpoint import require_new
from twofold.jobs.passphrase import Ask, nobody, read_passphrase
from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.written_file import replace_file, write_new_file
from twofold.vault.signing.checkpoint import Checkpoint
from twofold.vault.signing.cosignature import cosign, follows, verify_cosignature
from twofold.vault.signing.keys import SigningKey, public_of_pem
from twofold.vault.signing.note import COSIGNATURE, NoteError, Verifier, is_key_name, parse_note, read_note
from twofold.vault.signing.signed_checkpoint import verify_checkpoint
from twofold.vault.tree.merkle import ProofError
from twofold.vault.tree.proof_lines import parse_proof

SEEN_SUFFIX = ".seen"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the auditor gives beside the checkpoint: the one cosigned before, and the proof from it, where needed."""

    checkpoint: Path | None = None
    proof: Path | None = None


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What the witness put its name to. `after` is the size of the checkpoint it followed from, None at the first."""

    checkpoint: Checkpoint
    witness: str
    at: datetime
    after: int | None
    note: str


def make_witness_key(into: Path, *, name: str, ask: Ask = nobody) -> str:
    """Make a witness key in the new file `into` and return its verifier key; UserError for a name that no key can have.

    name: such as auditor.example/soc2, without spaces and plus; it tells whose key it is, and is not proven.
    """
    require_new(into)
    if not is_key_name(name) or not name.isascii():
        expected = "such as auditor.example/ana: ASCII without spaces and plus"
        raise UserError(Problem("--name", f"{name!r} cannot name a key", expected))
    key = SigningKey.generate(name, kind=COSIGNATURE)
    write_new_file(into, key.to_pem(read_passphrase(ask)), mode=0o600)
    return key.vkey


def cosign_file(
    file: Path,
    *,
    key_file: Path,
    company_key: str,
    earlier: Earlier,
    into: Path,
    at: datetime,
    ask: Ask = nobody,
) -> Cosigned:
    """Cosign the checkpoint in `file` and write it with the cosignature to the new file `into`.

    (1) The company's key signed it. (2) It follows from the checkpoint that this witness cosigned last: the one kept
    beside the key, or `earlier.checkpoint`, whichever is bigger; `earlier.proof` is the proof from there. (3) It is
    cosigned, kept as the last one seen, and written. Raises UserError, before it signs, where (1) or (2) does not hold.

    company_key: a verifier key, or the path of a file with one, received apart from the checkpoint.
    """
    require_new(into)
    pem = _bytes(key_file)
    witness = public_of_pem(pem, where=str(key_file))
    if witness.kind != COSIGNATURE:
        raise UserError(Problem(str(key_file), "this is the key of a log", "a key of 'twofold witness key'"))
    note = _note(file)
    checkpoint = _signed_by_company(note, company_key, file)
    last = _last_seen(key_file, witness, checkpoint.origin, earlier.checkpoint)
    if last is not None:
        _require_growth(last, checkpoint, earlier.proof, file)
    key = SigningKey.from_pem(pem, read_passphrase(ask), where=str(key_file))
    cosigned = note + cosign(note, key, at)
    seen = _seen_file(key_file, checkpoint.origin)
    seen.parent.mkdir(mode=0o700, exist_ok=True)
    replace_file(seen, cosigned.encode())
    write_new_file(into, cosigned.encode())
    signed_at = datetime.fromtimestamp(int(at.timestamp()), UTC)
    return Cosigned(checkpoint, key.vkey, signed_at, None if last is None else last.size, cosigned)


def _signed_by_company(note: str, company_key: str, file: Path) -> Checkpoint:
    verifier = read_vkey(company_key, where="--company-key")
    try:
        return verify_checkpoint(note, verifier).checkpoint
    except ValueError as error:
        remedy = "do not cosign. Ask the company for a checkpoint that its key signed"
        raise UserError(Problem(str(file), str(error), f"a checkpoint signed by {verifier.name}", remedy)) from error


def read_vkey(given: str, *, where: str) -> Verifier:
    """Read a verifier key, or the file that is named; raises UserError, which names `where`."""
    text = given.strip()
    try:
        return Verifier.parse(text)
    except NoteError as error:
        fault = str(error)
    try:
        return Verifier.parse(Path(text).read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        if isinstance(error, PermissionError):
            fault = f"the file {text!r} cannot be read ({error.strerror})"
        remedy = "ask for it apart from the checkpoint: 'twofold key export', 'twofold witness key'"
        raise UserError(Problem(where, fault, "a verifier key, or a file with one", remedy)) from error


def _last_seen(key_file: Path, witness: Verifier, origin: str, previous: Path | None) -> Checkpoint | None:
    """Return the biggest checkpoint of this log that the witness cosigned before; raises UserError for a wrong one."""
    kept = _seen_file(key_file, origin)
    found = [_own(path, witness) for path in (kept if kept.exists() else None, previous) if path is not None]
    return max(found, key=lambda checkpoint: checkpoint.size, default=None)


def _own(path: Path, witness: Verifier) -> Checkpoint:
    note = _note(path)
    try:
        verify_cosignature(note, witness)
        return Checkpoint.parse(parse_note(note).text)
    except ValueError as error:
        expected = "a checkpoint that this key cosigned"
        raise UserError(Problem(str(path), str(error), expected, "give the file that you kept")) from error


def _require_growth(last: Checkpoint, checkpoint: Checkpoint, proof: Path | None, file: Path) -> None:
    if proof is None and last.size < checkpoint.size and last.origin == checkpoint.origin:
        command = f"twofold witness proof --from {last.size} --to {checkpoint.size} --into growth.proof"
        expected = "a proof that the log only grew since then"
        found = f"you cosigned this log before, at {last.size} entries"
        raise UserError(Problem("--proof", found, expected, f"ask the company for the file of '{command}'"))
    try:
        hashes = [] if proof is None else parse_proof(_bytes(proof).decode(errors="replace"))
        follows(last, checkpoint, hashes)
    except ProofError as error:
        remedy = "do not cosign: unless the proof is of other sizes, the log was rewritten"
        expected = f"a log that holds unchanged the {last.size} entries that you cosigned"
        raise UserError(Problem(str(proof or file), str(error), expected, remedy)) from error


def _seen_file(key_file: Path, origin: str) -> Path:
    name = f"{sha256(origin.encode()).hexdigest()[:16]}.checkpoint"
    return key_file.with_name(key_file.name + SEEN_SUFFIX) / name


def _note(path: Path) -> str:
    try:
        return read_note(_bytes(path))
    except NoteError as error:
        remedy = "ask for the file of 'twofold checkpoint' again"
        raise UserError(Problem(str(path), str(error), "a checkpoint file", remedy)) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        found = f"cannot be read ({error.strerror or error})"
        raise UserError(Problem(str(path), found, "a file that you may read", "check the path")) from error
