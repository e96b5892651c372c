"""The doctor at installations that are really broken: each hears its own sentence."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from badges import credentials, keys
from badges.models import Award
from classroom.models import Membership
from downhill import __version__, demo, doctor
from downhill.doctor import addresses, database, files, signatures
from downhill.doctor.finding import Finding
from tests.factories import UserFactory
from tests.running import PROJECT, Running, spare_port, wait_for
from tests.steps import with_app

pytestmark = pytest.mark.slow
ON_POSTGRESQL = "DATABASE_URL" in os.environ
needs_postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="needs PostgreSQL: make test-services")
embedded = pytest.mark.skipif(ON_POSTGRESQL, reason="breaks a file of the embedded mode")

# A worker that says it is of an older version.
OLD_WORKER = """
import sys
import downhill
downhill.__version__ = "0.0.9"
from celery.__main__ import main
sys.argv = ["celery", "--quiet", "-A", "downhill", "worker", "--pool", "solo", "--loglevel", "ERROR"]
main()
"""
NAMES = ["SECRET_KEY", "PUBLIC_URL", "ALLOWED_HOSTS", "HTTPS", "TRUST_PROXY", "DEBUG", "LAN"]
GOOD_KEY = "0123456789" * 5
PUBLIC = {"PUBLIC_URL": "https://class.test", "TRUST_PROXY": "1"}


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An installation that runs, with everything in order: the doctor is asked with one thing changed."""
    with Running(tmp_path_factory.mktemp("well") / "var") as running:
        wait_for(lambda: '"worker": "ok"' in running.says("/readyz"), "a worker that is ready")
        if not ON_POSTGRESQL:
            running.manage("backup")
        yield running


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Running]:
    """An installation that was there once, to be broken."""
    running = Running(tmp_path / "broken" / "var")
    running.copy_prepared()
    yield running
    running.forget()


def ask(running: Running, *options: str, program: Path = PROJECT, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(program / "manage.py"), "doctor", *options]
    environment = {**running.environment, **more}
    return subprocess.run(
        command, cwd=program, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def says(running: Running, **more: str) -> str:
    """What it says of something that is broken."""
    done = ask(running, **more)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


# --- all is well --------------------------------------------------------------------------------------


@pytest.mark.services
def test_where_all_is_well_it_says_so(well: Running) -> None:
    done = ask(well)

    assert done.returncode == 0, done.stdout
    assert done.stdout == f"Downhill {__version__}: looked at 19 things, and all is well.\n"


def test_a_warning_alone_is_no_failure_and_programs_can_read_it(well: Running) -> None:
    done = ask(well, "--json", TRUST_PROXY="1")

    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["version"] == __version__
    assert [finding["level"] for finding in told["checks"]["proxies"]] == ["warning"]
    assert told["checks"]["lessons"] == []
    assert len(told["checks"]) == 19


# --- settings -----------------------------------------------------------------------------------------


@pytest.fixture
def set_as(settings: Settings) -> Callable[[dict[str, str]], None]:
    """Set an installation as these variables do; what follows from them is worked out by the settings themselves."""

    def apply(given: dict[str, str]) -> None:
        show = (
            "import json, downhill.settings as s; print(json.dumps([getattr(s, name) for name in " + repr(NAMES) + "]))"
        )
        unset = {name: value for name, value in os.environ.items() if name not in NAMES}
        done = subprocess.run(
            [sys.executable, "-c", show],
            env={**unset, **given},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name, value in zip(NAMES, json.loads(done.stdout), strict=True):
            setattr(settings, name, value)

    return apply


def look() -> list[Finding]:
    checks = (files.secret_key, addresses.names, addresses.tls, addresses.proxies, addresses.debug)
    return [finding for check in (*checks, addresses.public_passwords) for finding in check()]


@pytest.mark.parametrize(
    ("given", "level", "sentence"),
    [
        ({"SECRET_KEY": "a-key"}, "broken", "SECRET_KEY is too easy to guess: anyone who does can log in as anybody."),
        (
            {"PUBLIC_URL": "http://class.test", "ALLOWED_HOSTS": "other.test"},
            "broken",
            "Anyone who opens http://class.test is refused, since ALLOWED_HOSTS does not name class.test.",
        ),
        ({"PUBLIC_URL": "class.test"}, "broken", "PUBLIC_URL is “class.test”, which is no address of a whole server."),
        (
            {"PUBLIC_URL": "https://class.test"},
            "broken",
            "HTTPS is on and TRUST_PROXY is 0: every page leads to itself",
        ),
        (
            {"PUBLIC_URL": "http://class.test", "HTTPS": "1", "TRUST_PROXY": "1"},
            "broken",
            "HTTPS is on, and PUBLIC_URL begins with http: verifiers of badges are sent elsewhere.",
        ),
        ({**PUBLIC, "DEBUG": "1"}, "broken", "DEBUG is on, and others come in: anyone who meets an error reads code"),
        ({**PUBLIC, "HTTPS": "0"}, "warning", "PUBLIC_URL begins with https, and HTTPS is off: cookies travel without"),
        ({"PUBLIC_URL": "http://class.test"}, "warning", "Others come in over plain http:"),
        (
            {"ALLOWED_HOSTS": "class.test", "PUBLIC_URL": "http://127.0.0.1:8000"},
            "warning",
            "and others come in: their badges would name an address that is their own.",
        ),
        (
            {**PUBLIC, "TRUST_PROXY": "3"},
            "warning",
            "TRUST_PROXY is 3. If fewer proxies are in front, anybody can claim",
        ),
        ({"TRUST_PROXY": "1"}, "warning", "TRUST_PROXY is 1, and no name in ALLOWED_HOSTS is for others:"),
        (PUBLIC, "warning", "the public password of the demo still belongs to student, instructor, admin."),
    ],
)
def test_settings_that_do_not_fit(
    db: None, set_as: Callable[[dict[str, str]], None], given: dict[str, str], level: str, sentence: str
) -> None:
    demo.make(is_public=True)

    set_as({"SECRET_KEY": GOOD_KEY, **given})

    assert [finding.level for finding in look() if sentence in finding.says] == [level]


@pytest.mark.parametrize("given", [{}, PUBLIC, {**PUBLIC, "TRUST_PROXY": "2"}, {**PUBLIC, "ALLOWED_HOSTS": ".test"}])
def test_settings_that_fit(db: None, set_as: Callable[[dict[str, str]], None], given: dict[str, str]) -> None:
    set_as({"SECRET_KEY": GOOD_KEY, **given})

    assert look() == []


# --- services -----------------------------------------------------------------------------------------


def test_a_database_that_is_away(well: Running) -> None:
    said = says(well, DATABASE_URL=f"postgres://nobody@127.0.0.1:{spare_port()}/none")

    assert "Broken: The database cannot be reached: connection failed" in said
    assert "Start it, or correct DATABASE_URL." in said


def test_a_broker_that_is_away(well: Running) -> None:
    said = says(well, REDIS_URL=f"redis://127.0.0.1:{spare_port()}/0")

    assert "Broken: The broker cannot be reached:" in said
    assert "Start Redis, or correct REDIS_URL." in said


@pytest.mark.services
def test_no_worker(copy: Running) -> None:
    assert "Broken: No worker answers: runs and badges wait." in says(copy)


@pytest.mark.services
def test_a_worker_of_another_version(copy: Running) -> None:
    with subprocess.Popen([sys.executable, "-c", OLD_WORKER], env=copy.environment, cwd=PROJECT) as worker:
        try:
            said = wait_for(lambda: "No worker" not in (said := ask(copy).stdout) and said, "a worker", seconds=60)
        finally:
            worker.kill()

    assert f"Warning: Workers of another version than {__version__} are at work: celery@" in said


@pytest.mark.services
def test_a_database_that_was_not_migrated(copy: Running) -> None:
    copy.manage("migrate", "--verbosity", "0", "sessions", "zero")

    said = says(copy)

    assert "Broken: The database is of an older Downhill than this code: 1 migration is missing." in said
    assert "Make a backup, then say “manage.py migrate”." in said


@pytest.mark.services
def test_a_database_that_is_newer_than_the_code(copy: Running) -> None:
    copy.ask(
        "from django.db.migrations.recorder import MigrationRecorder as R; from django.db import connection; "
        "R(connection).record_applied('classroom', '9999_from_the_future')"
    )
    assert copy.answerer is not None
    copy.answerer.communicate(timeout=20)

    assert "Broken: The database is of a newer Downhill than this code: it has classroom.9999_from_the_future." in says(
        copy
    )


@needs_postgresql
@pytest.mark.services
def test_more_connections_than_postgresql_takes(well: Running) -> None:
    assert "Broken: PostgreSQL takes " in says(well, WEB_WORKERS="500")


@pytest.mark.parametrize(("off", "word"), [(90, "ahead of"), (-90, "behind")])
def test_a_clock_that_differs(student: Membership, clock: Callable[..., None], off: int, word: str) -> None:
    clock(timezone.now() + timedelta(seconds=off))

    [found] = database.clock()

    assert f"s {word} the database’s." in found.says


def test_a_clock_that_is_right(student: Membership) -> None:
    assert list(database.clock()) == []


# --- files --------------------------------------------------------------------------------------------


@embedded
def test_a_database_file_that_is_damaged(copy: Running) -> None:
    file = copy.var_dir / "downhill.sqlite3"
    file.write_bytes(b"Dear Downhill" + file.read_bytes()[13:])

    said = says(copy)

    assert "cannot be read: file is not a database." in said
    assert "restore the newest backup" in said


@embedded
def test_static_files_that_were_never_collected_or_by_another_version(copy: Running) -> None:
    manifest = copy.var_dir / "static" / "staticfiles.json"
    kept = json.loads(manifest.read_text())
    missing = kept["paths"].pop("classroom/img/icon.svg")
    manifest.write_text(json.dumps(kept))

    assert missing
    assert "collected by another version: classroom/img/icon.svg is missing." in says(copy)
    shutil.rmtree(copy.var_dir / "static")
    assert "Broken: The static files have not been collected: no page can be shown." in says(copy)


def test_a_lesson_that_is_broken(copy: Running, tmp_path: Path) -> None:
    program = tmp_path / "program"
    left_out = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", "tests", "docs")
    shutil.copytree(PROJECT, program, ignore=left_out)
    lesson = program / "lessons" / "content" / "sampler" / "lesson.yaml"
    lesson.write_text("title: [no end")

    said = says(copy, program=program)

    assert f"Broken: The lesson in {lesson.parent} cannot be used:" in said
    assert "Correct it as “manage.py check_content” says" in said


@embedded
@pytest.mark.parametrize("days", [None, 8])
def test_no_backup_or_an_old_one(copy: Running, days: int | None) -> None:
    if days:
        copy.manage("backup")
        [file] = (copy.var_dir / "backups").iterdir()
        at = timezone.now().timestamp() - days * 86400
        os.utime(file, (at, at))

    said = ask(copy).stdout

    expected = f"The newest backup in {copy.var_dir}/backups is 8 days old." if days else "There is no backup in"
    assert f"Warning: {expected}" in said


def test_a_data_folder_that_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "away"

    [found] = files.data_folder()

    assert found.says == f"Downhill cannot write to {tmp_path}/away (No such file or directory)."


def test_a_disk_with_little_room_and_one_with_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(files.disk()) == []
    monkeypatch.setattr(files, "LITTLE_ROOM", 10**18)
    assert [finding.level for finding in files.disk()] == ["warning"]
    monkeypatch.setattr(files, "ROOM_ON_DISK", 10**18)
    assert [finding.level for finding in files.disk()] == ["broken"]


# --- keys ---------------------------------------------------------------------------------------------


@pytest.fixture
def award(student: Membership) -> Award:
    award = Award(pk=1, membership=student, badge="data-scientist")
    award.token = credentials.signed(award)
    award.save(force_insert=True)
    return award


def test_keys_that_signed_are_known(award: Award) -> None:
    assert list(signatures.keys_fit_the_badges()) == []
    assert list(signatures.keys_can_be_read()) == []


def test_keys_other_than_those_that_signed(award: Award, settings: Settings) -> None:
    settings.BADGE_KEYS = keys.new()
    keys.key_set.cache_clear()
    try:
        [found] = signatures.keys_fit_the_badges()
    finally:
        keys.key_set.cache_clear()

    assert found.says == "1 badge was signed with keys that are not here: nobody can verify it."


@pytest.mark.django_db
def test_second_steps_of_another_key(settings: Settings) -> None:
    with_app(UserFactory())
    assert list(signatures.second_steps_can_be_read()) == []
    settings.SECRET_KEY = GOOD_KEY

    [found] = signatures.second_steps_can_be_read()

    assert found.says == "Second steps were set up with another SECRET_KEY: their owners cannot log in by a code."


def test_keys_that_are_gone(award: Award, settings: Settings, tmp_path: Path) -> None:
    settings.BADGE_KEYS, settings.VAR_DIR = "", tmp_path

    assert [finding.level for finding in signatures.keys_fit_the_badges()] == ["broken"]
    assert not (tmp_path / "badge_keys").exists()


@embedded
def test_keys_that_cannot_be_read(copy: Running) -> None:
    (copy.var_dir / "badge_keys").write_text("half a k")

    assert "Broken: The keys of badges are broken. BADGE_KEYS cannot be read." in says(copy)


def test_keys_of_the_environment_that_cannot_be_read_stop_every_command(copy: Running) -> None:
    done = ask(copy, BADGE_KEYS="half a k")

    assert done.returncode == 1
    assert done.stderr == "BADGE_KEYS cannot be read. Set it to what `manage.py new_badge_key` prints.\n"


def test_every_check_is_asked() -> None:
    modules = (doctor.addresses, doctor.database, doctor.files, doctor.signatures, doctor.workers)
    own = {
        name
        for module in modules
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")
    }

    asked = (*doctor.OF_DATABASE, *doctor.WITHOUT_DATABASE, *doctor.IN_DATABASE)
    assert own == {check.__name__ for check in asked}


def test_the_table_for_the_night_has_the_doctors_own_sentences() -> None:
    page = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8").partition("## At night")[2].partition("## ")[0]
    cells = [line.split("|")[2].strip() for line in page.splitlines() if line.startswith("|")][2:]
    source = "".join(file.read_text(encoding="utf-8") for file in (PROJECT / "downhill" / "doctor").glob("*.py"))
    told = re.sub(r"%\(\w+\)[ds]", "…", source)

    assert len(cells) > 12
    assert [cell for cell in cells if cell != "nothing" and cell.removesuffix("…").strip() not in told] == []
