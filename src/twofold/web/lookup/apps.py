"""The app of what helps people find things; its tables can be made from the log again, but for saved filters."""

from django.apps import AppConfig


class LookupConfig(AppConfig):
    """Nothing to hook."""

    name = "twofold.web.lookup"
    label = "lookup"
