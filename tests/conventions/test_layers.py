"""The layers of ARCHITECTURE.md hold, and a deliberate violation would be found."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR
PACKAGES = ("downhill", "office", "dashboard", "privacy", "badges", "rehearsal", "lessons", "experiments", "classroom")
APPS = "Apps import downwards only"
TYPES_APART = "Nobody asks which type an activity has"
TYPES_BELOW = "A type knows nothing of those who ask it"
PLAYERS_APART = "Players know nothing of each other"
KINDS_APART = "Kinds of run know nothing of each other"
PURE = "Pure modules know nothing of Django"
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    # The checkout itself must not be importable, or it would be looked at in place of the copy.
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [LINT_IMPORTS, "--no-cache", "--config", "pyproject.toml"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


# What each contract is there to find, and an import that points up in every package: file, line, contract.
PLANTED = [
    ("classroom/models.py", "import experiments.models", APPS),
    ("experiments/models.py", "import lessons.models", APPS),
    ("experiments/apps.py", "from badges import apps", APPS),
    ("lessons/models.py", "import badges.models", APPS),
    ("badges/rules.py", "import dashboard.grid", APPS),
    ("rehearsal/services.py", "import badges.services", APPS),
    ("dashboard/grid.py", "import downhill.urls", APPS),
    ("downhill/settings.py", "import downhill.urls", "Inside downhill"),
    ("classroom/models.py", "from classroom import services", "Inside classroom"),
    ("lessons/models.py", "from lessons import services", "Inside lessons"),
    ("lessons/selectors.py", "import lessons.activities.registry", "Inside lessons"),
    ("lessons/activities/base.py", "import lessons.activities.reading.activity", TYPES_APART),
    ("lessons/activities/reading/activity.py", "import lessons.activities.explain.schema", TYPES_APART),
    ("lessons/activities/predict/page.py", "import lessons.activities.experiment.schema", TYPES_APART),
    ("lessons/services.py", "import lessons.activities.predict.sealing", TYPES_APART),
    ("lessons/activities/reading/activity.py", "import lessons.views", TYPES_BELOW),
    ("lessons/activities/reading/schema.py", "import lessons.activities.registry", TYPES_BELOW),
    ("experiments/kinds/base.py", "import experiments.kinds.blame.params", KINDS_APART),
    ("experiments/models.py", "from experiments import services", "Inside experiments"),
    ("badges/models.py", "from badges import services", "Inside badges"),
    ("dashboard/needs.py", "from dashboard import views", "Inside dashboard"),
    ("experiments/kinds/blame/compute.py", "import experiments.kinds.starvation.compute", KINDS_APART),
    ("dashboard/needs.py", "from lessons.activities.predict import page", TYPES_APART),
    ("badges/rules.py", "from lessons.activities.reading import schema", TYPES_APART),
    ("rehearsal/players/predict.py", "import rehearsal.players.reading", PLAYERS_APART),
    ("lessons/maths/descent.py", "import django", PURE),
    ("experiments/kinds/u_curve/compute.py", "import django", PURE),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy in which all of them are planted at once: each line names what it has found."""
    folder = tmp_path_factory.mktemp("planted")
    for app in PACKAGES:
        shutil.copytree(ROOT / app, folder / app, ignore=shutil.ignore_patterns("__pycache__", "static", "content"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for file, line, _contract in PLANTED:
        with (folder / file).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    done = lint(folder)
    assert done.returncode == 1
    return done.stdout


def test_imports_point_downwards() -> None:
    report = lint(ROOT)

    assert report.returncode == 0, report.stdout
    assert " 0 broken" in report.stdout


@pytest.mark.parametrize(("file", "line", "contract"), PLANTED)
def test_a_deliberate_violation_is_found_and_named(report: str, file: str, line: str, contract: str) -> None:
    module = ".".join(Path(file).with_suffix("").parts)
    imported = line.removeprefix("import ").removeprefix("from ").replace(" import ", ".")
    assert f"{contract} BROKEN" in report
    of_the_contract = report.partition(f"\n{contract}\n---")[2].partition("\n---")[0]
    assert f"{module} -> {imported} " in of_the_contract


def _others_played(player: Path, source: str) -> set[str]:
    """What of other types a player imports."""
    modules = re.findall(r"^\s*(?:from|import) (?:lessons\.activities(?:\.(\w+)| import (.+)))", source, re.MULTILINE)
    return {module or names for module, names in modules} - {player.stem, "base", "base as activities"}


def test_a_player_plays_its_own_type() -> None:
    players = {path: path.read_text(encoding="utf-8") for path in (ROOT / "rehearsal/players").glob("*.py")}

    assert {path.name: found for path, source in players.items() if (found := _others_played(path, source))} == {}


@pytest.mark.parametrize(
    "planted",
    [
        "from lessons.activities.experiment import page",
        "from lessons.activities import experiment",
        "import lessons.activities.experiment.page",
    ],
)
def test_a_player_of_another_type_is_found(planted: str) -> None:
    assert _others_played(Path("predict.py"), planted) == {"experiment"}


def _layers() -> set[str]:
    """Every module or package that a layer of some contract names, and the types, whose place two contracts say."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    named = {module for contract in config["contracts"] for module in contract.get("protected_modules", [])}
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
        if not any(fnmatch(module, floor) or fnmatch(module, f"{floor}.*") for floor in floors)
    ]

    assert homeless == []
