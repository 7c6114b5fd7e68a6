"""One bucket of an S3-compatible service: where it is, the clients that speak to it, and what its refusals mean.

Credentials come from the standard chain of AWS (environment, shared files, role of the machine) and are neither
kept nor shown. A bucket is used only when versioning and Object Lock are on.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3  # type: ignore[import-untyped]  # no types are published with it
import obstore
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from twofold.model.problem import Problem, UserError

DEFAULT_REGION = "us-east-1"
GUIDE = "docs/howto/keep-evidence-on-s3.md"

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/?")
_TRIES = 3
_CONNECT_SECONDS, _READ_SECONDS = 5, 120
_WRONG_CREDENTIALS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AuthorizationHeaderMalformed"}
)


@dataclass(frozen=True, slots=True)
class S3Location:
    """A place in a bucket. prefix: "" or a path with a slash at its end. endpoint: "" = that of AWS."""

    bucket: str
    prefix: str
    endpoint: str
    region: str

    @property
    def shown(self) -> str:
        """The place as messages name it."""
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket to work with: `data` moves bytes, `client` does what only S3 has (versions, parts, locks)."""

    place: S3Location
    client: Any
    data: S3Store

    def key(self, place: str) -> str:
        """Return the key of something below the prefix."""
        return self.place.prefix + place


def read_location(text: str) -> S3Location:
    """Read `s3://bucket/prefix?endpoint=URL&region=REGION`; raises UserError for another spelling."""
    parts = urlsplit(text)
    asked = parse_qs(parts.query, keep_blank_values=True)
    prefix = parts.path.strip("/")
    endpoint, region = (asked.pop(name, [""])[-1] for name in ("endpoint", "region"))
    fine = _BUCKET.fullmatch(parts.netloc) and (not prefix or _PREFIX.fullmatch(prefix)) and not asked
    if not fine or (endpoint and not _ENDPOINT.fullmatch(endpoint)) or parts.fragment:
        # The text is not shown: someone may have written credentials into it.
        expected = "s3://BUCKET/PREFIX?endpoint=URL&region=REGION, without credentials"
        raise UserError(Problem("blobs", "this names no place in a bucket", expected, f"see {GUIDE}"))
    return S3Location(parts.netloc, f"{prefix}/" if prefix else "", endpoint.rstrip("/"), region or DEFAULT_REGION)


def open_bucket(place: S3Location) -> Bucket:
    """Connect to a bucket and see that it keeps versions and honours locks; UserError when not."""
    with faults(place):
        session = boto3.Session(region_name=place.region)
        if session.get_credentials() is None:
            raise UserError(_no_credentials(place, "no credentials were found"))
        client = _client(session, place)
        bucket = Bucket(place, client, _store(session, place, client.meta.endpoint_url))
        versioning = bucket.client.get_bucket_versioning(Bucket=place.bucket).get("Status")
        if versioning != "Enabled":
            raise UserError(_turn_on(place, "the bucket keeps no versions", "versioning", "Status=Enabled"))
        _require_object_lock(bucket)
    return bucket


def size_of(bucket: Bucket, key: str) -> int | None:
    """Return the length of the newest version of an object, None when there is none or it is a deletion."""
    try:
        return obstore.head(bucket.data, key)["size"]
    except FileNotFoundError:
        return None


def is_code(error: BaseException, *codes: str) -> bool:
    """Say whether the service refused with one of these codes."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in codes


@contextmanager
def faults(place: S3Location) -> Iterator[None]:
    """Turn what the service or the network refuses into a UserError that says what to do."""
    try:
        yield
    except (ClientError, PermissionDeniedError, UnauthenticatedError) as error:
        raise UserError(_refused(place, error)) from error
    except (BotoCoreError, BaseError) as error:
        found = f"the service could not be reached or did not answer in full ({_first_line(error)})"
        remedy = "see that the endpoint is right and the service is up, then run this again"
        raise UserError(Problem(place.shown, found, "nothing of this step was recorded", remedy)) from error


def _client(session: Any, place: S3Location) -> Any:
    config = Config(
        retries={"max_attempts": _TRIES, "mode": "standard"},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        request_checksum_calculation="when_required",  # a Content-MD5 is sent; trailers are not known everywhere
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if place.endpoint else {},
    )
    return session.client("s3", endpoint_url=place.endpoint or None, config=config)


def _store(session: Any, place: S3Location, endpoint: str) -> S3Store:
    """Speak to the endpoint that the other client found, whatever else the environment names."""
    return S3Store(
        place.bucket,
        endpoint=endpoint,
        aws_endpoint_url_s3=endpoint,
        region=place.region,
        checksum_algorithm="SHA256",  # the service checks it; a bucket with a default retention demands one
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
            "timeout": timedelta(seconds=_READ_SECONDS),
        },
        retry_config={"max_retries": _TRIES, "retry_timeout": timedelta(seconds=_READ_SECONDS)},
        credential_provider=Boto3CredentialProvider(session),
    )


def _require_object_lock(bucket: Bucket) -> None:
    place = bucket.place
    try:
        answer = bucket.client.get_object_lock_configuration(Bucket=place.bucket)
        if answer["ObjectLockConfiguration"].get("ObjectLockEnabled") == "Enabled":
            return
    except ClientError as error:
        if not is_code(error, "ObjectLockConfigurationNotFoundError"):
            raise
    found = "the bucket has no Object Lock, so a retention would bind nobody"
    raise UserError(_turn_on(place, found, "object-lock", "ObjectLockEnabled=Enabled"))


def _turn_on(place: S3Location, found: str, what: str, setting: str) -> Problem:
    name = "bucket-versioning" if what == "versioning" else f"{what}-configuration"
    remedy = f"aws s3api put-{name} --bucket {place.bucket} --{what}-configuration {setting}; see {GUIDE}"
    return Problem(place.shown, found, f"{what} turned on", remedy)


def _refused(place: S3Location, error: Exception) -> Problem:
    response = error.response if isinstance(error, ClientError) else {}
    code = str(response.get("Error", {}).get("Code", ""))
    if code in {"NoSuchBucket", "404"}:
        return Problem(place.shown, "there is no such bucket", "a bucket made beforehand", f"make it; see {GUIDE}")
    if code in _WRONG_CREDENTIALS or isinstance(error, UnauthenticatedError):
        return _no_credentials(place, f"the service does not accept the credentials ({code or 'unauthenticated'})")
    if code in {"AccessDenied", "403"} or isinstance(error, PermissionDeniedError):
        operation = getattr(error, "operation_name", "a request")
        found = f"the service refuses {operation} to these credentials"
        return Problem(
            place.shown, found, f"the rights that {GUIDE} lists", "have them granted, or use other credentials"
        )
    found = f"the service refused a request ({_first_line(error)})"
    return Problem(place.shown, found, "nothing of this step was recorded", "see what the service's log says")


def _no_credentials(place: S3Location, found: str) -> Problem:
    expected = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile in ~/.aws, or the role of this machine"
    return Problem(place.shown, found, expected, "set the right ones and run this again")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
