"""Identity providers of the tests: an OpenID provider on this machine, and one that signs SAML responses."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

CLIENT, SECRET = "twofold-test", "a secret: of/tests & more"
Claims = dict[str, Any]


class OpenIdProvider:
    """Answers like one. `change` alters the claims of the next ID token, `sign` how it is signed."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.change: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.signed
        self.person: Claims = {"sub": "ada", "email": "ada@example.com", "email_verified": True}
        self.asked: dict[str, list[str]] = {}
        self.codes: dict[str, dict[str, list[str]]] = {}
        self.userinfo: Claims = {}
        self.told: Claims = {}

    def signed(self, claims: Claims) -> str:
        return jwt.encode(claims, self.key, "RS256", headers={"kid": "one"})

    def discovery(self) -> Claims:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "code_challenge_methods_supported": ["S256"],
            **self.told,
        }

    def keys(self) -> Claims:
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**jwk, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def agreed(self, address: str) -> dict[str, str]:
        """Return the parameters of the callback after the person at this address agreed."""
        self.asked = parse_qs(urlsplit(address).query)
        self.codes["code-1"] = self.asked
        return {"code": "code-1", "state": self.asked["state"][0]}

    def token(self, form: dict[str, list[str]], authorization: str) -> Claims | None:
        """Return the tokens for a code, once, to who knows secret and verifier."""
        asked = self.codes.pop(form.get("code", [""])[0], None)
        verifier = form.get("code_verifier", [""])[0]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if asked is None or asked["code_challenge"] != [challenge] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        if pair != f"{CLIENT}:a+secret%3A+of%2Ftests+%26+more":
            return None
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"][0]}
        return {"access_token": "at", "token_type": "Bearer", "id_token": self.sign(self.change(claims | self.person))}


@contextmanager
def open_id_provider() -> Iterator[OpenIdProvider]:
    """Serve one on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self, found: Claims | None) -> None:
            body = json.dumps(found or {"error": "invalid_grant"}).encode()
            self.send_response(200 if found else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path == "/elsewhere/.well-known/openid-configuration":
                self.send_response(302)
                self.send_header("Location", f"{provider.address}/.well-known/openid-configuration")
                self.end_headers()
                return
            told: dict[str, Callable[[], Claims]] = {
                "/.well-known/openid-configuration": provider.discovery,
                "/keys": provider.keys,
                "/userinfo": lambda: provider.userinfo or provider.person,
            }
            self.answer(told[self.path]())

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer(provider.token(form, self.headers.get("Authorization", "")))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = OpenIdProvider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()


class SamlProvider:
    """Signs responses with a key that is thrown away."""

    entity_id = "https://idp.example.com/entity"
    sso = "https://idp.example.com/sso"

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.com")])
        now = datetime.now(UTC)  # noqa: TID251  a certificate of tests
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        self.certificate = made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def metadata(self) -> str:
        body = "".join(self.certificate.splitlines()[1:-1])
        return (
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity_id}">'
            '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
            f"<ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" '
            f'Location="{self.sso}"/></md:IDPSSODescriptor></md:EntityDescriptor>'
        )

    def response(self, *, consumer: str, audience: str, request_id: str, **changed: Any) -> str:
        """Return a response as XML, signed unless `signed` is False. changed: email, groups, recipient, minutes, id."""
        now = datetime.now(UTC)  # noqa: TID251  as a provider would
        at, ends = (
            f"{now:%Y-%m-%dT%H:%M:%SZ}",
            f"{now + timedelta(minutes=changed.get('minutes', 5)):%Y-%m-%dT%H:%M:%SZ}",
        )
        answered = f'InResponseTo="{request_id}"' if request_id else ""
        groups = "".join(f"<saml:AttributeValue>{each}</saml:AttributeValue>" for each in changed.get("groups", ()))
        if groups:
            groups = f'<saml:Attribute Name="groups">{groups}</saml:Attribute>'
        limit = f"<saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>"
        one = changed.get("id", "_assertion-1")
        assertion = (
            f'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{one}" Version="2.0" '
            f'IssueInstant="{at}"><saml:Issuer>{self.entity_id}</saml:Issuer><saml:Subject>'
            f'<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">'
            f"{changed.get('subject', 'saml-ada')}</saml:NameID>"
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
            f'Recipient="{changed.get("recipient", consumer)}" NotOnOrAfter="{ends}" {answered}/>'
            f'</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{at}" NotOnOrAfter="{ends}">'
            f"{limit if audience else ''}</saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{at}"><saml:AuthnContext><saml:AuthnContextClassRef>'
            "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>"
            '</saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>'
            f"{changed.get('email', 'saml@example.com')}</saml:AttributeValue></saml:Attribute>{groups}"
            "</saml:AttributeStatement></saml:Assertion>"
        )
        if changed.get("signed", True):
            assertion = self.signed(assertion, one)
        return (
            '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" '
            'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response-1" Version="2.0" '
            f'IssueInstant="{at}" Destination="{consumer}" {answered}><saml:Issuer>{self.entity_id}</saml:Issuer>'
            '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f"{assertion}</samlp:Response>"
        )

    def signed(self, assertion: str, one: str) -> str:
        """Return an assertion with its signature after the issuer, as the schema wants it."""
        import xmlsec  # noqa: PLC0415  only where it is needed
        from lxml import etree  # noqa: PLC0415

        root = etree.fromstring(assertion.encode())
        signature = xmlsec.template.create(
            root, xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformRsaSha256, ns="ds"
        )
        root.insert(1, signature)
        reference = xmlsec.template.add_reference(signature, xmlsec.constants.TransformSha256, uri=f"#{one}")
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
        xmlsec.tree.add_ids(root, ["ID"])
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(private, xmlsec.constants.KeyDataFormatPem)
        context.sign(signature)
        return str(etree.tostring(root), "utf-8")
