from django.apps import AppConfig
from django.core import checks


class LessonsConfig(AppConfig):
    name = "lessons"

    def ready(self) -> None:
        from lessons import catalogue, receivers  # noqa: F401 - connecting them needs the models
        from lessons.activities import complete, registry
        from lessons.activities.experiment.pictures import complete as complete_pictures

        registry.hand_over()
        checks.register(catalogue.check)
        checks.register(complete.check)
        checks.register(complete_pictures.check)
