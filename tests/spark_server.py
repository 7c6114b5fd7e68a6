"""A private Spark Connect server for tests: one process, loopback only, a port of its own, gone at the end.

The packages of Spark bring no start script; its class is started directly. The settings are for many small queries.
"""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"
_STARTED = re.compile(r"Spark Connect server started at: .*:(\d+)")
_START_SECONDS = 120
_OPENED = (
    *("java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util"),
    *("java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs"),
    *("sun.security.action", "sun.util.calendar"),
)
"""Packages of java.base that Spark must see into on Java 17."""
_SETTINGS = {
    "spark.master": "local[1]",
    "spark.app.name": "twofold-tests",
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.connect.grpc.binding.port": "0",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def spark_jars() -> Path | None:
    """Return the folder of Spark's jars, None where Java or Spark is missing (pyspark-client brings no jars)."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None or shutil.which("java") is None:
        return None
    jars = Path(spec.origin).parent / "jars"
    return jars if list(jars.glob("spark-connect_*.jar")) else None


@contextmanager
def spark_server(jars: Path) -> Iterator[str]:
    """Start a server; gives its address."""
    folder = Path(tempfile.mkdtemp(prefix="twofold-spark-"))
    places = {"spark.local.dir": folder / "local", "spark.sql.warehouse.dir": folder / "warehouse"}
    command = ["java", "-Xmx2g", "-XX:+UseSerialGC", *(f"--add-opens=java.base/{each}=ALL-UNNAMED" for each in _OPENED)]
    command += [f"-D{name}={value}" for name, value in (_SETTINGS | places).items()]
    log = folder / "log"
    with log.open("wb") as stream:
        server = subprocess.Popen(
            [*command, "-cp", f"{jars}/*", _CLASS], cwd=folder, stdout=stream, stderr=stream, start_new_session=True
        )
    try:
        yield f"sc://127.0.0.1:{_port(server, log)}"
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _port(server: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        if match := _STARTED.search(log.read_text(encoding="utf-8", errors="replace")):
            return match[1]
        time.sleep(0.2)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-2000:])
