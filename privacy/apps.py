from django.apps import AppConfig
from django.db.models.signals import pre_delete


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from django.contrib.admin.models import LogEntry

        from privacy import erasure

        pre_delete.connect(erasure.keep_authors, sender=LogEntry, dispatch_uid="privacy.erasure")
