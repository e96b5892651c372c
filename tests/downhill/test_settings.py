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
    return printed(var, SHOW, **more)


def printed(var: Path, show: str, **more: str) -> str:
    unset = {"SECRET_KEY", "PUBLIC_URL", "ALLOWED_HOSTS", "HTTPS", "DEBUG"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"VAR_DIR": str(var), "DJANGO_SETTINGS_MODULE": "downhill.settings"} | more
    return subprocess.run(
        [sys.executable, "-c", show], env=environment, capture_output=True, text=True, check=True
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


def test_pages_for_developers_are_for_whoever_asks_for_them(tmp_path: Path) -> None:
    show = "from downhill.settings import DEBUG; print(DEBUG)"

    assert (printed(tmp_path, show), printed(tmp_path, show, DEBUG="1")) == ("False", "True")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "follows"),
    [
        ({"PUBLIC_URL": "https://class.test/"}, "True True True class.test localhost 127.0.0.1 [::1]"),
        ({"PUBLIC_URL": "http://class.test:8000"}, "False False False class.test localhost 127.0.0.1 [::1]"),
        ({"PUBLIC_URL": "https://class.test", "ALLOWED_HOSTS": "a.test", "HTTPS": "0"}, "False False False a.test"),
        ({}, "False False False localhost 127.0.0.1 [::1]"),
    ],
)
def test_names_and_cookies_follow_from_the_public_address(
    tmp_path: Path, environment: dict[str, str], follows: str
) -> None:
    show = (
        "from downhill import settings as s; "
        "print(s.HTTPS, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, *s.ALLOWED_HOSTS)"
    )

    assert printed(tmp_path, show, **environment) == follows
