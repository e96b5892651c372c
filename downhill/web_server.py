"""The web server as Downhill runs it, on a laptop and in a container: `python -m downhill.web_server`.

WEB_WORKERS and WEB_THREADS say how many processes it has, and how many threads each of them.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

HEADER_MS = 15_000  # for the head of a request; what is begun and never ended costs a socket, and not for ever
STOP_SECONDS = 7  # for what is under way when it is told to stop; `up` kills after eight, Docker after ten
CONNECTIONS = 4096  # of browsers, each of which keeps several open: a process that has as many takes no more


class WebServer(Granian):  # type: ignore[misc,valid-type]  # it is another class on each sort of Python
    """Granian that says it is about to stop, and goes on for as long as a proxy needs to hear of it."""

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        Path(os.environ["WEB_STOPPING"]).touch()
        threading.Timer(settings.WEB_STOPS_AFTER, super().signal_handler_interrupt).start()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "downhill.settings")
    parser = argparse.ArgumentParser(description="Serve Downhill.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="downhill-web-") as box:
        # Where its processes look when they are asked whether they live, and where they add up what they count.
        os.environ["WEB_STOPPING"] = f"{box}/stopping"
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = box
        # Loaded once, before the processes part: they start at once and have its memory in common.
        importlib.import_module("downhill.rsgi")
        gc.freeze()
        _server(asked.host, asked.port).serve()


def _server(host: str, port: int) -> WebServer:
    return WebServer(
        "downhill.rsgi:application",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=settings.WEB_WORKERS,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MS),
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )


if __name__ == "__main__":
    main()
