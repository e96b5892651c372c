"""A real Downhill for tests: `manage.py up` on a spare port, with a data folder of its own."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import psycopg
import redis

PROJECT = Path(__file__).resolve().parent.parent
Answer = TypeVar("Answer")
MANAGE = [sys.executable, str(PROJECT / "manage.py")]


class Running:
    """Runs from `with` to its end. With DATABASE_URL and REDIS_URL in the environment it runs on those services.

    `var_dir` is its own; so are the database on PostgreSQL and the prefix on Redis.
    """

    def __init__(self, var_dir: Path, *arguments: str, **environment: str) -> None:
        self.var_dir = var_dir
        self.port = spare_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.arguments = arguments
        self.environment = {**os.environ, "VAR_DIR": str(var_dir), "PORT": str(self.port), **environment}
        self.server = self.environment.get("DATABASE_URL", "")
        self.database = f"downhill_running_{uuid.uuid4().hex[:8]}"
        self.environment["REDIS_PREFIX"] = f"{self.database}:"
        if self.server:
            self.environment["DATABASE_URL"] = f"{self.server.rpartition('/')[0]}/{self.database}"

    def __enter__(self) -> Self:
        if self.server:
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
            wait_for(lambda: self.process.poll() is not None or self.answers(), "an answer", seconds=60)
            assert self.process.poll() is None, "it ended"
        except BaseException as error:
            self.__exit__()
            raise RuntimeError(f"Downhill did not start ({error}):\n{self.log}") from error
        return self

    def __exit__(self, *error: object) -> None:
        # The second signal makes it quick.
        self.process.send_signal(signal.SIGINT)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        finally:
            for pid in self.pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if self.server:
                self._on_server(f"DROP DATABASE {self.database} WITH (FORCE)")
            if broker := self.environment.get("REDIS_URL"):
                with redis.from_url(broker) as queue:
                    for key in queue.scan_iter(f"{self.database}:*"):
                        queue.delete(key)

    @property
    def log(self) -> str:
        return (self.var_dir / "up.log").read_text()

    def manage(self, *arguments: str) -> str:
        """Run another command of manage.py on the same data; gives what it printed."""
        done = subprocess.run([*MANAGE, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

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

    def _on_server(self, statement: str) -> None:
        with psycopg.connect(self.server.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
            connection.execute(statement)


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
