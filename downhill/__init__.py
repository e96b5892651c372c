"""The project: settings, addresses, workers, the supervisor, the admin site and health."""

from downhill.celery import app as celery_app

__all__ = ["celery_app"]
