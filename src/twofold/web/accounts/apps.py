"""The app of accounts."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Hooks the log of account acts to the account library's signals."""

    name = "twofold.web.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Connect the receivers, which stand in a module that needs the models."""
        import_module("twofold.web.accounts.acts")
