"""The hooks for commits: checks of `make check`, word for word, and nobody else's."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from django.conf import settings

pytestmark = pytest.mark.pure


def checks() -> list[str]:
    """The commands of `make check`, each as the Makefile spells it."""
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    (recipe,) = re.findall(r"^check:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    return [line.replace("$(BIN)", ".venv/bin") for line in recipe.replace("\t", "").splitlines()]


def repos() -> list[dict[str, Any]]:
    repos: list[dict[str, Any]] = yaml.safe_load((settings.BASE_DIR / ".pre-commit-config.yaml").read_text())["repos"]
    return repos


def test_a_hook_fetches_nothing() -> None:
    assert [repo["repo"] for repo in repos()] == ["local"]


def test_a_hook_runs_what_make_check_runs() -> None:
    hooks = [hook for repo in repos() for hook in repo["hooks"]]

    assert {hook["entry"] for hook in hooks} <= set(checks())
    assert [hook["id"] for hook in hooks if hook["language"] != "system" or hook["pass_filenames"]] == []
