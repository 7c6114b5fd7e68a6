"""Uploads a large source to a known key in parts. After a kill, the parts that are there are not sent again.

The unfinished upload that the service keeps is the leftover: a part stays when its length and MD5 (its ETag) are
those of the source. Where the service gives another ETag, as with keys of its KMS, the part is sent again. The
MD5 only saves work and guards a request; what makes a blob is the SHA-256 over the source in the same pass.
"""

import hashlib
from base64 import b64encode
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # no types are published with it

from twofold.model.problem import Problem, UserError
from twofold.vault.blobs.s3_bucket import Bucket, is_code, size_of
from twofold.vault.blobs.steady_file import ByteSource

SMALLEST_PART = 8 * 1024 * 1024
GREATEST_COUNT = 10_000
"""Parts of one upload (limits of Amazon S3). With parts of 8 MiB that is 78 GiB; larger sources get larger parts."""
_STEP = 1024 * 1024
_ATTEMPTS = 4


def part_size_of(size: int) -> int:
    """Return the length of each part but the last; the same for the same size, so that an upload can be continued.

    >>> part_size_of(20 * 1024**3) // 1024**2, part_size_of(200 * 1024**3) // 1024**2
    (8, 21)
    """
    least = -(-size // GREATEST_COUNT)
    return max(SMALLEST_PART, -(-least // _STEP) * _STEP)


def upload(bucket: Bucket, key: str, sha256: str, source: ByteSource) -> bool:
    """Upload a source that hashes to `sha256`; return False when another process had made the object by then.

    Raises UserError, and leaves no object, when the source gives other bytes than it did when it was hashed.
    """
    for _ in range(_ATTEMPTS):
        source.rewind()
        upload_id, there = _begun(bucket, key) or (_begin(bucket, key), {})
        try:
            parts = _send(bucket, key, upload_id, there, sha256, source)
            _complete(bucket, key, upload_id, parts)
        except ClientError as error:
            if is_code(error, "PreconditionFailed", "ConditionalRequestConflict"):
                bucket.client.abort_multipart_upload(Bucket=bucket.place.bucket, Key=key, UploadId=upload_id)
            elif not is_code(error, "NoSuchUpload"):
                raise
            # Another process that continued the same upload has finished it, or ended it: then a new one is due.
            if size_of(bucket, key) is not None:
                return False
        else:
            return True
    found = "other processes ended the upload again and again"
    raise UserError(Problem(f"s3://{bucket.place.bucket}/{key}", found, "one upload at a time", "run this again"))


def _begun(bucket: Bucket, key: str) -> tuple[str, dict[int, tuple[int, str]]] | None:
    """Return the newest unfinished upload of a key with its parts: number -> (size, MD5)."""
    pages = bucket.client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket.place.bucket, Prefix=key)
    found = [each for page in pages for each in page.get("Uploads", ()) if each["Key"] == key]
    if not found:
        return None
    upload_id = max(found, key=lambda each: each["Initiated"])["UploadId"]
    parts: dict[int, tuple[int, str]] = {}
    for page in bucket.client.get_paginator("list_parts").paginate(
        Bucket=bucket.place.bucket, Key=key, UploadId=upload_id
    ):
        parts |= {part["PartNumber"]: (part["Size"], part["ETag"].strip('"')) for part in page.get("Parts", ())}
    return upload_id, parts


def _begin(bucket: Bucket, key: str) -> str:
    answer = bucket.client.create_multipart_upload(
        Bucket=bucket.place.bucket, Key=key, ContentType="application/octet-stream"
    )
    return str(answer["UploadId"])


def _send(
    bucket: Bucket, key: str, upload_id: str, there: dict[int, tuple[int, str]], sha256: str, source: ByteSource
) -> list[dict[str, Any]]:
    buffer = memoryview(bytearray(part_size_of(source.size)))
    digest, parts = hashlib.sha256(), list[dict[str, Any]]()
    while count := _fill(buffer, source):
        part = buffer[:count]
        digest.update(part)
        md5 = hashlib.md5(part, usedforsecurity=False)
        number = len(parts) + 1
        etag = f'"{md5.hexdigest()}"'
        if there.get(number) != (count, md5.hexdigest()):
            etag = bucket.client.upload_part(
                Bucket=bucket.place.bucket,
                Key=key,
                UploadId=upload_id,
                PartNumber=number,
                Body=bytes(part),
                ContentMD5=b64encode(md5.digest()).decode(),
            )["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    if digest.hexdigest() != sha256:
        bucket.client.abort_multipart_upload(Bucket=bucket.place.bucket, Key=key, UploadId=upload_id)
        found, expected = "the file changed while it was copied", "a file that nobody writes to"
        raise UserError(Problem(source.identity.partition("\n")[0], found, expected, "capture it again"))
    return parts


def _fill(buffer: memoryview, source: ByteSource) -> int:
    """Fill a whole part, less only at the end of the source."""
    filled = 0
    while filled < len(buffer) and (count := source.readinto(buffer[filled:])):
        filled += count
    return filled


def _complete(bucket: Bucket, key: str, upload_id: str, parts: list[dict[str, Any]]) -> None:
    bucket.client.complete_multipart_upload(
        Bucket=bucket.place.bucket,
        Key=key,
        UploadId=upload_id,
        IfNoneMatch="*",
        MultipartUpload={"Parts": parts},
    )
