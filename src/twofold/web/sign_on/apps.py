"""The app of single sign-on."""

from django.apps import AppConfig


class SignOnConfig(AppConfig):
    """Identity providers, links of accounts to them, and what the company's directory says of accounts."""

    name = "twofold.web.sign_on"
    label = "sign_on"
