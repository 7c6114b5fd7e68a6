"""The app of changes of scope; it holds the proposals. What is in force stands in the log and in the scope files."""

from django.apps import AppConfig


class ScopeChangeConfig(AppConfig):
    """Nothing to hook."""

    name = "twofold.web.company.scope_change"
    label = "scope_change"
