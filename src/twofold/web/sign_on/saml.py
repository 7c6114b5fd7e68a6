"""Signs in by SAML 2.0: asks by redirect, and takes a signed assertion that is for us, for now, and for this once.

The library checks schema, signature, issuer, status and times, and refuses signatures that cover something else than
the assertion that is read. What it only checks where it is there, we ask for: audience, recipient and end.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Names
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from twofold.web.accounts.secret_hash import hash_of
from twofold.web.sign_on.asserted import Asserted, groups_in
from twofold.web.sign_on.models import ArrivedAssertion, IdentityProvider
from twofold.web.sign_on.refused import RefusedError
from twofold.web.sign_on.saml_metadata import certificates_of, pem_body

GREATEST = 512 * 1024
"""Most characters of a response."""
EMAIL_ATTRIBUTES = (
    "email",
    "mail",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)
LONGEST = 254
"""Most characters of a NameID or address."""
TOO_MANY_GROUPS = "http://schemas.microsoft.com/claims/groups.link"
"""Attribute that stands for groups where there are too many to send."""
USABLE_FOR = timedelta(minutes=5)
"""How long the person's browser has from one address to the next."""
KEPT_FOR = timedelta(minutes=10)
"""Beyond its end, so long is an assertion remembered, since clocks differ."""
_ASSERTION = "/samlp:Response/saml:Assertion"
_UNREADABLE = (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError, etree.LxmlError, ValueError, TypeError, KeyError)


@dataclass(frozen=True, slots=True)
class OurAddresses:
    """Where the site is for a provider. metadata: also our entity id."""

    metadata: str
    consumer: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a good response says, and which of our requests it answers; "" for none."""

    request_id: str
    asserted: Asserted


def question_address(provider: IdentityProvider, ours: OurAddresses) -> tuple[str, str]:
    """Return the address at the provider that asks the person, and the id of our request."""
    asking = OneLogin_Saml2_Auth(_request(ours), old_settings=_configured(provider, ours))
    address: str = asking.login(return_to="")
    return address, str(asking.get_last_request_id())


def our_metadata(provider: IdentityProvider, ours: OurAddresses) -> bytes:
    """Return the metadata that the provider reads about us."""
    told = OneLogin_Saml2_Settings(_configured(provider, ours), sp_validation_only=True).get_sp_metadata()
    return told if isinstance(told, bytes) else str(told).encode()


def arrive(provider: IdentityProvider, response: str, ours: OurAddresses, *, at: datetime) -> str:
    """Check a response, keep what it says, and return the one-time key to it. at: aware UTC.

    Raises RefusedError for a response that is not good or came before.
    """
    if not response or len(response) > GREATEST:
        message = "the response is empty or too long"
        raise RefusedError(message)
    try:
        checked = OneLogin_Saml2_Response(OneLogin_Saml2_Settings(_configured(provider, ours)), response)
        checked.is_valid(_request(ours), raise_exceptions=True)
        request_id, ends_at = _confirmed(provider, checked, ours, at=at)
        asserted = _asserted(provider, checked)
        named = str(checked.get_assertion_id())
    except _UNREADABLE as error:
        message = f"the response is not good ({str(error)[:200]})"
        raise RefusedError(message) from error
    key = secrets.token_urlsafe(32)
    ArrivedAssertion.objects.filter(forget_at__lt=at).delete()
    try:
        with transaction.atomic():
            ArrivedAssertion.objects.create(
                provider=provider,
                assertion_sha256=hash_of(named),
                key_sha256=hash_of(key),
                request_id=request_id,
                subject=asserted.subject,
                email=asserted.email,
                groups=asserted.groups,
                usable_until=at + USABLE_FOR,
                forget_at=max(ends_at, at + USABLE_FOR) + KEPT_FOR,
            )
    except IntegrityError as error:
        message = "the response came before, and works once"
        raise RefusedError(message) from error
    return key


def take(provider: IdentityProvider, key: str, *, at: datetime) -> Arrived:
    """Return what a one-time key leads to, and use it up; raises RefusedError where it leads nowhere any more."""
    found = ArrivedAssertion.objects.filter(
        provider=provider, key_sha256=hash_of(key), used_at=None, usable_until__gt=at
    ).first()
    if found is None or not ArrivedAssertion.objects.filter(pk=found.pk, used_at=None).update(used_at=at):
        message = "the way back was used or took too long"
        raise RefusedError(message)
    return Arrived(found.request_id, Asserted(found.subject, found.email, email_verified=True, groups=found.groups))


def _configured(provider: IdentityProvider, ours: OurAddresses) -> dict[str, Any]:
    signing = [pem_body(each) for each in certificates_of(provider.certificates)]
    return {
        "strict": True,
        "debug": False,
        "sp": {
            "entityId": ours.metadata,
            "assertionConsumerService": {"url": ours.consumer, "binding": Names.BINDING_HTTP_POST},
            "NameIDFormat": Names.NAMEID_UNSPECIFIED,
        },
        "idp": {
            "entityId": provider.issuer,
            "singleSignOnService": {"url": provider.sso_address, "binding": Names.BINDING_HTTP_REDIRECT},
            "x509certMulti": {"signing": signing},
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantAttributeStatement": False,
            "wantNameId": True,
            "rejectDeprecatedAlgorithm": True,
            "requestedAuthnContext": False,
            "allowRepeatAttributeName": True,
            "allowSingleLabelDomains": True,
        },
    }


def _request(ours: OurAddresses) -> dict[str, Any]:
    """Return the request as the library wants it: that it came to the address where we take assertions."""
    parts = urlsplit(ours.consumer)
    https = "on" if parts.scheme == "https" else "off"
    return {"https": https, "http_host": parts.netloc, "script_name": parts.path, "get_data": {}, "post_data": {}}


def _confirmed(
    provider: IdentityProvider, checked: OneLogin_Saml2_Response, ours: OurAddresses, *, at: datetime
) -> tuple[str, datetime]:
    """Return the request that the assertion answers ("" for none) and its end; raises ValueError where it is unbound.

    The one assertion of the response is signed, which the library has checked; so what is read of it here is as signed.
    """
    assertion = _query(checked.document, _ASSERTION)[0]
    restrictions = _query(assertion, "./saml:Conditions/saml:AudienceRestriction")
    audiences = [[_text(one) for one in _query(each, "./saml:Audience")] for each in restrictions]
    if not audiences or any(ours.metadata not in each for each in audiences):
        message = "it is for another audience"
        raise ValueError(message)
    answered = checked.document.get("InResponseTo") or ""
    if not answered and not provider.accepts_unasked:
        message = "the sign-in began at the provider, which is not accepted"
        raise ValueError(message)
    for each in _query(assertion, "./saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"):
        ends_at = each.get("NotOnOrAfter")
        bearer = each.getparent().get("Method") == Names.CM_BEARER
        if not bearer or each.get("Recipient") != ours.consumer or not ends_at:
            continue
        if (each.get("InResponseTo") or "") == answered and _moment(ends_at) > at:
            return answered, _moment(ends_at)
    message = "it is for another recipient or another question, or has no end"
    raise ValueError(message)


def _asserted(provider: IdentityProvider, checked: OneLogin_Saml2_Response) -> Asserted:
    form, subject = checked.get_nameid_format(), str(checked.get_nameid() or "")
    if form == Names.NAMEID_TRANSIENT:
        message = "the NameID is transient; expected one that lasts"
        raise ValueError(message)
    if len(subject) > LONGEST:
        message = "the NameID is too long"
        raise ValueError(message)
    told: Mapping[str, Sequence[str]] = checked.get_attributes()
    emails = [str(told[name][0]) for name in EMAIL_ATTRIBUTES if told.get(name)]
    if not emails and form == Names.NAMEID_EMAIL_ADDRESS:
        emails = [subject]
    follows = provider.groups_claim and TOO_MANY_GROUPS not in told
    groups = groups_in(list(told.get(provider.groups_claim, []))) if follows else None
    return Asserted(subject, emails[0][:LONGEST] if emails else "", email_verified=True, groups=groups)


def _query(node: etree._Element, path: str) -> list[etree._Element]:
    return list(node.xpath(path, namespaces=Names.NSMAP))


def _text(node: etree._Element) -> str:
    return "".join(node.itertext()).strip()


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
