"""A server of its own for tests: a copy of this checkout, brought up by Docker Compose behind TLS."""

from __future__ import annotations

import http.cookiejar
import json
import re
import shutil
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, ProxyHandler, Request, build_opener

from tests.running import PROJECT, spare_port, wait_for

ANY_CERTIFICATE = ssl.create_default_context()
ANY_CERTIFICATE.check_hostname, ANY_CERTIFICATE.verify_mode = False, ssl.CERT_NONE
# What a server has and a test cannot: the ports 80 and 443. And pip reaches its packages as it does on this machine.
OVERRIDE = """
services:
  web: {{build: {{network: host}}}}
  worker: {{build: {{network: host}}}}
  proxy: {{ports: !override ["127.0.0.1:{port}:8443"]}}
"""


class Stack:
    """Downhill in containers, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = spare_port()
        self.url = f"https://localhost:{self.port}"
        self.name = f"downhill-test-{uuid.uuid4().hex[:6]}"
        listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        files = subprocess.run(listed, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.split("\0")
        for name in filter(None, files):
            if (PROJECT / name).is_file():  # not what was deleted and is not committed yet
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(PROJECT / name, folder / name)
        self.write("docker-compose.override.yml", OVERRIDE.format(port=self.port))
        # Images of its own: those of whoever works here stay.
        self.change("docker-compose.yml", "image: downhill:", "image: downhill-test:")

    # --- files ------------------------------------------------------------------------------------

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def set(self, **settings: str) -> None:
        with (self.folder / ".env").open("a") as env:
            env.writelines(f"{name}={value}\n" for name, value in settings.items())

    def env(self) -> dict[str, str]:
        lines = (self.folder / ".env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    # --- commands ---------------------------------------------------------------------------------

    def run(self, *command: str, **options: Any) -> str:
        """Run a command in the folder; give what it printed."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def compose(self, *command: str, **options: Any) -> str:
        return self.run("docker", "compose", *command, **options)

    def up(self, *more: str) -> None:
        self.compose("up", "-d", "--scale", "web=2", "--scale", "worker=3", *more)
        wait_for(self.is_ready, "readiness", seconds=400)

    def ask(self, script: str) -> str:
        """Carry out a script of Python in a web server's container; give what it printed."""
        return self.compose("exec", "-T", "web", "python", "manage.py", "shell", "--no-imports", "-c", script)

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).split()

    def answered(self, web: str, to: str) -> int:
        """How many of the requests that a web server has answered are of this kind, by their lines in its log."""
        said = self.run("sh", "-c", f"docker logs {web} 2>&1")
        return sum(to in line for line in said.splitlines())

    def down(self) -> None:
        self.compose("down", "--volumes", "--timeout", "5")

    # --- over the network -------------------------------------------------------------------------

    def is_ready(self) -> bool:
        try:
            answer = Client(self).get("/readyz")
        except OSError:
            return False
        return answer.status == 200 and json.loads(answer.body)["worker"] == "ok"

    @contextmanager
    def under_load(self, *asks: Callable[[], Any], pause: float = 0.2) -> Iterator[list[str]]:
        """Ask again and again while something happens, each in a thread; give what did not go as it should."""
        failures: list[str] = []
        over = threading.Event()

        def go_on(ask: Callable[[], Any]) -> None:
            while not over.wait(pause):
                try:
                    ask()
                except Exception as error:  # noqa: BLE001 - whatever went wrong is what we look for
                    failures.append(f"{time.strftime('%X')} {error!r}")

        threads = [threading.Thread(target=go_on, args=(ask,)) for ask in asks]
        for thread in threads:
            thread.start()
        try:
            yield failures
        finally:
            over.set()
            for thread in threads:
                thread.join()


class Answer:
    def __init__(self, status: int, headers: Any, body: str) -> None:
        self.status, self.headers, self.body = status, headers, body


class Client:
    """A browser without a window, or a script with a token."""

    def __init__(self, stack: Stack, token: str = "") -> None:
        self.url = stack.url
        self.token = token
        self.cookies = http.cookiejar.CookieJar()
        handlers = [ProxyHandler({}), HTTPSHandler(context=ANY_CERTIFICATE), HTTPCookieProcessor(self.cookies)]
        self.opener = build_opener(*handlers)

    def get(self, path: str) -> Answer:
        return self._open(Request(self.url + path))  # noqa: S310 - our own address

    def form(self, page: str, to: str, **fields: str) -> Answer:
        """Send a form of a page that was read before, as it stands there."""
        fields["csrfmiddlewaretoken"] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
        request = Request(self.url + to, urlencode(fields).encode(), {"Referer": self.url + to})  # noqa: S310
        return self._open(request)

    def api(self, method: str, path: str, body: Any = None, **more: str) -> Any:
        headers = {"Content-Type": "application/json", **more}
        if self.token:
            headers["Authorization"] = f"Token {self.token}"
        sent = json.dumps(body).encode() if body is not None else None
        answer = self._open(Request(f"{self.url}/api/v1/{path}", sent, headers, method=method))  # noqa: S310
        assert answer.status < 300, f"{answer.status} {answer.body}"
        return json.loads(answer.body)

    def _open(self, request: Request) -> Answer:
        request.add_header("Accept-Encoding", "identity")
        try:
            with self.opener.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read().decode())
        except HTTPError as error:
            return Answer(error.code, error.headers, error.read().decode())
