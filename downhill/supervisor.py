"""Keep a few processes running, and take them all down together.

Plain Python, and run as a program of its own: `manage.py up` turns into it, which frees some 50 MB.
"""

from __future__ import annotations

import ctypes
import http.client
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType

LONGEST_WAIT = 30.0  # seconds between two tries to restart
STEADY_AFTER = 60.0  # seconds alive after which the next restart is immediate again
GRACE = 8.0  # seconds from SIGTERM to SIGKILL; Celery takes 5, of which the last puts a message back
TICK = 0.2

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


class Child:
    """One process in a group of its own, started again with back-off whenever it ends."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.command = list(command)
        self.environment = dict(environment)
        self.process: subprocess.Popen[bytes] | None = None
        self.wait = 1.0
        self.started_at = 0.0
        self.start_at = 0.0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            process_group=0,  # so that the terminal's Ctrl-C reaches the supervisor alone
            preexec_fn=_end_with_parent(os.getpid()),
        )

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start the process if it is due; clear up after it and plan a restart if it has ended."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.start()
        elif (code := self.process.poll()) is not None:
            # What it leaves behind (a pool's children) would hold the port or the queue.
            self.kill_group()
            self.process = None
            self.wait = 1.0 if now - self.started_at >= STEADY_AFTER else self.wait
            say(f"{self.name} ended ({_how(code)}); starting it again in {self.wait:.0f} s.")
            self.start_at = now + self.wait
            self.wait = min(2 * self.wait, LONGEST_WAIT)

    def kill_group(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
                os.killpg(self.process.pid, signal.SIGKILL)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


def supervise(
    children: Sequence[Child],
    *,
    say: Callable[[str], None],
    health: tuple[str, int, str],
    when_ready: Callable[[], None],
) -> None:
    """Run the children until SIGINT or SIGTERM; return when all of them are gone.

    `when_ready` is called once, when `health` (host, port, path) answers. A second signal kills at once.
    """
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup, outlive the terminal
        signal.signal(signal.SIGHUP, stop)
    announced = False
    try:
        while not asked:
            for child in children:
                child.look_after(say)
            if not announced and all(child.alive for child in children) and _answers(*health):
                announced = True
                when_ready()
            time.sleep(TICK)
        say("Stopping …")
    finally:
        _take_down(children, hurried=lambda: len(asked) > 1)


def _take_down(children: Sequence[Child], *, hurried: Callable[[], bool]) -> None:
    for child in children:
        if child.alive:
            # The leader alone: it ends its own children in order.
            child.process.terminate()  # type: ignore[union-attr]  # alive says that there is one
    deadline = time.monotonic() + GRACE
    while any(child.alive for child in children) and time.monotonic() < deadline and not hurried():
        time.sleep(TICK / 4)
    for child in children:
        child.kill_group()
        if child.process is not None:
            child.process.wait()


def _end_with_parent(parent: int) -> Callable[[], None]:
    """Make what runs between fork and exec: on Linux the child gets SIGTERM when the supervisor is killed."""

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # killed between fork and prctl
                os._exit(1)

    return prepare


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _answers(host: str, port: int, path: str) -> bool:
    """Say whether a web server speaks there; a refusal (a host name that is not allowed) counts."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    """Supervise what DOWNHILL_PLAN names, a JSON object; the environments in it are additions to our own."""
    out = io.TextIOWrapper(sys.stdout.buffer, errors="replace", line_buffering=True)
    plan = json.loads(os.environ.pop("DOWNHILL_PLAN"))
    children = [Child(name, command, {**os.environ, **more}) for name, command, more in plan["children"]]

    def say(text: str) -> None:
        out.write(text + "\n")

    host, port, path = plan["health"]
    supervise(children, say=say, health=(host, port, path), when_ready=lambda: say(plan["greeting"]))


if __name__ == "__main__":
    main()
