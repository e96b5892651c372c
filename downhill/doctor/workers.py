"""The broker and the workers: whether messages are taken, and by workers of this version."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from downhill import __version__
from downhill.celery import app
from downhill.doctor.finding import Finding, broken, warning

WAIT = 2  # seconds; a worker answers within one, also in the middle of a run


def broker_and_workers() -> Iterator[Finding]:
    try:
        there = {name for answer in app.control.ping(timeout=WAIT) or () for name in answer}
    except Exception as error:  # noqa: BLE001 - each transport has errors of its own
        yield broken(
            _("The broker cannot be reached: %(why)s.") % {"why": str(error).strip().partition("\n")[0].rstrip(".")},
            _("Start Redis, or correct REDIS_URL. Until then runs are stored and wait."),
        )
        return
    if not there:
        yield broken(
            _("No worker answers: runs and badges wait."),
            _("Start one: manage.py up does, or “docker compose up -d worker”. If one runs, compare its REDIS_PREFIX."),
        )
        return
    told = {
        name: says
        for answer in app.control.broadcast("version", reply=True, timeout=WAIT) or ()
        for name, says in answer.items()
    }
    if others := sorted(name for name in there if told.get(name) != __version__):
        yield warning(
            _("Workers of another version than %(version)s are at work: %(names)s.")
            % {"version": __version__, "names": ", ".join(others)},
            _("Restart them with this version; deploy/update does."),
        )
