"""The hooks for commits: checks of `make lint`, word for word, and nobody else's."""

from __future__ import annotations

import os
import subprocess
from typing import Any

import pytest
import yaml
from django.conf import settings

pytestmark = pytest.mark.pure


def checks() -> list[str]:
    """The commands of `make lint`, as make would run them."""
    command = ["make", "--dry-run", "--no-print-directory", "lint"]
    # Not as a part of the make that may run this test.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines()


def repos() -> list[dict[str, Any]]:
    repos: list[dict[str, Any]] = yaml.safe_load((settings.BASE_DIR / ".pre-commit-config.yaml").read_text())["repos"]
    return repos


def test_a_hook_fetches_nothing() -> None:
    assert [repo["repo"] for repo in repos()] == ["local"]


def test_a_hook_runs_what_make_lint_runs() -> None:
    hooks = [hook for repo in repos() for hook in repo["hooks"]]

    assert {hook["entry"] for hook in hooks} <= set(checks())
    assert [hook["id"] for hook in hooks if hook["language"] != "system" or hook["pass_filenames"]] == []
