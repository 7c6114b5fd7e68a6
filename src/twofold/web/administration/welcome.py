"""The page behind an invitation's link: the person sets a password, once."""

from typing import Any

from django import forms
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from twofold.web.accounts.invitations import accept, standing
from twofold.web.sign_on.policy import must_use_provider, providers_in_use


class PasswordForm(forms.Form):
    """A new password, twice; and the e-mail address, where the invitation names none."""

    email = forms.EmailField(
        label="E-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label="Password",
        help_text="At least 12 characters. Long is better than complicated.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )
    again = forms.CharField(
        label="The same again", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def __init__(self, *args: Any, email: str, **named: Any) -> None:
        super().__init__(*args, **named)
        self.fields["email"].initial = email
        self.fields["email"].disabled = bool(email)

    def clean(self) -> dict[str, Any]:
        """Compare the two and ask the password rules."""
        given = super().clean() or {}
        email = given.get("email", "").lower()
        password, again = given.get("password"), given.get("again")
        if password and again and password != again:
            self.add_error("again", "The two passwords differ.")
        elif password:
            try:
                validate_password(password, User(username=email, email=email))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the form, or make the account and sign the person in."""
    invitation = standing(secret, at=timezone.now())
    if invitation is None:
        return render(request, "accounts/no_invitation.html", status=404)
    if invitation.email and must_use_provider(invitation.email):
        return render(request, "sign_on/invited.html", {"invitation": invitation, "providers": providers_in_use()})
    form = PasswordForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        user = accept(
            invitation,
            email=given["email"].lower(),
            password=given["password"],
            at=timezone.now(),
            request=request,
        )
        if user is None:
            return render(request, "accounts/no_invitation.html", status=404)
        login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return redirect("overview")
    return render(request, "accounts/welcome.html", {"form": form, "invitation": invitation})
