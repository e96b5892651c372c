"""`manage.py up` when processes die, ports are taken and disks refuse."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from downhill import supervisor
from tests.running import MANAGE, Running, wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.services,
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]

# Leaves a session that has expired, asks the worker to clear it away, and waits until it is gone.
CLEAR_A_SESSION = """
import time
from django.contrib.sessions.models import Session
from classroom.tasks import clear_expired_sessions
Session.objects.create(session_key="old", session_data="", expire_date="2020-01-01T00:00Z")
clear_expired_sessions.delay()
deadline = time.monotonic() + 30
while Session.objects.exists():
    assert time.monotonic() < deadline, "the worker did not do it"
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def downhill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("up") / "var", from_nothing=True) as running:
        wait_for(lambda: worker_of(running), "a worker")
        yield running


def worker_of(running: Running) -> int | None:
    """The worker's leading process, which has the number of its group."""
    return next((pid for pid in running.pids("celery") if os.getpgid(pid) == pid), None)


def web_of(running: Running) -> int | None:
    return next((pid for pid in running.pids("web_server") if os.getpgid(pid) == pid), None)


def up(var_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py up` where it is expected to give up."""
    return subprocess.run(
        [*MANAGE, "up"],
        env={**os.environ, "VAR_DIR": str(var_dir), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_says_where_it_is_and_how_to_log_in(downhill: Running) -> None:
    wait_for(lambda: "Stop with Ctrl-C." in downhill.log, "the greeting")

    assert f"Downhill is running at {downhill.url}\n" in downhill.log
    assert "Log in as student / instructor / admin, password downhill\n" in downhill.log
    assert "DEMO-2026" in downhill.log
    assert downhill.answers("/")


def test_a_killed_worker_comes_back_and_works(downhill: Running) -> None:
    killed = wait_for(lambda: worker_of(downhill), "a worker")
    assert killed
    os.killpg(killed, signal.SIGKILL)

    wait_for(lambda: worker_of(downhill) not in (killed, None), "a new worker", seconds=5)
    downhill.ask(CLEAR_A_SESSION)
    assert "worker ended (signal SIGKILL); starting it again in 1 s." in downhill.log


def test_a_killed_web_server_comes_back(downhill: Running) -> None:
    killed = wait_for(lambda: web_of(downhill), "a web server")
    assert killed
    os.kill(killed, signal.SIGKILL)  # the leader alone: what it leaves behind must not hold the port

    wait_for(lambda: web_of(downhill) not in (killed, None), "a new web server", seconds=5)
    wait_for(downhill.answers, "an answer", seconds=15)
    assert "web ended (signal SIGKILL); starting it again in 1 s." in downhill.log


def test_ctrl_c_ends_everything_with_exit_code_0(tmp_path: Path) -> None:
    with Running(tmp_path / "var") as running:
        # While Celery still builds its pool, its own start stumbles over the signal and says so.
        wait_for(lambda: '"worker": "ok"' in running.says("/readyz"), "a worker that is ready")

        os.killpg(running.process.pid, signal.SIGINT)

        assert running.process.wait(15) == 0
        assert running.pids() == []
        assert "Traceback" not in running.log


def test_one_downhill_does_not_take_the_worker_of_another_for_its_own(downhill: Running, tmp_path: Path) -> None:
    wait_for(lambda: '"worker": "ok"' in downhill.says("/readyz"), "a worker that is ready")

    with Running(tmp_path / "var", "--no-worker") as other:
        assert '"worker": "degraded"' in other.says("/readyz")


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    with Running(tmp_path / "var") as running:
        wait_for(lambda: len(running.pids("celery")) > 1, "the worker's pool")

        running.process.kill()

        # Celery gives up its last message first: seconds alone, many of them on a busy machine.
        wait_for(lambda: running.pids() == [], "an end of all", seconds=60)


def test_a_taken_port_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        done = up(tmp_path / "var", PORT=str(port))

    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: Another program uses port {port}. Try PORT=")
    assert done.stderr.count("\n") == 1


def test_a_data_folder_that_cannot_be_written_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()  # not a folder without rights: root may write there

    done = up(tmp_path / "file" / "var")

    assert done.returncode == 1
    assert f"cannot write to {tmp_path / 'file' / 'var'}" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="takes a database's file for itself")
def test_an_older_database_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    downhill = Running(tmp_path / "var", "--no-worker", from_nothing=True, BACKUPS_KEPT="5")
    downhill.copy_prepared()
    downhill.manage("migrate", "--verbosity", "0", "sessions", "zero")
    backups = tmp_path / "var" / "backups"
    backups.mkdir()
    for day in range(1, 7):
        (backups / f"2020-01-0{day}T00-00-00.sqlite3").touch()

    with downhill:
        assert "Saved a copy of the database in" in downhill.log

    copies = sorted(backups.iterdir())
    assert [copy.name[:10] for copy in copies[:4]] == ["2020-01-03", "2020-01-04", "2020-01-05", "2020-01-06"]
    assert len(copies) == 5
    with zipfile.ZipFile(copies[-1]) as copy:
        saved = json.loads(copy.read("about.json"))["rows"]
    assert "django_session" not in saved
    assert saved["classroom_user"] == 3


def test_a_new_database_for_others_is_given_no_demo(tmp_path: Path) -> None:
    names = "class.test,127.0.0.1"
    with Running(tmp_path / "var", "--no-worker", from_nothing=True, ALLOWED_HOSTS=names) as running:
        assert running.ask("from classroom.models import User; print(User.objects.count())") == "0\n"


def test_what_dies_at_once_is_started_ever_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    child = supervisor.Child("web", [sys.executable, "-c", "raise SystemExit(3)"], os.environ)
    said: list[str] = []

    for _ in range(7):
        child.look_after(said.append)
        assert child.process
        child.process.wait()
        child.look_after(said.append)
        now += 30

    waits = [1, 2, 4, 8, 16, 30, 30]
    assert said == [f"web ended (exit code 3); starting it again in {wait} s." for wait in waits]


def test_what_was_alive_for_a_minute_is_started_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    child = supervisor.Child("web", [sys.executable, "-c", ""], os.environ)
    child.wait = 16.0
    said: list[str] = []

    child.look_after(said.append)
    assert child.process
    child.process.wait()
    now += 60
    child.look_after(said.append)

    assert said == ["web ended (exit code 0); starting it again in 1 s."]


def test_what_a_dead_process_leaves_behind_is_ended(tmp_path: Path) -> None:
    left = tmp_path / "pid"
    child = supervisor.Child("worker", ["sh", "-c", f"sleep 60 & echo $! > {left}; kill -KILL $$"], os.environ)
    child.look_after(lambda text: None)
    assert child.process
    child.process.wait()
    proc = Path("/proc") / left.read_text().strip()
    assert proc.exists()

    child.look_after(lambda text: None)

    # Gone, or a zombie until init takes notice: either way it holds nothing.
    wait_for(lambda: not proc.exists() or ") Z " in (proc / "stat").read_text(), "its end", seconds=5)
