"""What the papers say is there: paths, modules, links, decisions, the version."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

import downhill
import experiments.registry
from lessons.activities.base import types as activity_types
from tests.conventions import papers
from tests.journeys import pictures

pytestmark = pytest.mark.pure

ROOT: Path = settings.BASE_DIR
PACKAGES = (
    "downhill",
    "office",
    "dashboard",
    "privacy",
    "badges",
    "rehearsal",
    "lessons",
    "experiments",
    "classroom",
    "tests",
)
PAPERS = papers.papers(ROOT)
# What was changed is told in the words of its day.
OF_TODAY = [file for file in PAPERS if file.name != "CHANGELOG.md"]
DECISIONS = ROOT / "docs" / "decisions"


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_there_is_something_to_read() -> None:
    assert {"ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "docs/running.md"} <= set(map(name, PAPERS))
    assert len(PAPERS) > 70


def wrong(files: Iterable[Path], check: Callable[[Path, str], list[str]]) -> dict[str, list[str]]:
    """What a check finds in each of these files, where it finds something."""
    found = {name(file): check(file, file.read_text(encoding="utf-8")) for file in files}
    return {file: each for file, each in found.items() if each}


def test_every_path_in_backticks_exists() -> None:
    assert wrong(OF_TODAY, lambda file, text: papers.missing_paths(ROOT, text)) == {}


def test_every_module_in_backticks_can_be_imported() -> None:
    assert wrong(OF_TODAY, lambda file, text: papers.missing_modules(PACKAGES, text)) == {}


def test_every_link_leads_somewhere() -> None:
    assert wrong(PAPERS, lambda file, text: papers.broken_links(ROOT, file, text)) == {}


def test_a_line_that_can_be_wrapped_has_at_most_120_characters() -> None:
    assert wrong(PAPERS, lambda file, text: papers.long_lines(text)) == {}


def test_the_index_of_decisions_has_each_of_them_in_order() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")

    assert [line for line in index.splitlines() if line.startswith("- ")] == list(papers.index_of(DECISIONS))


def test_decisions_are_numbered_without_a_gap_in_the_order_of_their_dates() -> None:
    numbers = [int(file.name[:4]) for file in sorted(DECISIONS.glob("[0-9]*.md"))]
    dates = [date.fromisoformat(line[2:12]) for line in papers.index_of(DECISIONS)]

    assert numbers == list(range(1, len(numbers) + 1))
    assert dates == sorted(dates)


def test_architecture_is_one_page() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 80


def test_every_picture_is_shown_somewhere_and_can_be_taken_again() -> None:
    shown = "\n".join(file.read_text(encoding="utf-8") for file in PAPERS)
    found = {picture.stem for picture in (ROOT / "docs").rglob("*.png")}

    assert [picture for picture in found if f"docs/{picture}.png" not in shown] == []
    assert found == set(pictures.NAMES)


def test_the_newest_release_in_the_changelog_is_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert papers.released(changelog)[0] == project["version"] == downhill.__version__
    assert changelog.index("## Unreleased") < changelog.index(f"## {project['version']}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see `lessons/nowhere.py`", ["lessons/nowhere.py"]),
        ("see `lessons/nowhere/`", ["lessons/nowhere/"]),
        ("see `lessons/nowhere`", ["lessons/nowhere"]),
        ("see `classroom/<any>/nowhere.py`", ["classroom/<any>/nowhere.py"]),
        ("see `nowhere.js`, `nowhere/`", ["nowhere.js", "nowhere/"]),
        ("run `pytest tests/nowhere -n 4`", ["tests/nowhere"]),
        ("in two\n`lessons/stage.py`, `lessons/\nnowhere.py`", ["nowhere.py"]),
        ("see `classroom/access.py`, `classroom/`, `classroom`, `<app>/models.py`", []),
        ("see `access.py`, `static/`, `pyproject.toml`, `.ci/`", []),
        ("see `/api/docs/`, `text/html`, `https://a.test/b.html`, `var/`, `VAR_DIR/backups/`, `SHOTS=/a/b.py`", []),
        ("```\ncat lessons/nowhere.py `lessons/nowhere.py`\n```", []),
    ],
)
def test_the_reader_finds_a_planted_path(text: str, found: list[str]) -> None:
    assert papers.missing_paths(ROOT, text) == found


def test_a_folder_in_which_only_python_left_something_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "gone" / "__pycache__").mkdir(parents=True)
    (tmp_path / "gone" / "__pycache__" / "old.pyc").touch()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "new.py").touch()

    assert papers.missing_paths(tmp_path, "`gone/` and `here/`") == ["gone/"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`classroom.access.nobody` asks", ["classroom.access.nobody"]),
        ("`classroom.nowhere` asks", ["classroom.nowhere"]),
        ("`classroom.access.membership_in`, `classroom.web.Utf8Request`, `lessons.stage`, `django.nowhere`", []),
    ],
)
def test_the_reader_finds_a_planted_module(text: str, found: list[str]) -> None:
    assert papers.missing_modules(PACKAGES, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[a](nowhere.md)", ["nowhere.md"]),
        ("![a](docs/nowhere.png)", ["docs/nowhere.png"]),
        ("[a](CONTRIBUTING.md#nowhere)", ["CONTRIBUTING.md#nowhere"]),
        ("[a](../outside.md)", ["../outside.md"]),
        ("[a](CONTRIBUTING.md) [b](CONTRIBUTING.md#adding-a-badge) [c](https://a.test/b) [d](docs/running.md)", []),
    ],
)
def test_the_reader_finds_a_planted_link(text: str, found: list[str]) -> None:
    assert papers.broken_links(ROOT, ROOT / "README.md", text) == found


def test_the_paper_on_types_and_kinds_has_a_row_for_each() -> None:
    paper = (ROOT / "docs/how/activities.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| `(\w+)` \|", paper, re.MULTILINE)) == {
        *activity_types(),
        *experiments.registry.names(),
    }
