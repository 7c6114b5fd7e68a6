"""Opens the blob store that a setting names: a folder, or a bucket of an S3-compatible service.

""                                     the folder beside the log
/srv/evidence                          another folder, as an absolute path
s3://bucket/prefix?endpoint=…&region=… a bucket with versioning and Object Lock (docs/howto/keep-evidence-on-s3.md)

Credentials are never part of it. The packages for S3 are loaded only when a bucket is named.
"""

import importlib
from pathlib import Path

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.blobs import BlobStore
from twofold.vault.blobs.folder_blobs import FolderBlobs

S3_SCHEME = "s3://"
_EXTRA = frozenset({"boto3", "botocore", "obstore"})


def create_blobs(location: str, *, folder: Path, cache: Path) -> BlobStore:
    """Make an empty store; raises UserError where something lies already, or where none can be made.

    folder: where "" puts it. cache: folder for copies of what lies elsewhere; it is made when it is needed.
    """
    if location.startswith(S3_SCHEME):
        return _s3(location, cache, new=True)
    path = _folder_of(location, folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        remedy = "name another folder"
        raise UserError(Problem(str(path), "something lies there already", "an empty folder, or none", remedy))
    try:
        return FolderBlobs.create(path)
    except OSError as error:
        found = f"no folder for captured bytes could be made here ({error.strerror or error})"
        raise UserError(Problem(str(path), found, "a folder that you may write to")) from error


def open_blobs(location: str, *, folder: Path, cache: Path) -> BlobStore:
    """Open the store that is there; raises UserError where there is none, or where it cannot be reached."""
    if location.startswith(S3_SCHEME):
        return _s3(location, cache, new=False)
    path = _folder_of(location, folder)
    if not path.is_dir():
        found = "the folder of captured bytes is missing"
        raise UserError(
            Problem(str(path), found, "the folder that the vault was made with", "restore it from a backup")
        )
    return FolderBlobs(path)


def _folder_of(location: str, folder: Path) -> Path:
    if not location:
        return folder
    path = Path(location)
    if "://" in location or not path.is_absolute():
        expected = "an absolute path, or s3://BUCKET/PREFIX?endpoint=URL&region=REGION"
        raise UserError(Problem("blobs", f"{location!r} names no place for captured bytes", expected))
    return path


def _s3(location: str, cache: Path, *, new: bool) -> BlobStore:
    try:
        # Not an import at the top: a workspace with a folder must not need the packages for S3.
        module = importlib.import_module("twofold.vault.blobs.s3_blobs")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        found = f"the package {error.name} is not installed, and evidence is kept on S3"
        raise UserError(Problem("blobs", found, "the packages for S3", "pip install 'twofold[s3]'")) from error
    make = module.S3Blobs.create if new else module.S3Blobs.open
    store: BlobStore = make(location, cache=cache)
    return store
