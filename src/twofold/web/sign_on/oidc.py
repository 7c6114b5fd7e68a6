"""Signs in by OpenID Connect: authorization code with PKCE; state, nonce and every claim of the ID token are checked.

The token's signature is checked even though it comes from the provider itself, and only with keys that the provider
publishes: no secret is shared for it, and a token without a signature is none. (OpenID Connect Core 3.1; RFC 7636.)
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

import jwt
from cryptography.exceptions import InvalidTag
from django.core.cache import cache

from twofold.web.sign_on.asserted import Asserted, groups_in
from twofold.web.sign_on.models import IdentityProvider
from twofold.web.sign_on.outside import ProviderError, checked_address, is_loopback, read_json
from twofold.web.sign_on.refused import RefusedError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a published key only."""
WELL_KNOWN = "/.well-known/openid-configuration"
LEEWAY = 60
"""Seconds that clocks may differ."""
OLDEST = 600
"""Seconds that an ID token may be old."""
_KEPT_FOR = 300
_CLAIMS = ("iss", "sub", "aud", "exp", "iat", "nonce")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is asked.

    userinfo: "" where it has none; by_header: how it wants our secret; groups: whether groups have their own scope.
    """

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str
    by_header: bool
    groups: bool


@dataclass(frozen=True, slots=True)
class Question:
    """What a sign-in was begun with; it is kept in the person's session until the answer comes."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Question":
        """Return one that nobody can guess."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def discover(issuer: str) -> Endpoints:
    """Ask the provider for its endpoints; raises ProviderError. issuer: with or without the well-known path."""
    base = issuer.strip().removesuffix(WELL_KNOWN)
    loopback = is_loopback(base)
    told = read_json(checked_address(base, "the issuer", loopback=True).rstrip("/") + WELL_KNOWN)
    named = told.get("issuer")
    if not isinstance(named, str) or named.rstrip("/") != base.rstrip("/"):
        message = f"the provider calls itself {str(named)[:200]!a}, not {base!a}: use the issuer that it names"
        raise ProviderError(message)
    methods, scopes = told.get("token_endpoint_auth_methods_supported"), told.get("scopes_supported")
    challenges = told.get("code_challenge_methods_supported")
    if isinstance(challenges, list) and "S256" not in challenges:
        message = "the provider does not take part in PKCE with S256"
        raise ProviderError(message)

    def endpoint(name: str) -> str:
        return checked_address(told.get(name), name, loopback=loopback)

    return Endpoints(
        issuer=named,
        authorization=endpoint("authorization_endpoint"),
        token=endpoint("token_endpoint"),
        keys=endpoint("jwks_uri"),
        userinfo=endpoint("userinfo_endpoint") if told.get("userinfo_endpoint") else "",
        by_header=not (isinstance(methods, list) and "client_secret_post" in methods),
        groups=isinstance(scopes, list) and "groups" in scopes,
    )


def endpoints_of(provider: IdentityProvider) -> Endpoints:
    """Return the endpoints as they were told within the last five minutes."""
    key = "sign-on-endpoints-" + hashlib.sha256(provider.issuer.encode()).hexdigest()
    found: Endpoints | None = cache.get(key)
    if found is None:
        found = discover(provider.issuer)
        cache.set(key, found, _KEPT_FOR)
    return found


def question_address(provider: IdentityProvider, question: Question, *, callback: str) -> str:
    """Return the address at the provider that asks the person. callback: where the answer is to come."""
    endpoints = endpoints_of(provider)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(question.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": provider.client_id,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "nonce": question.nonce,
        "redirect_uri": callback,
        "response_type": "code",
        "scope": "openid email profile" + (" groups" if provider.groups_claim and endpoints.groups else ""),
        "state": question.state,
    }
    joint = "&" if "?" in endpoints.authorization else "?"
    return endpoints.authorization + joint + urlencode(asked)


def answer(provider: IdentityProvider, question: Question, given: Mapping[str, str], *, callback: str) -> Asserted:
    """Return whom the provider names. given: parameters of the callback, whose state was found in the session.

    Raises RefusedError for an answer that is not good, ProviderError where the provider cannot be asked.
    """
    endpoints = endpoints_of(provider)
    if given.get("error"):
        message = f"the provider says {given['error'][:80]!a}"
        raise RefusedError(message)
    if given.get("iss", endpoints.issuer) != endpoints.issuer:
        message = "the answer is of another provider"
        raise RefusedError(message)
    if not given.get("code"):
        message = "the answer has no code"
        raise RefusedError(message)
    tokens = _exchange(provider, endpoints, given["code"], question, callback)
    claims = _checked(tokens.get("id_token"), provider, endpoints, question.nonce)
    lacks = "email" not in claims or (provider.groups_claim and provider.groups_claim not in claims)
    if lacks and endpoints.userinfo and isinstance(tokens.get("access_token"), str):
        more = read_json(endpoints.userinfo, headers={"Authorization": f"Bearer {tokens['access_token']}"})
        if more.get("sub") != claims["sub"]:
            message = "the provider's user information is about somebody else"
            raise RefusedError(message)
        if "email" in claims:
            more.pop("email_verified", None)  # it may be said of another address than that of the token
        claims = {**more, **claims}
    return _asserted(provider, claims)


def _exchange(
    provider: IdentityProvider, endpoints: Endpoints, code: str, question: Question, callback: str
) -> dict[str, Any]:
    form = {
        "client_id": provider.client_id,
        "code": code,
        "code_verifier": question.verifier,
        "grant_type": "authorization_code",
        "redirect_uri": callback,
    }
    headers = {}
    try:
        secret = provider.client_secret
    except InvalidTag as error:
        message = "the client secret was sealed under another secret of the site: an administrator sets it again"
        raise ProviderError(message) from error
    if endpoints.by_header:
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        form["client_secret"] = secret
    return read_json(endpoints.token, form=form, headers=headers)


def _checked(token: object, provider: IdentityProvider, endpoints: Endpoints, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token of which everything is as it must be; raises RefusedError."""
    if not isinstance(token, str):
        message = "the provider gave no ID token"
        raise RefusedError(message)
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            message = f"the ID token is signed by {str(algorithm)[:20]!a}, which is not accepted"
            raise RefusedError(message)
        key = _key(read_json(endpoints.keys), header.get("kid"), algorithm)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=endpoints.issuer,
            leeway=LEEWAY,
            options={"require": list(_CLAIMS)},
        )
    except jwt.PyJWTError as error:
        message = f"the ID token is not good ({error})"
        raise RefusedError(message) from error
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != provider.client_id:
        message = "the ID token is for another program"
        raise RefusedError(message)
    if claims.get("azp", provider.client_id) != provider.client_id:
        message = "the ID token was asked for by another program"
        raise RefusedError(message)
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        message = "the ID token answers another question (nonce)"
        raise RefusedError(message)
    if time.time() - claims["iat"] > OLDEST + LEEWAY:
        message = "the ID token is old"
        raise RefusedError(message)
    return claims


def _key(published: Mapping[str, Any], wanted: object, algorithm: str) -> jwt.PyJWK:
    """Return the one published key that fits; raises RefusedError for none or several."""
    keys = published.get("keys")
    fitting = [
        each
        for each in (keys if isinstance(keys, list) else [])
        if isinstance(each, dict)
        and each.get("use", "sig") == "sig"
        and each.get("alg", algorithm) == algorithm
        and each.get("kty") in {"RSA", "EC", "OKP"}
        and (wanted is None or each.get("kid") == wanted)
    ]
    if len(fitting) != 1:
        message = f"the provider publishes {len(fitting)} keys that fit the ID token, expected one"
        raise RefusedError(message)
    return jwt.PyJWK(fitting[0], algorithm=algorithm)


def _asserted(provider: IdentityProvider, claims: Mapping[str, Any]) -> Asserted:
    email = claims.get("email")
    said = claims.get("email_verified")
    verified = provider.vouches_for_email if said is None else said in {True, "true"}
    return Asserted(
        subject=str(claims["sub"]),
        email=email if isinstance(email, str) else "",
        email_verified=verified,
        groups=_groups(provider, claims),
    )


def _groups(provider: IdentityProvider, claims: Mapping[str, Any]) -> Sequence[str] | None:
    """Return the groups; none where the claim is missing, unless the provider says that there are too many to send."""
    elsewhere = claims.get("_claim_names")
    too_many = isinstance(elsewhere, dict) and provider.groups_claim in elsewhere
    if not provider.groups_claim or too_many or claims.get("hasgroups"):
        return None
    return groups_in(claims.get(provider.groups_claim, []))
