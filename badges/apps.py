from django.apps import AppConfig
from django.core import checks


class BadgesConfig(AppConfig):
    name = "badges"

    def ready(self) -> None:
        from badges import catalogue, receivers  # noqa: F401 - models are ready only now

        checks.register(catalogue.check)
