"""`manage.py up`: prepare what is missing, then run the web server and a worker until Ctrl-C."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from classroom.loopback import is_loopback
from classroom.models import User
from downhill import backups, demo, greeting, room_network, supervisor
from downhill.room_network import Place
from downhill.static_files import HashedStaticFiles
from experiments import liveness

# Name, command, what its environment has besides ours.
Child = tuple[str, list[str], dict[str, str]]


class Command(BaseCommand):
    help = "Run Downhill: the web server and a worker, with everything they need."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", help="the address to listen on (default: 127.0.0.1; with LAN=1, every network)")
        parser.add_argument(
            "--port", type=int, default=os.environ.get("PORT") or 8000, help="the port (default: $PORT, else 8000)"
        )
        parser.add_argument("--no-worker", action="store_true", help="only the web server")

    def handle(self, *args: Any, host: str | None, port: int, no_worker: bool, **options: Any) -> None:
        host = host or ("0.0.0.0" if settings.LAN else "127.0.0.1")  # noqa: S104 - LAN asks for it
        check_port(host, port)
        place = room_network.place(host, port)
        check_reach(place)
        try:
            fresh = self._prepare(place)
            says = greeting.of(place, fresh)
        except KeyboardInterrupt:
            return
        except (backups.Failed, DatabaseError, OSError) as error:
            why = str(error).strip().partition("\n")[0].rstrip(".")
            raise CommandError(_("Downhill cannot prepare its data: %(why)s.") % {"why": why}) from error
        plan = {
            "children": [web(place)] if no_worker else [web(place), worker(place)],
            "health": (place.own, port, "/healthz"),
            "greeting": says,
        }
        settings.KEPT_URL.write_text(place.urls[0], encoding="utf-8")
        connections.close_all()
        # -P, since the folder of the supervisor has a celery.py, and no import may find that one for Celery.
        command = [sys.executable, "-P", supervisor.__file__]
        os.execve(sys.executable, command, {**os.environ, "DOWNHILL_PLAN": json.dumps(plan)})  # noqa: S606 - our own

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _prepare(self, place: Place) -> demo.Passwords:
        """Bring the data up to date; give the passwords that are new, which are shown here and nowhere else."""
        if _unapplied_migrations():
            if not backups.is_empty():
                self._say(_("Saved a copy of the database in %(path)s.") % {"path": backups.make()})
            self._say(_("Preparing the database …"))
            call_command("migrate", interactive=False, verbosity=0)
        liveness.note_sign()  # the worker that is about to start has a minute to be heard
        is_for_others = not all(is_loopback(name) for name in allowed_hosts(place))
        fresh: demo.Passwords = {}
        if (settings.LAN or not is_for_others) and not User.objects.exists():
            fresh = demo.make(is_public=not is_for_others)
        elif is_for_others:
            # Whenever they were made: a public password opens nothing to others.
            fresh = demo.renew_public()
        if fresh and is_for_others:
            self._say(greeting.passwords(fresh))
        if not _debug(place):
            collect_static()
        return fresh


def allowed_hosts(place: Place) -> list[str]:
    """Names that the web server answers to: those that somebody set, and where it listens."""
    return list(dict.fromkeys([*settings.ALLOWED_HOSTS, *place.hosts]))


def check_reach(place: Place) -> None:
    """Refuse to serve a room that cannot come."""
    if settings.LAN and not place.is_open:
        raise CommandError(
            _("LAN=1 serves the room, but only this computer reaches %(host)s. Leave one of them out.")
            % {"host": place.host}
        )
    if settings.LAN and not place.names:
        raise CommandError(
            _("This computer is in no network. Join the wifi of the room, or switch a hotspot on. Then start again.")
        )


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


def _unapplied_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


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


def _debug(place: Place) -> bool:
    """Debug in the children: only where somebody asked for it, and nobody else can look."""
    return settings.DEBUG and not (settings.LAN or place.is_open)


def _environment(place: Place, **more: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
    return {"DEBUG": str(int(_debug(place))), "VAR_DIR": str(settings.VAR_DIR), "PYTHONPATH": path, **more}


def web(place: Place) -> Child:
    command = [sys.executable, "-m", "downhill.web_server", "--host", place.host, "--port", str(place.port)]
    environment = _environment(place, ALLOWED_HOSTS=",".join(allowed_hosts(place)))
    if place.is_open:
        environment["ROOM_URL"] = place.urls[0]
    if settings.LAN:
        # The room speaks plain http, whatever the shell has set for a server: else nobody could stay logged in.
        environment |= {"HTTPS": "0", "TRUST_PROXY": "0"}
    return "web", command, environment


def worker(place: Place) -> Child:
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "downhill", "worker", "--loglevel", "WARNING"]
    options = [
        "--pool",
        "prefork",
        "--concurrency",
        str(settings.WORKER_PROCESSES),
        "--without-gossip",
        "--without-mingle",
        "--beat",
    ]
    environment = _environment(
        place,
        OMP_NUM_THREADS="1",
        # SIGTERM then ends a running task and puts its message back, instead of waiting for the task.
        REMAP_SIGTERM="SIGQUIT",
        # It warns everyone who works as root, as in a container.
        PYTHONWARNINGS="ignore:::celery.platforms",
    )
    return "worker", [*command, *options], environment
