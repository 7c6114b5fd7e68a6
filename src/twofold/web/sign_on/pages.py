"""Single sign-on, for administrators: identity providers, and what holds for all of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from twofold.records.acts.account import AccountAct
from twofold.web.accounts.acts import record_act
from twofold.web.accounts.leaving import end_sessions
from twofold.web.accounts.member import role_of
from twofold.web.accounts.models import ROLE_CHOICES
from twofold.web.acting import email_of
from twofold.web.guard import needs
from twofold.web.page import page
from twofold.web.rights import ROLE_TITLES, Role
from twofold.web.sign_on.entrance import callback_address, our_addresses
from twofold.web.sign_on.forms import OidcForm, ProviderForm, SamlForm, SettingsForm, TokenForm
from twofold.web.sign_on.models import (
    BreakGlass,
    DirectoryEntry,
    GroupRole,
    IdentityProvider,
    Kind,
    ProviderLink,
    ScimToken,
)
from twofold.web.sign_on.policy import sign_on_settings
from twofold.web.sign_on.saml_metadata import certificates_of, fingerprint
from twofold.web.sign_on.told import provider_told, settings_told

_SHOWN_LINKS = 500


@require_safe
@needs("manage_sign_on")
def listing(request: HttpRequest) -> HttpResponse:
    """Answer with providers, settings, groups and tokens."""
    return answer(request)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("manage_sign_on")
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the form of a new provider, or add it."""
    if kind not in Kind.values:
        raise Http404
    provider = IdentityProvider(kind=kind)
    if request.method != "POST":
        return _provider_page(request, provider, _form(provider))
    return _save(request, provider, AccountAct.PROVIDER_ADDED)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("manage_sign_on")
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a provider with what it has to know of us, or change it."""
    provider = get_object_or_404(IdentityProvider, slug=slug)
    if request.method != "POST":
        return _provider_page(request, provider, _form(provider))
    return _save(request, provider, AccountAct.PROVIDER_CHANGED)


@require_POST
@needs("manage_sign_on")
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove a provider: its links go, and sessions of the linked accounts end. The accounts stay."""
    provider = get_object_or_404(IdentityProvider, slug=slug)
    linked = _linked(provider)
    told = provider_told(provider)
    provider.delete()
    end_sessions(linked)
    record_setting(request, AccountAct.PROVIDER_REMOVED, told)
    messages.success(request, f"{provider.name} is removed.")
    return redirect("sign_on")


@require_POST
@needs("manage_sign_on")
def unlink(request: HttpRequest, link_id: int) -> HttpResponse:
    """Take a link away, so that the account is found by its address again; its sessions end."""
    link = get_object_or_404(ProviderLink.objects.select_related("user", "provider"), pk=link_id)
    user, provider = link.user, link.provider
    link.delete()
    end_sessions([user])
    record_act(
        AccountAct.UNLINKED,
        account=user.email,
        role=role_of(user) or "",
        by=email_of(request),
        request=request,
        detail=provider.name,
    )
    return redirect("sign_on_provider", provider.slug)


@require_POST
@needs("manage_sign_on")
def change_settings(request: HttpRequest) -> HttpResponse:
    """Change what holds for all providers."""
    form = _settings_form(request.POST)
    if not form.is_valid():
        return answer(request, settings_form=form, status=400)
    given, row = form.cleaned_data, sign_on_settings()
    before = settings_told()
    with transaction.atomic():
        row.everybody = given["everybody"]
        row.groups_make_administrators = given["groups_make_administrators"]
        row.save()
        BreakGlass.objects.exclude(user__in=given["break_glass"]).delete()
        for each in given["break_glass"]:
            BreakGlass.objects.get_or_create(user_id=each)
    after = settings_told()
    if before != after:
        record_setting(request, AccountAct.SIGN_ON_CHANGED, after)
    messages.success(request, "Saved.")
    return redirect("sign_on")


def answer(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """Answer with the whole page. more: forms with what was wrong, the secret of a new token."""
    row = sign_on_settings()
    values = {
        "administrators": _administrators(),
        "break_glass": set(BreakGlass.objects.values_list("user_id", flat=True)),
        "group_form": None,
        "groups": GroupRole.objects.order_by("position"),
        "kinds": Kind.choices,
        "links": _counts(),
        "now": timezone.now(),
        "provisioned": DirectoryEntry.objects.filter(provisioned=True, removed=False).count(),
        "providers": IdentityProvider.objects.order_by("name"),
        "role_titles": {role.value: title for role, title in ROLE_TITLES.items()},
        "roles": ROLE_CHOICES,
        "scim_address": request.build_absolute_uri("/scim/v2"),
        "secret": "",
        "settings": row,
        "settings_form": _settings_form(None),
        "token_form": TokenForm(),
        "tokens": ScimToken.objects.order_by("-made_at"),
        **more,
    }
    return page(request, "sign_on.html", values, at="sign_on", title="Single sign-on", status=status)


def _form(provider: IdentityProvider, request: HttpRequest | None = None) -> OidcForm | SamlForm:
    """Return the form of a provider's kind, with what is kept or what was posted."""
    initial = {name: getattr(provider, name) for name in ("name", "issuer", "client_id", "groups_claim")}
    initial["email_domains"] = provider.email_domains
    given = (None, None) if request is None else (request.POST, request.FILES)
    if provider.kind == Kind.OIDC:
        return OidcForm(*given, initial=initial, kept=provider)
    return SamlForm(*given, initial=initial, kept=provider)


def _save(request: HttpRequest, provider: IdentityProvider, act: AccountAct) -> HttpResponse:
    form = _form(provider, request)
    if not form.is_valid():
        return _provider_page(request, provider, form, status=400)
    before = provider_told(provider)
    trusted = provider.enabled and provider.factor_by_provider
    form.apply(provider)
    provider.save()
    if trusted and not (provider.enabled and provider.factor_by_provider):
        end_sessions(_linked(provider))
    after = provider_told(provider)
    secret = "; new secret" if form.cleaned_data.get("client_secret") else ""
    if act is AccountAct.PROVIDER_ADDED or before != after or secret:
        record_setting(request, act, after + secret)
    messages.success(request, f"{provider.name} is saved.")
    return redirect("sign_on_provider", provider.slug)


def _provider_page(
    request: HttpRequest, provider: IdentityProvider, form: ProviderForm, *, status: int = 200
) -> HttpResponse:
    kept = provider.pk is not None
    values = {
        "callback": callback_address(request, provider) if kept and provider.kind == Kind.OIDC else "",
        "certificates": [(each, fingerprint(each)) for each in certificates_of(provider.certificates)],
        "form": form,
        "kept": kept,
        "links": provider.links.select_related("user").order_by("user__email")[:_SHOWN_LINKS] if kept else [],
        "ours": our_addresses(request, provider) if kept and provider.kind == Kind.SAML else None,
        "provider": provider,
        "to": reverse("sign_on_provider", args=[provider.slug])
        if kept
        else reverse("sign_on_add", args=[provider.kind]),
    }
    title = provider.name if kept else f"Add a provider: {Kind(provider.kind).label}"
    return page(request, "sign_on_provider.html", values, at="sign_on", title=title, status=status)


def _settings_form(given: Any) -> SettingsForm:
    providers = IdentityProvider.objects.filter(enabled=True).count()
    return SettingsForm(given, administrators=_administrators(), providers=providers)


def _administrators() -> list[tuple[int, str]]:
    found = User.objects.filter(member__role=Role.ADMINISTRATOR.value, is_active=True).order_by("email")
    return [(each.pk, each.email) for each in found]


def _linked(provider: IdentityProvider) -> list[User]:
    return list(User.objects.filter(provider_links__provider=provider))


def _counts() -> dict[int, int]:
    """Return how many accounts are linked to each provider."""
    found: dict[int, int] = {}
    for provider_id in ProviderLink.objects.values_list("provider_id", flat=True):
        found[provider_id] = found.get(provider_id, 0) + 1
    return found


def record_setting(request: HttpRequest, act: AccountAct, detail: str) -> None:
    """Record that an administrator changed how people sign in."""
    record_act(act, account="", role="", by=email_of(request), request=request, detail=detail)
