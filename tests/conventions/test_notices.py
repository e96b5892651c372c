"""Whose work the image brings along is said in it."""

from __future__ import annotations

import tomllib

import pytest

from tests.conventions import containers, notices

pytestmark = pytest.mark.pure


def test_the_notices_are_those_of_the_lock() -> None:
    def told(page: str) -> list[str]:
        """Without what differs between versions of Python, for which the lock has versions of their own."""
        lines = page.splitlines()
        return [line.partition(":")[0] if line.partition(":")[0] in notices.by_python() else line for line in lines]

    assert told(notices.FILE.read_text(encoding="utf-8")) == told(notices.page()), "make notices"
    assert notices.by_python() == {"numpy", "scipy"}


def test_every_package_that_downhill_asks_for_is_named_with_its_licence() -> None:
    project = tomllib.loads((containers.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["worker"]]
    names = {each.partition(">=")[0].partition("[")[0] for each in asked}

    named = dict(line.split(": ", 1) for line in notices.lines())

    assert names <= set(named)
    assert [name for name, said in named.items() if not said.partition(", ")[0] or "://" not in said] == []


def test_licences_that_ask_for_more_than_a_name_are_told() -> None:
    strong = {line.partition(":")[0] for line in notices.lines() if any(each in line for each in ("GPL", "MPL"))}

    assert strong == {"fido2", "psycopg", "psycopg-binary", "publicsuffixlist"}
    assert all(each in notices.HEAD for each in ("psycopg (LGPL-3.0)", "publicsuffixlist (MPL-2.0)"))


def test_packages_for_other_systems_are_left_out() -> None:
    assert "tzdata" not in notices.locked()
    assert "numpy" in notices.locked()
    assert len(notices.locked()) > 60
