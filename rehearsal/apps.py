from django.apps import AppConfig
from django.core import checks


class RehearsalConfig(AppConfig):
    name = "rehearsal"

    def ready(self) -> None:
        from rehearsal import players  # the players need the models

        checks.register(players.check)
