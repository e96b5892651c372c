"""A PostgreSQL and a Redis of a test's own, on spare ports, to be stopped and started at will."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg
import pytest
import redis

from tests.running import spare_port, wait_for


def program(name: str) -> str | None:
    """Where a program of PostgreSQL's is; Debian keeps them off the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(versions[-1]) if versions else None)


def are_installed() -> bool:
    return bool(program("initdb") and program("pg_ctl") and shutil.which("redis-server"))


needed = pytest.mark.skipif(
    not are_installed() and "CI" not in os.environ, reason="none to start; CI has them, or fails"
)


class Services:
    """Runs from `with` to its end. Redis keeps an append-only file, as in production."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres_port, self.redis_port = spare_port(), spare_port()
        self.redis: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": f"postgres://postgres@127.0.0.1:{self.postgres_port}/postgres",
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
        }

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        os.chmod(self.folder, 0o777)  # noqa: S103 - PostgreSQL runs as another user, who makes its own folder in it
        for parent in self.folder.parents:
            with suppress(PermissionError):
                parent.chmod(parent.stat().st_mode | 0o011)  # and has to get there
        self._as_postgres("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start_postgres()
        self.start_redis()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop_redis()
        with suppress(subprocess.CalledProcessError):
            self._as_postgres("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def start_postgres(self) -> None:
        options = f"-p {self.postgres_port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._as_postgres("pg_ctl", "-D", self._data, "-l", f"{self.folder}/log", "-w", "-o", options, "start")
        wait_for(self._postgres_answers, "PostgreSQL")

    def stop_postgres(self) -> None:
        self._as_postgres("pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop")

    def start_redis(self) -> None:
        options = ["--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        command = ["redis-server", *options, "--appendonly", "yes", "--appendfsync", "everysec"]
        self.redis = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(self._redis_answers, "Redis")

    def stop_redis(self) -> None:
        if self.redis is not None:
            self.redis.terminate()
            self.redis.wait(10)

    @property
    def _data(self) -> str:
        return f"{self.folder}/data"

    def _as_postgres(self, name: str, *arguments: str) -> None:
        """PostgreSQL refuses to run as root."""
        path = program(name)
        assert path is not None, name
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        with (self.folder / "said").open("ab") as said:
            subprocess.run([*user, path, *arguments], cwd="/", stdout=said, stderr=said, check=True)

    def _postgres_answers(self) -> bool:
        with suppress(psycopg.Error), psycopg.connect(self.environment["DATABASE_URL"], connect_timeout=2):
            return True
        return False

    def _redis_answers(self) -> bool:
        with suppress(redis.RedisError), redis.from_url(self.environment["REDIS_URL"]) as client:
            return bool(client.ping())
        return False


def seconds_since(moment: float) -> str:
    return f"{time.monotonic() - moment:.1f} s"
