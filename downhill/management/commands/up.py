"""`manage.py up`: prepare what is missing, then run the web server and a worker until Ctrl-C."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import socket
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django.utils.translation import gettext as _

from classroom.models import Cohort, User
from downhill import supervisor
from downhill.management.commands.seed_demo import DEMO_PASSWORD, PEOPLE
from downhill.static_files import HashedStaticFiles

BACKUPS_KEPT = 5
LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Name, command, what its environment has besides ours.
Child = tuple[str, list[str], dict[str, str]]


class Command(BaseCommand):
    help = "Run Downhill: the web server and a worker, with everything they need."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument(
            "--port", type=int, default=os.environ.get("PORT") or 8000, help="the port (default: $PORT, else 8000)"
        )
        parser.add_argument("--no-worker", action="store_true", help="only the web server")

    def handle(self, *args: Any, host: str, port: int, no_worker: bool, **options: Any) -> None:
        check_port(host, port)
        try:
            self._prepare(host)
        except KeyboardInterrupt:
            return
        except (DatabaseError, sqlite3.Error, OSError) as error:
            why = str(error).strip().partition("\n")[0].rstrip(".")
            raise CommandError(_("Downhill cannot prepare its data: %(why)s.") % {"why": why}) from error
        plan = {
            "children": [web(host, port)] if no_worker else [web(host, port), worker()],
            "health": ("127.0.0.1" if host == "0.0.0.0" else host, port, "/healthz"),  # noqa: S104 - only compared
            "greeting": self._greeting(host, port),
        }
        if host not in ("0.0.0.0", "::"):  # noqa: S104 - only compared: nobody reaches us under it
            settings.KEPT_URL.write_text(self._address(host, port), encoding="utf-8")
        connections.close_all()
        # -P, since the folder of the supervisor has a celery.py, and no import may find that one for Celery.
        command = [sys.executable, "-P", supervisor.__file__]
        os.execve(sys.executable, command, {**os.environ, "DOWNHILL_PLAN": json.dumps(plan)})  # noqa: S606 - our own

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _prepare(self, host: str) -> None:
        database = _sqlite_file()  # asked first: connecting makes the file
        if _unapplied_migrations():
            if database:
                self._say(_("Saved a copy of the database in %(path)s.") % {"path": back_up(database)})
            self._say(_("Preparing the database …"))
            call_command("migrate", interactive=False, verbosity=0)
        # The demo's passwords are public: nowhere but on this machine's own address.
        on_laptop = settings.LAN or (settings.DEBUG and host in LOOPBACK)
        if on_laptop and not User.objects.exists():
            # On the room's network its passwords are new: this is the one time that they can be read.
            call_command("seed_demo", stdout=self.stdout if settings.LAN else io.StringIO())
        if not _debug():
            collect_static()

    def _address(self, host: str, port: int) -> str:
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{port}"

    def _greeting(self, host: str, port: int) -> str:
        lines = [_("Downhill is running at %(url)s") % {"url": self._address(host, port)}]
        demo = Cohort.objects.filter(slug="demo", archived=False).first()
        student = User.objects.filter(username="student").first()
        if demo and student and student.check_password(DEMO_PASSWORD):
            names = " / ".join(username for username, display_name in PEOPLE)
            lines += [
                _("Log in as %(names)s, password %(password)s") % {"names": names, "password": DEMO_PASSWORD},
                _("Join the demo class with the code %(code)s") % {"code": demo.join_code},
            ]
        return "\n".join([*lines, _("Stop with Ctrl-C.")])


def check_port(host: str, port: int) -> None:
    """Refuse a port that the web server could not take."""
    if not 1 <= port <= 65535:
        raise CommandError(_("%(port)d is not a port. Choose one from 1 to 65535.") % {"port": port})
    problem = _bind_problem(host, port)
    if problem == errno.EADDRINUSE:
        free = next((other for other in range(port + 1, 65536) if not _bind_problem(host, other)), 8000)
        raise CommandError(_("Another program uses port %(port)d. Try PORT=%(free)d.") % {"port": port, "free": free})
    if problem:
        raise CommandError(
            _("Downhill cannot listen on %(host)s port %(port)d (%(why)s).")
            % {"host": host, "port": port, "why": os.strerror(problem) if problem > 0 else _("no such address")}
        )


def _bind_problem(host: str, port: int) -> int:
    """Try to take the port: 0, or the number of the error."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no obstacle
            probe.bind(address)
    except OSError as error:
        return error.errno or -1
    return 0


def _sqlite_file() -> Path | None:
    """The database's file, where there is one with something in it."""
    if connection.vendor != "sqlite":
        return None
    path = Path(connection.settings_dict["NAME"])
    return path if path.is_file() and path.stat().st_size else None


def _unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def back_up(database: Path) -> Path:
    """Copy an SQLite database, also one in use; keep the newest few copies."""
    folder = settings.VAR_DIR / "backups"
    folder.mkdir(exist_ok=True)
    copy = folder / f"{timezone.now():%Y-%m-%dT%H-%M-%S}.sqlite3"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    for old in sorted(folder.glob("*.sqlite3"))[:-BACKUPS_KEPT]:
        old.unlink()
    return copy


def collect_static() -> None:
    """Copy the static files under their hashed names, unless they are as they were last time (saves 2 s)."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            file = storage.path(path)
            facts = os.stat(file)
            digest.update(f"{file} {facts.st_mtime_ns} {facts.st_size}\n".encode())
    stamp = settings.VAR_DIR / "static.stamp"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest() and settings.STATIC_ROOT.is_dir():
        return
    stamp.unlink(missing_ok=True)
    command = collectstatic.Command()
    # The web process runs with debug off, whatever this process does.
    command.storage = HashedStaticFiles()
    call_command(command, interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def _debug() -> bool:
    """Debug in the children: only where somebody asked for it. A class is served without."""
    return settings.DEBUG and "DEBUG" in os.environ


def _environment(**more: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
    return {"DEBUG": str(int(_debug())), "VAR_DIR": str(settings.VAR_DIR), "PYTHONPATH": path, **more}


def web(host: str, port: int) -> Child:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "downhill.wsgi:application"]
    # One process with few threads: SQLite's writers wait unfairly when they are many.
    options = ["--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"]
    return "web", [*command, "--host", host, "--port", str(port), *options], _environment()


def worker() -> Child:
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "downhill", "worker", "--loglevel", "WARNING"]
    concurrency = os.environ.get("CELERY_CONCURRENCY") or "1"
    options = ["--pool", "prefork", "--concurrency", concurrency, "--without-gossip", "--without-mingle", "--beat"]
    environment = _environment(
        OMP_NUM_THREADS="1",
        DATABASE_POOL="0",
        # SIGTERM then ends a running task and puts its message back, instead of waiting for the task.
        REMAP_SIGTERM="SIGQUIT",
        # It warns everyone who works as root, as in a container.
        PYTHONWARNINGS="ignore:::celery.platforms",
    )
    return "worker", [*command, *options], environment
