"""A real timestamp authority on this machine: OpenSSL signs, a small HTTP server answers. Made once per run."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CONFIGURATION = """
[tsa]
default_tsa = main
[main]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
{certs}
"""


@dataclass(slots=True)
class Authority:
    """Certificates and keys in a folder. `url` is set while it is served; `answer` in place of a real one, if set."""

    folder: Path
    url: str = ""
    status: int = 200
    kind: str = "application/timestamp-reply"
    answer: bytes | None = None
    asked: list[bytes] = field(default_factory=list)

    @property
    def chain(self) -> bytes:
        return (self.folder / "chain.pem").read_bytes()

    @property
    def port(self) -> int:
        """The port of the address at which it was served last."""
        return urlsplit(self.url).port or 0

    def reply(self, request: bytes) -> bytes:
        """Sign an answer, as `openssl ts` does."""
        (self.folder / "q.tsq").write_bytes(request)
        call = "openssl ts -reply -config tsa.cnf -section main -queryfile q.tsq -out r.tsr"
        subprocess.run(call.split(), cwd=self.folder, capture_output=True, check=True)
        return (self.folder / "r.tsr").read_bytes()


def make_authority(folder: Path, *, lasts: timedelta = timedelta(days=30), with_chain: bool = False) -> Authority:
    """Make certificates: a root for ten years, and a signer whose certificate ends after `lasts` from now.

    with_chain: answers hold the root, too, in the order that rfc3161-client refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)  # noqa: TID251  certificates of a test begin and end around now
    root_key, signer_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, signer_name = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Root", "Authority")
    )
    begins = now - timedelta(days=60)
    root = (
        x509.CertificateBuilder(root_name, root_name, root_key.public_key(), 1, begins, now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(root_key, SHA256())
    )
    signer = (
        x509.CertificateBuilder(root_name, signer_name, signer_key.public_key(), 2, begins, now + lasts)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(root_key, SHA256())
    )
    (folder / "tsa.pem").write_bytes(signer.public_bytes(Encoding.PEM))
    secret = signer_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tsa.key").write_bytes(secret)
    (folder / "chain.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "serial").write_text("01", encoding="ascii")
    certs = "certs = chain.pem" if with_chain else ""
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(certs=certs), encoding="ascii")
    return Authority(folder)


@contextmanager
def served(authority: Authority, *, port: int = 0) -> Iterator[Authority]:
    """Serve the authority on a port of this machine, a free one by default."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            authority.asked.append(request)
            answer = authority.reply(request) if authority.answer is None else authority.answer
            self.send_response(authority.status)
            self.send_header("Content-Type", authority.kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the library's
            del format, args

    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_port}/tsr"
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
