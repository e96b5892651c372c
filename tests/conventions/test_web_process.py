"""The web process stays light: it never loads scikit-learn, which takes seconds and a hundred megabytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow

PROBE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "downhill.settings"
from downhill.wsgi import application
import downhill.urls
from django.test import Client
print(Client(SERVER_NAME="localhost").get("/").status_code)
{also}
print(sorted({{"sklearn", "scipy", "numpy"}} & set(sys.modules)))
"""


def heavy_modules(var: Path, also: str = "") -> list[str]:
    """Serve the front door in a process of its own; give what it printed: the status and the heavy modules."""
    command = [sys.executable, "-c", PROBE.format(also=also)]
    # Pages name static files that nobody has collected here.
    environment = {**os.environ, "VAR_DIR": str(var), "DEBUG": "1"}
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


def test_the_web_process_never_loads_scikit_learn(tmp_path: Path) -> None:
    assert heavy_modules(tmp_path) == ["200", "[]"]


def test_the_probe_sees_it_when_something_does(tmp_path: Path) -> None:
    assert heavy_modules(tmp_path, also="import sklearn") == ["200", "['numpy', 'scipy', 'sklearn']"]
