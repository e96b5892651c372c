"""The steps of the Dockerfile and the commands of docker-compose.yml, carried out without Docker.

Paths of the image lie under a folder of the test; users are not made. The environment is that of the containers alone.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conventions import containers
from tests.running import spare_port, wait_for

REDIS_IS_MISSING = not all(map(shutil.which, ("redis-server", "redis-cli")))

pytestmark = [
    pytest.mark.faults,
    pytest.mark.services,
    pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="needs PostgreSQL: make test-services"),
    pytest.mark.skipif(REDIS_IS_MISSING, reason="no Redis to start: make test-services"),
]

WEB_PORT, REDIS_PORT = spare_port(), spare_port()


class Image:
    """What the Dockerfile makes, in a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self.folder = root
        for instruction, argument in containers.instructions():
            getattr(self, f"_{instruction.lower()}", self._of_no_effect)(argument)
        self.files = self.outside_var()

    def moved(self, text: str) -> str:
        """The same with the image's paths under our folder, and our ports."""
        text = re.sub(r"(?<![\w./])/(?=(opt/venv|app|tmp)\b)", f"{self.root}/", text)
        return re.sub(r"\b8000\b", str(WEB_PORT), text).replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - replaced

    def outside_var(self) -> dict[str, int]:
        """Every file of Downhill that it may not write to, with the time when it was written."""
        app = self.root / "app"
        files = {path.relative_to(app): path for path in app.rglob("*")}
        return {str(name): path.stat().st_mtime_ns for name, path in files.items() if name.parts[0] != "var"}

    def _of_no_effect(self, argument: str) -> None:
        """FROM, EXPOSE and the like."""

    def _workdir(self, argument: str) -> None:
        self.folder = Path(self.moved(argument))
        self.folder.mkdir(parents=True)

    def _env(self, argument: str) -> None:
        for name, value in containers.image_environment().items():
            self.environment[name] = self.moved(value).replace("$PATH", self.environment["PATH"])

    def _copy(self, argument: str) -> None:
        source, target = argument.split()[-2:]
        if "--from=" in argument:  # both stages share our folder
            return
        to = Path(self.moved(target))
        to.parent.mkdir(parents=True, exist_ok=True)
        for name in containers.let_in() if source == "." else []:
            _copy(containers.ROOT / name, to / name)
        if source != ".":
            _copy(containers.ROOT / source, to)

    def _run(self, argument: str) -> None:
        if "useradd" in argument:
            return
        step = self.moved(argument).replace("-o downhill -g downhill ", "")
        if uv := shutil.which("uv", path=self.environment["PATH"]):  # which has the packages at hand
            step = re.sub(
                r"(\S+)/bin/pip install --no-cache-dir", rf"{uv} pip install --quiet --python \1/bin/python", step
            )
        environment = (
            self.environment if "/opt/venv/bin:" in self.environment["PATH"] else {**os.environ, **self.environment}
        )
        done = subprocess.run(  # noqa: S602 - a step is written for a shell
            step, shell=True, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target)


class Containers:
    """The services of the compose file, as processes."""

    def __init__(self, image: Image, services: dict[str, Any], **environment: str) -> None:
        self.image = image
        self.services = services
        self.given = environment
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def environment_of(self, name: str) -> dict[str, str]:
        ours = containers.environment_of(self.services[name], **self.given)
        environment = {**ours, **self.image.environment, "HOSTNAME": socket.gethostname()}
        return environment if "build" in self.services[name] else {**environment, "PATH": os.environ["PATH"]}

    def start(self, name: str, *more: str) -> None:
        command = [self.image.moved(part) for part in containers.command_of(self.services[name])]
        with self._log(name).open("w") as log:
            self.running[name] = subprocess.Popen(
                [*command, *more],
                cwd=self.image.folder,
                env=self.environment_of(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def healthy(self, name: str) -> bool:
        command = [self.image.moved(part) for part in containers.health_of(self.services[name])]
        command = [part.replace("redis-cli", f"redis-cli -p {REDIS_PORT}") for part in command]
        asked = subprocess.run(
            command, cwd=self.image.folder, env=self.environment_of(name), capture_output=True, check=False
        )
        return asked.returncode == 0

    def _log(self, name: str) -> Path:
        return self.image.root / f"{name}.log"

    def log(self, name: str) -> str:
        return self._log(name).read_text()

    def stop(self, name: str) -> int:
        """As docker stop does: SIGTERM to the one process, and the time that the service is given."""
        self.running[name].terminate()
        return self.running[name].wait(int(self.services[name].get("stop_grace_period", "10s").removesuffix("s")))

    def end(self) -> None:
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return Image(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    name = f"downhill_containers_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def downhill(image: Image, database: str) -> Iterator[Containers]:
    redis_url = f"redis://:{containers.SECRETS['REDIS_PASSWORD']}@127.0.0.1:{REDIS_PORT}/0"
    given = {**containers.SECRETS, "DATABASE_URL": database, "REDIS_URL": redis_url}
    started = Containers(image, containers.compose(**given)["services"], **given)
    try:
        started.start("redis", "--port", str(REDIS_PORT), "--bind", "127.0.0.1", "--dir", str(image.root))
        wait_for(lambda: started.healthy("redis"), "Redis")
        yield started
    finally:
        started.end()


@pytest.fixture(scope="module")
def working(downhill: Containers) -> Containers:
    """Everything started in the order of the compose file."""
    downhill.start("migrate")
    assert downhill.running["migrate"].wait(60) == 0, downhill.log("migrate")
    assert {name for name in ("web", "worker", "beat") if downhill.healthy(name)} == set()
    for name in ("web", "worker", "beat"):
        downhill.start(name)
    return downhill


def test_the_image_has_its_static_files_under_their_hashed_names(image: Image) -> None:
    assert (image.root / "app" / "var" / "static" / "staticfiles.json").is_file()
    assert not (image.root / "app" / "var" / "secret_key").exists()
    assert not (image.root / "app" / "tests").exists()


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_part_that_runs_is_found_healthy(working: Containers, name: str) -> None:
    wait_for(lambda: working.healthy(name), f"{name}: {working.log(name)}", seconds=60)

    assert working.running[name].poll() is None


def test_the_parts_find_each_other(working: Containers) -> None:
    ask = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/readyz', timeout=5).read().decode())"

    def ready() -> bool:
        command = ["python", "-c", working.image.moved(ask)]
        says = subprocess.run(command, env=working.environment_of("web"), capture_output=True, text=True, check=False)
        return says.stdout.strip() == '{"database": "ok", "broker": "ok", "worker": "ok"}'

    wait_for(ready, f"readiness: {working.log('worker')}", seconds=60)


def test_redis_wants_its_password(working: Containers) -> None:
    asked = subprocess.run(
        ["redis-cli", "-p", str(REDIS_PORT), "ping"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )

    assert "NOAUTH" in asked.stdout + asked.stderr


@pytest.mark.parametrize("name", ["beat", "worker", "web"])
def test_a_part_stops_in_the_time_that_it_is_given(working: Containers, name: str) -> None:
    wait_for(lambda: working.healthy(name), name, seconds=60)

    working.stop(name)

    assert "Traceback" not in working.log(name)
    assert not working.healthy(name) or name == "beat"  # whose schedule stays young for a while


def test_nothing_is_written_but_to_the_folder_for_it(working: Containers) -> None:
    assert working.image.outside_var() == working.image.files
