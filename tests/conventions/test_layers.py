"""The layers of ARCHITECTURE.md hold, and a deliberate violation would be found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
PACKAGES = ("downhill", "dashboard", "badges", "rehearsal", "lessons", "experiments", "classroom")
TYPES_APART = "Outside lessons nobody asks which type an activity has"
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    # The checkout itself must not be importable, or it would be looked at in place of the copy.
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [LINT_IMPORTS, "--no-cache", "--config", "pyproject.toml"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for app in PACKAGES:
        shutil.copytree(ROOT / app, tmp_path / app, ignore=shutil.ignore_patterns("__pycache__", "static", "content"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_imports_point_downwards() -> None:
    report = lint(ROOT)

    assert report.returncode == 0, report.stdout
    assert " 0 broken" in report.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "line", "contract", "named"),
    [
        ("lessons/maths/descent.py", "import django", "Pure modules know nothing of Django", "lessons.maths.descent"),
        ("experiments/apps.py", "from badges import apps", "Apps import downwards only", "experiments.apps"),
        ("lessons/models.py", "from lessons import services", "Inside lessons", "lessons.models"),
        ("classroom/models.py", "from classroom import services", "Inside classroom", "classroom.models"),
        ("dashboard/needs.py", "from lessons.activities.predict import page", TYPES_APART, "dashboard.needs"),
        ("badges/rules.py", "from lessons.activities.reading import schema", TYPES_APART, "badges.rules"),
        (
            "rehearsal/players/predict.py",
            "from lessons.activities.experiment import page",
            TYPES_APART,
            "rehearsal.players.predict",
        ),
    ],
)
def test_a_deliberate_violation_is_found_and_named(copy: Path, file: str, line: str, contract: str, named: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")

    report = lint(copy)

    assert report.returncode == 1
    assert f"{contract} BROKEN" in report.stdout
    assert f"{named} -> {line.removeprefix('import ').removeprefix('from ').replace(' import ', '.')}" in report.stdout


def _layers() -> set[str]:
    """Every module or package that a layer of some contract names."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    named: set[str] = set()
    for contract in config["contracts"]:
        if contract["type"] == "layers":
            for layer in contract["layers"]:
                for name in re.split(r"\s*[|:]\s*", layer):
                    named |= {f"{container}.{name}" for container in contract.get("containers", [])} or {name}
    return named


def _modules(package: str) -> set[str]:
    files = (ROOT / package).rglob("*.py")
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in files
        if file.name != "__init__.py" and "migrations" not in file.parts
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_stands_on_a_floor(package: str) -> None:
    floors = {name for name in _layers() if name.startswith(f"{package}.")}

    homeless = [
        module
        for module in sorted(_modules(package))
        if not any(module == floor or module.startswith(f"{floor}.") for floor in floors)
    ]

    assert homeless == []


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("classroom/models.py", "import experiments.models"),
        ("experiments/models.py", "import lessons.models"),
        ("lessons/models.py", "import badges.models"),
        ("badges/rules.py", "import dashboard.grid"),
        ("rehearsal/services.py", "import badges.services"),
        ("dashboard/grid.py", "import downhill.urls"),
        ("downhill/settings.py", "import downhill.urls"),
        ("lessons/selectors.py", "import lessons.activities.registry"),
        ("lessons/activities/base.py", "import lessons.activities.reading.activity"),
        ("lessons/activities/reading/activity.py", "import lessons.activities.explain.schema"),
        ("experiments/kinds/blame/compute.py", "import experiments.kinds.starvation.compute"),
        ("experiments/kinds/base.py", "import experiments.kinds.blame.params"),
        ("experiments/kinds/u_curve/compute.py", "import django.conf"),
    ],
)
def test_an_import_that_points_up_is_found_in_every_package(copy: Path, file: str, line: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")

    report = lint(copy)

    assert report.returncode == 1
    assert "BROKEN" in report.stdout
