"""What an installation makes for itself on its first start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure
SHOW = "from downhill.settings import SECRET_KEY; print(SECRET_KEY)"


def key_of(var: Path, **more: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    environment |= {"VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "downhill.settings"} | more
    return subprocess.run(
        [sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.slow
def test_the_secret_key_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    first, second = key_of(tmp_path), key_of(tmp_path)

    assert first == second != ""
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("secret_key*")] == ["secret_key"]


def test_a_key_from_the_environment_is_used_and_none_is_written(tmp_path: Path) -> None:
    assert key_of(tmp_path, SECRET_KEY="from outside") == "from outside"
    assert not (tmp_path / "secret_key").exists()
