from django.apps import AppConfig
from django.core import checks

from experiments.checks import check


class ExperimentsConfig(AppConfig):
    name = "experiments"

    def ready(self) -> None:
        checks.register(check)
