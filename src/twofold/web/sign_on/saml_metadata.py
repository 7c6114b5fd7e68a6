"""Reads the metadata of a SAML identity provider. It is XML from elsewhere: no document type, no entities, not long."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from twofold.web.sign_on.outside import ProviderError, checked_address

GREATEST = 512 * 1024
_LEAST_RSA_BITS = 2048
_LONGEST_ENTITY_ID = 500
_MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


@dataclass(frozen=True, slots=True)
class SamlProvider:
    """What the metadata says. certificates: PEM of each that signs assertions."""

    entity_id: str
    sso_address: str
    certificates: str


def read_metadata(document: bytes) -> SamlProvider:
    """Return what is needed of a provider's metadata; raises ProviderError, whose text says what is missing."""
    root = _parsed(document)
    entities = [root] if root.tag == f"{_MD}EntityDescriptor" else list(root.iter(f"{_MD}EntityDescriptor"))
    described = [each for each in entities if each.find(f"{_MD}IDPSSODescriptor") is not None]
    if len(described) != 1:
        message = f"the metadata describes {len(described)} identity providers, expected one"
        raise ProviderError(message)
    entity = described[0]
    entity_id = entity.get("entityID") or ""
    if not entity_id or len(entity_id) > _LONGEST_ENTITY_ID:
        message = "the metadata has no entityID of at most 500 characters"
        raise ProviderError(message)
    role = entity.find(f"{_MD}IDPSSODescriptor")
    places = [
        each.get("Location") for each in role.iter(f"{_MD}SingleSignOnService") if each.get("Binding") == _REDIRECT
    ]
    if not places:
        message = "the metadata has no SingleSignOnService with the binding HTTP-Redirect"
        raise ProviderError(message)
    address = checked_address(places[0], "the address of SingleSignOnService", loopback=True)
    return SamlProvider(entity_id, address, "".join(_certificates(role)))


def certificates_of(pem: str) -> Sequence[x509.Certificate]:
    """Return the certificates that were kept of a provider; none of one that has none."""
    return x509.load_pem_x509_certificates(pem.encode()) if pem else []


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate in hexadecimal."""
    return certificate.fingerprint(SHA256()).hex()


def pem_body(certificate: x509.Certificate) -> str:
    """Return a certificate's base64 without the lines around it."""
    return "".join(certificate.public_bytes(Encoding.PEM).decode().splitlines()[1:-1])


def _parsed(document: bytes) -> etree._Element:
    if len(document) > GREATEST:
        message = f"the metadata is longer than {GREATEST:,} bytes"
        raise ProviderError(message)
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        message = f"the metadata is no XML: {str(error)[:200]}"
        raise ProviderError(message) from error
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        message = "the metadata has a document type, which is not accepted"
        raise ProviderError(message)
    return root


def _certificates(role: etree._Element) -> Sequence[str]:
    found = []
    for key in role.findall(f"{_MD}KeyDescriptor"):
        if key.get("use", "signing") == "signing":
            found += [_pem(each.text or "") for each in key.iter(f"{_DS}X509Certificate")]
    if not found:
        message = "the metadata has no certificate that signs"
        raise ProviderError(message)
    return sorted(set(found))


def _pem(text: str) -> str:
    """Return a certificate as PEM; raises ProviderError for one that cannot be read or whose key is weak."""
    body = "".join(text.split())
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    try:
        certificate = x509.load_pem_x509_certificate(
            f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n".encode()
        )
        key = certificate.public_key()
    except ValueError as error:
        message = "a certificate of the metadata cannot be read"
        raise ProviderError(message) from error
    if not (isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS) and not isinstance(
        key, ec.EllipticCurvePublicKey
    ):
        message = (
            "a certificate of the metadata has a weak key: expected RSA of 2048 bits or more, or an elliptic curve"
        )
        raise ProviderError(message)
    return certificate.public_bytes(Encoding.PEM).decode()
