"""The project: settings, addresses, workers, the supervisor, the admin site and health."""

from downhill.celery import app as celery_app

__all__ = ["__version__", "celery_app"]

__version__ = "0.2.0"
