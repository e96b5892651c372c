"""What lies on the disk: the data folder and its room, static files, lessons, the secret key, backups."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom.outages import ROOM_ON_DISK
from downhill import backups as saved
from downhill.doctor.finding import Finding, broken, warning
from downhill.static_files import HashedStaticFiles
from lessons import catalogue

LITTLE_ROOM = 1024 * 1024 * 1024  # bytes: a backup before the next update needs some, too
OLD = timedelta(days=7)
# As Django's own check has it.
SHORTEST_KEY, FEWEST_SIGNS = 50, 5


def data_folder() -> Iterator[Finding]:
    try:
        with tempfile.TemporaryFile(dir=settings.VAR_DIR) as file:
            file.write(b"1")
    except OSError as error:
        if settings.DATABASE_URL and settings.REDIS_URL:
            return  # a container keeps nothing of its own
        yield broken(
            _("Downhill cannot write to %(folder)s (%(why)s).") % {"folder": settings.VAR_DIR, "why": error.strerror},
            _("Give it to the user that Downhill runs as, or set VAR_DIR to another folder."),
        )


def disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.VAR_DIR).free
    words = {"folder": settings.VAR_DIR, "mb": free // (1024 * 1024)}
    remedy = _("Make room: delete old logs, images and backups. Until then answers may not be stored.")
    if free < ROOM_ON_DISK:
        yield broken(_("The disk of %(folder)s is full: %(mb)d MB are free.") % words, remedy)
    elif free < LITTLE_ROOM:
        yield warning(_("The disk of %(folder)s is almost full: %(mb)d MB are free.") % words, remedy)


def static_files() -> Iterator[Finding]:
    if settings.DEBUG:
        return
    try:
        collected = HashedStaticFiles(location=settings.STATIC_ROOT, base_url=settings.STATIC_URL).hashed_files
    except ValueError:
        collected = {}
    missing = [name for name in _there() if name not in collected]
    if missing:
        says = (
            _("The static files were collected by another version: %(name)s is missing.") % {"name": missing[0]}
            if collected
            else _("The static files have not been collected: no page can be shown.")
        )
        yield broken(says, _("Say “manage.py collectstatic --noinput”. manage.py up and the image do it themselves."))


def _there() -> Iterator[str]:
    for finder in get_finders():
        for path, storage in finder.list(None):
            prefix = getattr(storage, "prefix", None)
            name = f"{prefix}/{path}" if prefix else path
            if not name.endswith(".map"):
                yield name


def lessons() -> Iterator[Finding]:
    for lesson in catalogue.broken():
        says = _("The lesson in %(folder)s cannot be used: %(why)s")
        yield broken(
            says % {"folder": lesson.folder, "why": lesson.problems[0]},
            _("Correct it as “manage.py check_content” says. Nothing has to be restarted."),
        )


def secret_key() -> Iterator[Finding]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_SIGNS or key.startswith("django-insecure-"):
        yield broken(
            _("SECRET_KEY is too easy to guess: anyone who does can log in as anybody."),
            _("Set it to 50 random characters, as deploy/env does, and restart. Everybody has to log in again."),
        )


def backups() -> Iterator[Finding]:
    newest = next(iter(saved.kept()), None)
    # A server's dumps are kept where no web server looks.
    if saved.is_empty() or (newest is None and connection.vendor != "sqlite"):
        return
    made_at = datetime.fromtimestamp(newest.stat().st_mtime, UTC) if newest else None
    if made_at is None or timezone.now() - made_at > OLD:
        says = (
            _("The newest backup in %(folder)s is %(n)d days old.")
            % {"folder": saved.folder(), "n": (timezone.now() - made_at).days}
            if made_at
            else _("There is no backup in %(folder)s.") % {"folder": saved.folder()}
        )
        yield warning(says, _("Say “manage.py backup”, every night if you can, and copy the file elsewhere."))
