from django.apps import AppConfig
from django.conf import settings
from django.core import checks


class BadgesConfig(AppConfig):
    name = "badges"

    def ready(self) -> None:
        from badges import catalogue, credentials, keys, receivers  # noqa: F401 - models are ready only now

        checks.register(catalogue.check)
        checks.register(credentials.check, deploy=True)
        # What cannot be read stops Downhill here, and not at the first badge.
        catalogue.all_badges()
        if settings.BADGE_KEYS:
            keys.key_set()
