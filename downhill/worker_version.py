"""What a worker says when it is asked of which Downhill it is. Loaded by workers alone."""

from __future__ import annotations

from typing import Any

from celery.worker.control import inspect_command

from downhill import __version__


@inspect_command()
def version(state: Any) -> str:
    return __version__
