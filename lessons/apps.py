from django.apps import AppConfig


class LessonsConfig(AppConfig):
    name = "lessons"

    def ready(self) -> None:
        from lessons import receivers  # noqa: F401 - connecting them needs the models
        from lessons.activities import registry

        registry.hand_over()
