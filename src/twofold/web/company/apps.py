"""The app of the company's screens; it holds the index that lists are read from."""

from django.apps import AppConfig


class CompanyConfig(AppConfig):
    """Nothing to hook."""

    name = "twofold.web.company"
    label = "company"
