"""The app of people's work; it holds the secret addresses of calendar feeds."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """Nothing to hook."""

    name = "twofold.web.company.work"
    label = "work"
