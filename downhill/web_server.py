"""The web server as Downhill runs it, on a laptop and in a container: `python -m downhill.web_server`.

WEB_WORKERS and WEB_THREADS say how many processes it has, and how many threads each of them.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import tempfile

from django.conf import settings
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

HEADER_MS = 15_000  # for the head of a request; what is begun and never ended costs a socket, and not for ever
STOP_SECONDS = 7  # for what is under way when it is told to stop; `up` kills after eight, Docker after ten
CONNECTIONS = 4096  # of browsers, each of which keeps several open: a process that has as many takes no more


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "downhill.settings")
    parser = argparse.ArgumentParser(description="Serve Downhill.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="downhill-metrics-") as folder:
        # Where the processes add up what they count; read when the library is loaded.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        # Loaded once, before the processes part: they start at once and have its memory in common.
        importlib.import_module("downhill.rsgi")
        gc.freeze()
        serve(asked.host, asked.port)


def serve(host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    Granian(
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
    ).serve()


if __name__ == "__main__":
    main()
