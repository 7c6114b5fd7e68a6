"""A mail server and a web server of this machine that keep what they are given."""

import socketserver
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(slots=True)
class Received:
    """What a server got: mails, (headers, body) of posts, and the words of the mail dialogue."""

    mails: list[EmailMessage] = field(default_factory=list)
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


class MailTalk(socketserver.StreamRequestHandler):
    """One dialogue of SMTP. got, tls, refuse: of the server."""

    got: Received
    tls: ssl.SSLContext | None
    refuse: str

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        try:
            self.say("220 sink")
            while line := self.rfile.readline():
                self.got.words.append(line.decode().strip())
                self.answer(line.split()[0].decode().upper())
        except (OSError, ValueError):
            """The other side does not trust us, or went away."""
        finally:
            self.rfile.close()
            self.wfile.close()
            self.connection.close()

    def answer(self, word: str) -> None:
        if word == self.refuse:
            self.say("535 no: secret" if word == "AUTH" else "550 no")
        elif word == "EHLO":
            self.say("250-sink\r\n250-AUTH PLAIN" + ("\r\n250 STARTTLS" if self.tls else "\r\n250 8BITMIME"))
        elif word == "STARTTLS" and self.tls:
            self.say("220 go")
            self.rfile.close()
            self.connection = self.tls.wrap_socket(self.connection, server_side=True, do_handshake_on_connect=False)
            self.connection.do_handshake()
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb", buffering=0)
        elif word == "DATA":
            self.say("354 go")
            lines = []
            while (each := self.rfile.readline()) != b".\r\n":
                lines.append(each)
            self.got.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
            self.say("250 ok")
        else:
            self.say({"QUIT": "221 bye", "AUTH": "235 ok"}.get(word, "250 ok"))


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None, refuse: str = "") -> Iterator[tuple[int, Received]]:
    """Give port and what was received. tls: STARTTLS is offered. refuse: a command that is answered with 5xx."""
    got = Received()
    handler = type("Talk", (MailTalk,), {"got": got, "tls": tls, "refuse": refuse})
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)) as port:
        yield port, got


@contextmanager
def web_server(statuses: Sequence[int] = (200,), *, location: str = "") -> Iterator[tuple[str, Received]]:
    """Give the address and what was posted. statuses: of each answer in turn, the last one for all further ones."""
    got = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.posts.append((dict(self.headers), body))
            self.send_response(statuses[min(len(got.posts), len(statuses)) - 1])
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/hook", got


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the contexts of a server of 127.0.0.1 and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sink")])
    now = datetime.now(UTC)  # noqa: TID251  certificates are checked against the real clock
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "sink.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.create_default_context(cafile=str(path))
    return server, client
