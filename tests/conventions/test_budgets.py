"""In CI, a kind of test over its time budget and a skipped browser journey are failures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.slow

# As the suite's own journeys, in a folder of that name; no test finishes in 0 seconds.
CONFTEST = """
from tests.conftest import BUDGETS, pytest_runtest_logreport, pytest_sessionfinish, pytest_terminal_summary

BUDGETS["pure"] = 0
"""
TESTS = """
import pytest

@pytest.mark.pure
def test_something():
    assert True

@pytest.mark.journey
def test_a_journey():
    pytest.skip("no browser")

@pytest.mark.compose
def test_containers():
    pytest.skip("no browser")
"""


@pytest.mark.parametrize(
    ("ci", "n_workers", "status"), [("true", "1", pytest.ExitCode.TESTS_FAILED), ("", "0", pytest.ExitCode.OK)]
)
def test_ci_refuses_a_slow_suite_and_a_skipped_journey(tmp_path: Path, ci: str, n_workers: str, status: int) -> None:
    folder = tmp_path / "journeys"
    folder.mkdir()
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-n", n_workers, "-p", "no:cacheprovider"]

    done = subprocess.run(
        [*command, "-c", str(settings.BASE_DIR / "pyproject.toml"), str(folder)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == status, done.stdout + done.stderr
    assert ("pure tests took " in done.stdout) is bool(ci)
    for name in ("test_a_journey", "test_containers"):
        assert (f"a browser or an engine was missing: test_some.py::{name}" in done.stdout) is bool(ci)
