"""A real Downhill for tests: `manage.py up` on a spare port, with a data folder of its own."""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Self, TypeVar
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import psycopg
import redis

PROJECT = Path(__file__).resolve().parent.parent
Answer = TypeVar("Answer")
MANAGE = [sys.executable, str(PROJECT / "manage.py")]
# What `Running.ask` talks to: one process for all questions, since starting Django takes longer than most of them.
ANSWERER = """
import contextlib, io, json, sys, traceback
from django.db import connections
answers = sys.stdout
for line in sys.stdin:
    said, failure = io.StringIO(), ""
    with contextlib.redirect_stdout(said):
        try:
            exec(json.loads(line), {"__name__": "asked"})
        except BaseException:
            failure = traceback.format_exc()
    connections.close_all()
    print(json.dumps([said.getvalue(), failure]), file=answers, flush=True)
"""


class Running:
    """Runs from `with` to its end. With DATABASE_URL and REDIS_URL in the environment it runs on those services.

    `var_dir` is its own; so are the database on PostgreSQL and the prefix on Redis. Unless it starts from nothing, its
    database and its static files are copies of those that another has prepared.
    """

    def __init__(self, var_dir: Path, *arguments: str, from_nothing: bool = False, **environment: str) -> None:
        self.var_dir = var_dir
        # A server of the test's own has nothing prepared on it.
        self.is_copy = not (from_nothing or "DATABASE_URL" in environment)
        self.is_kept = False
        self.answerer: subprocess.Popen[str] | None = None
        self.port = spare_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.arguments = arguments
        # What is sealed stays sealed at once, unless a test is about the moment in which it can be taken back.
        own = {"VAR_DIR": str(var_dir), "PORT": str(self.port), "UNDO_SECONDS": "0"}
        # A worker that plays an evening is not at hand.
        own["DEMO_EVENING"] = "0"
        # Cores are few where many tests run at once.
        own["WEB_WORKERS"] = "1"
        self.environment = {**os.environ, **own, **environment}
        self.server = self.environment.get("DATABASE_URL", "")
        self.name_database(f"downhill_running_{uuid.uuid4().hex[:8]}")

    def name_database(self, name: str) -> None:
        """Name its database on PostgreSQL, and so its prefix on Redis."""
        self.database = name
        self.environment["REDIS_PREFIX"] = f"{name}:"
        if self.server:
            self.environment["DATABASE_URL"] = f"{self.server.rpartition('/')[0]}/{name}"

    def __enter__(self) -> Self:
        if self.is_copy:
            self.copy_prepared()
        elif self.server:
            self._on_server(f"CREATE DATABASE {self.database}")
        self.var_dir.mkdir(parents=True, exist_ok=True)
        with (self.var_dir / "up.log").open("w") as log:
            self.process = subprocess.Popen(
                [*MANAGE, "up", *self.arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(lambda: self.process.poll() is not None or self.answers(), "an answer", seconds=120)
            assert self.process.poll() is None, "it ended"
        except BaseException as error:
            self.__exit__()
            raise RuntimeError(f"Downhill did not start ({error}):\n{self.log}") from error
        return self

    def __exit__(self, *error: object) -> None:
        if self.answerer is not None:
            self.answerer.communicate(timeout=20)
        # The second signal makes it quick.
        self.process.send_signal(signal.SIGINT)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        finally:
            for pid in self.pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if self.server and not self.is_kept:
                self._on_server(f"DROP DATABASE {self.database} WITH (FORCE)")
            self._clear_broker()

    def copy_prepared(self) -> None:
        """Begin where a Downhill has got to that was started once and ended."""
        prepared = _prepared()
        if self.server:
            self._on_server(f"CREATE DATABASE {self.database} TEMPLATE {prepared.database}")
        # The modification times too: by them `up` knows that static files are as they were.
        shutil.copytree(prepared.var_dir, self.var_dir, dirs_exist_ok=True)

    @property
    def log(self) -> str:
        return (self.var_dir / "up.log").read_text()

    @property
    def fresh_passwords(self) -> dict[str, str]:
        """The passwords that its start printed, by username."""
        return passwords_in(self.log)

    def manage(self, *arguments: str) -> str:
        """Run another command of manage.py on the same data; gives what it printed."""
        done = subprocess.run([*MANAGE, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, script: str) -> str:
        """Carry out a script of Python on the same data; gives what it printed.

        A script that fails, fails its own test alone: if the process behind it has ended, the next gets another.
        """
        if self.answerer is None or self.answerer.poll() is not None:
            self.answerer = subprocess.Popen(
                [*MANAGE, "shell", "--no-imports", "-c", ANSWERER],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.answerer.stdin is not None
        assert self.answerer.stdout is not None
        print(json.dumps(script), file=self.answerer.stdin, flush=True)
        answer = self.answerer.stdout.readline()
        assert answer, f"who answers has ended ({self.answerer.wait()}); the error stands above"
        said, failure = json.loads(answer)
        assert not failure, failure
        return str(said)

    def answers(self, path: str = "/healthz") -> bool:
        try:
            with build_opener(ProxyHandler({})).open(self.url + path, timeout=5):
                return True
        except (URLError, OSError):
            return False

    def says(self, path: str) -> str:
        """What a page answers, as text; nothing if it does not."""
        try:
            with build_opener(ProxyHandler({})).open(self.url + path, timeout=5) as answer:
                return answer.read().decode()
        except (URLError, OSError):
            return ""

    def is_written(self) -> bool:
        """Tell whether somebody is in the middle of a write, and has been for half a second; on SQLite there is one."""
        if self.server:
            return False
        with closing(sqlite3.connect(self.var_dir / "downhill.sqlite3", timeout=0.5)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            connection.rollback()
        return False

    def pids(self, part: str = "") -> list[int]:
        """Processes of this Downhill, supervisor included; only those with `part` in their command. Linux only."""
        mark = f"VAR_DIR={self.var_dir}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has just ended
                is_ours = mark in (folder / "environ").read_bytes().split(b"\0")
                if is_ours and part.encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
        return found

    def _clear_broker(self) -> None:
        if broker := self.environment.get("REDIS_URL"):
            with redis.from_url(broker) as queue:
                for key in queue.scan_iter(f"{self.database}:*"):
                    queue.delete(key)

    def forget(self) -> None:
        """Remove what is left of one that was kept, or never ran."""
        self._clear_broker()
        shutil.rmtree(self.var_dir.parent, ignore_errors=True)
        if self.server:
            self._on_server(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")

    def _on_server(self, statement: str) -> None:
        with psycopg.connect(self.server.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
            connection.execute(statement)


@cache
def _prepared() -> Running:
    """A Downhill that has been started once and ended: all others of a session begin where it has got to.

    Whichever of the session's processes needs it first makes it; the others wait, and the session's end removes it.
    """
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    running = _to_prepare(session)
    folder = running.var_dir.parent
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            with running:
                pass
            for name in ("up.log", "public_url"):
                (running.var_dir / name).unlink(missing_ok=True)
            (folder / "done").touch()
    if "PYTEST_XDIST_TESTRUNUID" not in os.environ:
        atexit.register(forget_prepared, session)
    return running


def _to_prepare(session: str) -> Running:
    running = Running(Path(tempfile.gettempdir()) / f"downhill-{session}" / "var", "--no-worker", from_nothing=True)
    running.name_database(f"downhill_prepared_{session}")
    running.is_kept = True
    return running


def forget_prepared(session: str) -> None:
    """Remove what the processes of a session had in common, if they needed it."""
    running = _to_prepare(session)
    if running.var_dir.parent.exists():
        running.forget()


def passwords_in(printed: str) -> dict[str, str]:
    """Usernames and new passwords, as `up` and `demo_passwords` print them."""
    return dict(re.findall(r"^  (\w+) +([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})$", printed, re.MULTILINE))


def spare_port() -> int:
    """A free port below those that outgoing connections use: one of these must not take it before the server does."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(claim: Callable[[], Answer], what: str, *, seconds: float = 30) -> Answer:
    """Give back what `claim` says as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (answer := claim()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)
    return answer
