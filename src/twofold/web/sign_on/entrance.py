"""The way to an identity provider and back: the pages behind the buttons of the sign-in page."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from twofold.web.accounts.member import FACTOR_ELSEWHERE
from twofold.web.sign_on import oidc, saml
from twofold.web.sign_on.adapter import FACTOR_DONE, THROUGH
from twofold.web.sign_on.admission import admit
from twofold.web.sign_on.asserted import Asserted
from twofold.web.sign_on.models import IdentityProvider, Kind
from twofold.web.sign_on.outside import ProviderError
from twofold.web.sign_on.policy import providers_in_use
from twofold.web.sign_on.refused import RefusedError, record_refusal

_BEGUN = "twofold_sign_on"
_MOST_BEGUN = 5
_WAITS_FOR = 600
"""Seconds that a person may take at the provider."""


def callback_address(request: HttpRequest, provider: IdentityProvider) -> str:
    """Return where an OpenID provider sends people back to."""
    return request.build_absolute_uri(reverse("sign_on_callback", args=[provider.slug]))


def our_addresses(request: HttpRequest, provider: IdentityProvider) -> saml.OurAddresses:
    """Return what a SAML provider has to know of us."""
    return saml.OurAddresses(
        metadata=request.build_absolute_uri(reverse("sign_on_metadata", args=[provider.slug])),
        consumer=request.build_absolute_uri(reverse("sign_on_acs", args=[provider.slug])),
    )


@never_cache
@require_safe
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead to the provider."""
    provider = _provider(slug)
    next_page = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(next_page, allowed_hosts=None):
        next_page = ""
    try:
        if provider.kind == Kind.SAML:
            address, request_id = saml.question_address(provider, our_addresses(request, provider))
            _begin(request, provider, request_id, {"next": next_page})
        else:
            question = oidc.Question.new()
            address = oidc.question_address(provider, question, callback=callback_address(request, provider))
            _begin(request, provider, question.state, {"next": next_page, "question": asdict(question)})
    except ProviderError as error:
        return _unreachable(request, error)
    return redirect(address)


@never_cache
@require_safe
def callback(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the answer of an OpenID provider, and sign the person in."""
    provider = _provider(slug, Kind.OIDC)
    try:
        begun = _begun(request, provider, request.GET.get("state", ""))
        question = oidc.Question(**begun["question"])
        given = {name: value for name, value in request.GET.items() if isinstance(value, str)}
        asserted = oidc.answer(provider, question, given, callback=callback_address(request, provider))
        return _enter(request, provider, asserted, str(begun["next"]))
    except RefusedError as error:
        return _refuse(request, provider, error)
    except ProviderError as error:
        return _unreachable(request, error)


@csrf_exempt
@never_cache
@require_POST
def acs(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the response of a SAML provider. It is posted from there, so the person's session is not at hand yet."""
    provider = _provider(slug, Kind.SAML)
    try:
        response = request.POST.get("SAMLResponse", "")
        key = saml.arrive(provider, response, our_addresses(request, provider), at=timezone.now())
    except RefusedError as error:
        return _refuse(request, provider, error)
    return redirect(reverse("sign_on_finish", args=[provider.slug]) + f"?key={key}")


@never_cache
@require_safe
def finish(request: HttpRequest, slug: str) -> HttpResponse:
    """Sign in whom a good SAML response names, if this browser asked for it."""
    provider = _provider(slug, Kind.SAML)
    try:
        arrived = saml.take(provider, request.GET.get("key", ""), at=timezone.now())
        next_page = str(_begun(request, provider, arrived.request_id)["next"]) if arrived.request_id else ""
        return _enter(request, provider, arrived.asserted, next_page)
    except RefusedError as error:
        return _refuse(request, provider, error)


@require_safe
def metadata(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with our metadata for a SAML provider."""
    provider = _provider(slug, Kind.SAML)
    told = saml.our_metadata(provider, our_addresses(request, provider))
    return HttpResponse(told, content_type="application/samlmetadata+xml")


def _provider(slug: str, kind: Kind | None = None) -> IdentityProvider:
    found = IdentityProvider.objects.filter(slug=slug, enabled=True).first()
    if found is None or (kind is not None and found.kind != kind):
        raise Http404
    return found


def _begin(request: HttpRequest, provider: IdentityProvider, key: str, kept: Mapping[str, Any]) -> None:
    """Remember in the person's session what was asked; the oldest of many is forgotten."""
    begun = list((request.session.get(_BEGUN) or {}).items())[1 - _MOST_BEGUN :]
    request.session[_BEGUN] = {**dict(begun), key: {**kept, "provider": provider.pk, "at": time.time()}}


def _begun(request: HttpRequest, provider: IdentityProvider, key: str) -> dict[str, Any]:
    """Return what was asked, once; raises RefusedError where this browser did not ask it of this provider."""
    begun = request.session.get(_BEGUN) or {}
    found: dict[str, Any] | None = begun.pop(key, None)
    if found is not None:
        request.session[_BEGUN] = begun
        request.session.save()
    if found is None or found["provider"] != provider.pk or time.time() - found["at"] > _WAITS_FOR:
        message = "the sign-in was not begun in this browser, or too long ago; begin it again"
        raise RefusedError(message)
    return found


def _enter(request: HttpRequest, provider: IdentityProvider, asserted: Asserted, next_page: str) -> HttpResponse:
    """Sign in; the library's own steps follow, among them the second factor, unless the provider asked for one."""
    user = admit(provider, asserted, at=timezone.now(), request=request)
    if request.user.is_authenticated:
        get_adapter(request).logout(request)
    clear_login(request)
    record_authentication(request, user, f"provider {provider.slug}")
    state = {FACTOR_DONE: True} if provider.factor_by_provider else {}
    login = Login(user=user, redirect_url=next_page or None, signal_kwargs={THROUGH: provider.slug}, state=state)
    response: HttpResponse = perform_login(request, login)
    if provider.factor_by_provider and request.user.is_authenticated:
        request.session[FACTOR_ELSEWHERE] = True
    return response


def _refuse(request: HttpRequest, provider: IdentityProvider, error: RefusedError) -> HttpResponse:
    record_refusal(provider, error, request)
    values = {"said": f"{provider.name}: {error.said}.", "providers": providers_in_use()}
    return render(request, "sign_on/refused.html", values, status=403)


def _unreachable(request: HttpRequest, error: ProviderError) -> HttpResponse:
    return render(request, "sign_on/refused.html", {"said": f"{error}.", "providers": providers_in_use()}, status=502)
