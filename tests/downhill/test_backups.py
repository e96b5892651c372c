"""What is saved in one file, lost and restored: real databases, and the commands as an operator gives them."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from downhill import __version__, backups
from tests.factories import UserFactory
from tests.running import MANAGE, Running, wait_for

pytestmark = [pytest.mark.services, pytest.mark.slow]
ON_POSTGRESQL = "DATABASE_URL" in os.environ

COUNT = "import json; from downhill import database_copies; print(json.dumps(database_copies.rows()))"
WRITE = "from classroom.models import Cohort; print(Cohort.objects.filter(slug='demo').update(name='{name}'))"
READ = "from classroom.models import Cohort; print(Cohort.objects.get(slug='demo').name)"


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Callable[[str], Running]]:
    """Installations that have a demo class, each with its own data; none of them runs."""
    made = []

    def install(name: str) -> Running:
        running = Running(tmp_path / name / "var")
        running.copy_prepared()
        made.append(running)
        return running

    yield install
    for running in made:
        if running.answerer is not None:
            running.answerer.communicate(timeout=20)
        running.forget()


def manage(running: Running, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    command = [*MANAGE, *map(str, arguments)]
    environment = {**running.environment, **more}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def refused(running: Running, *arguments: object, **more: str) -> str:
    done = manage(running, *arguments, **more)
    assert done.returncode == 1, done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def saved(running: Running, *options: str) -> Path:
    file = running.var_dir.parent / "saved.zip"
    running.manage("backup", str(file), *options)
    return file


def rows(running: Running) -> dict[str, int]:
    return {table: int(n) for table, n in json.loads(running.ask(COUNT)).items()}


def wipe(running: Running) -> None:
    """Lose the database."""
    if running.answerer is not None:
        running.answerer.communicate(timeout=20)
    if ON_POSTGRESQL:
        running._on_server(f"DROP DATABASE {running.database} WITH (FORCE)")
        running._on_server(f"CREATE DATABASE {running.database}")
    else:
        for file in running.var_dir.glob("downhill.sqlite3*"):
            file.unlink()


def changed(file: Path, **more: object) -> Path:
    """Another backup, which says something else of itself."""
    other = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "about.json":
                content = json.dumps({**json.loads(content), **more}).encode()
            target.writestr(name, content)
    return other


def test_a_database_that_was_only_migrated_is_empty(db: None) -> None:
    assert backups.is_empty()

    UserFactory()
    assert not backups.is_empty()


# --- to and fro ---------------------------------------------------------------------------------------


def test_what_was_lost_comes_back_row_by_row(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    before = rows(downhill)
    file = saved(downhill)
    wipe(downhill)

    said = manage(downhill, "restore", file)

    assert said.returncode == 0, said.stderr
    assert rows(downhill) == before
    assert before["classroom_user"] == 3
    assert f"Restored {sum(before.values())} rows of {len(before)} tables, as Downhill {__version__}" in said.stdout


def test_what_somebody_writes_meanwhile_is_in_it_or_not(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    downhill.ask("from classroom.models import User; User.objects.create(username='another')")
    add = "from classroom.models import User\nfor n in range(3000): User.objects.create(username=f'added-{n}')\n"
    writer = threading.Thread(target=downhill.ask, args=[add])
    writer.start()
    file = saved(downhill)
    writer.join()

    with zipfile.ZipFile(file) as archive:
        n = json.loads(archive.read("about.json"))["rows"]["classroom_user"]
    assert manage(downhill, "restore", file, "--yes").returncode == 0
    assert rows(downhill)["classroom_user"] == n
    assert 4 <= n < 3004


def test_a_downhill_that_runs_goes_on_with_what_was_restored(tmp_path: Path) -> None:
    """Nobody should; but whoever does is not left with a server that writes into a file that is gone."""
    with Running(tmp_path / "ours" / "var") as downhill:
        wait_for(lambda: '"worker": "ok"' in downhill.says("/readyz"), "a worker that is ready")
        file = saved(downhill)
        downhill.ask(WRITE.format(name="Since then"))
        assert "Since then" in downhill.says("/join/DEMO-2026")

        done = manage(downhill, "restore", file, "--yes")

        assert done.returncode == 0, done.stderr
        page = downhill.says("/join/DEMO-2026")
        assert "Demo class" in page
        assert "Since then" not in page
        wait_for(lambda: '"worker": "ok"' in downhill.says("/readyz"), "a worker that is ready")


def test_a_backup_of_an_older_downhill_is_migrated(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    downhill.manage("migrate", "--verbosity", "0", "sessions", "zero")
    file = saved(downhill)
    downhill.manage("migrate", "--verbosity", "0")
    now = rows(downhill)

    downhill.manage("restore", str(file), "--yes")

    assert rows(downhill) == now
    assert "django_session" in now


# --- the file -----------------------------------------------------------------------------------------


def test_the_file_is_its_owners_and_says_what_it_is(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")

    file = saved(downhill)

    with zipfile.ZipFile(file) as archive:
        about = json.loads(archive.read("about.json"))
        assert set(archive.namelist()) == {"about.json", "database"}
    assert file.stat().st_mode & 0o777 == 0o600
    assert about["version"] == __version__
    assert abs(datetime.now(UTC) - datetime.fromisoformat(about["made_at"])) < timedelta(minutes=5)
    assert about["rows"]["classroom_user"] == 3
    assert {path.name for path in file.parent.iterdir()} == {"var", "saved.zip"}


def test_keys_are_in_it_only_when_somebody_asks_and_come_back(installed: Callable[[str], Running]) -> None:
    downhill, other = installed("ours"), installed("other")
    for each in (downhill, other):
        (each.var_dir / "badge_keys").unlink(missing_ok=True)
        each.manage("new_badge_key", "--write")
        (each.var_dir / "secret_key").unlink()
        each.manage("check")
    ours = [(downhill.var_dir / name).read_text() for name in ("secret_key", "badge_keys")]

    file = saved(downhill, "--with-keys")
    said = manage(other, "restore", file, "--yes")

    assert said.returncode == 0, said.stderr
    assert [(other.var_dir / name).read_text() for name in ("secret_key", "badge_keys")] == ours
    assert (other.var_dir / "badge_keys").stat().st_mode & 0o777 == 0o600
    # What was replaced is saved, and nothing else.
    [before] = (other.var_dir / "backups").glob("*.zip")
    assert "keys.json" in zipfile.ZipFile(before).namelist()


def test_keys_of_the_environment_stay_and_it_is_said(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    file = saved(downhill, "--with-keys")

    said = manage(downhill, "restore", file, "--yes", SECRET_KEY="another" * 9)

    assert said.returncode == 0, said.stderr
    assert "Its keys are not those of the environment, which stay." in said.stdout


def test_the_newest_few_stay(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    folder = downhill.var_dir / "backups"
    folder.mkdir(exist_ok=True)
    for day in range(1, 5):
        old = folder / f"2020-01-0{day}T00-00-00.sqlite3"
        old.touch()
        os.utime(old, (day * 86400, day * 86400))

    for _ in range(2):
        assert manage(downhill, "backup", BACKUPS_KEPT="3").returncode == 0

    names = sorted(file.name for file in folder.iterdir())
    assert names[0] == "2020-01-04T00-00-00.sqlite3"
    assert len(names) == 3


# --- refusals -----------------------------------------------------------------------------------------


def test_what_is_there_is_replaced_only_on_request_and_saved_before(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    file = saved(downhill)
    downhill.ask(WRITE.format(name="Since then"))

    assert "There is something in this database already." in refused(downhill, "restore", file)
    assert downhill.ask(READ) == "Since then\n"

    downhill.manage("restore", str(file), "--yes")
    assert downhill.ask(READ) == "Demo class\n"
    [before] = (downhill.var_dir / "backups").glob("*.zip")
    assert "keys.json" not in zipfile.ZipFile(before).namelist()
    # Of which one stays: it is saved beside the one that is restored, and in its place only at the next backup.
    assert manage(downhill, "restore", before, "--yes", BACKUPS_KEPT="1").returncode == 0
    assert downhill.ask(READ) == "Since then\n"


def test_a_broken_file_changes_nothing(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    file = saved(downhill)
    downhill.ask(WRITE.format(name="Since then"))
    whole = file.read_bytes()
    half, flipped, text = (file.with_name(name) for name in ("half.zip", "flipped.zip", "text.zip"))
    half.write_bytes(whole[: len(whole) // 2])
    with zipfile.ZipFile(file) as pack:
        largest = max(pack.infolist(), key=lambda entry: entry.compress_size)
    middle = largest.header_offset + 30 + len(largest.filename) + largest.compress_size // 2  # 30 bytes of its head
    flipped.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    text.write_text("Dear Downhill")

    said = [refused(downhill, "restore", each, "--yes") for each in (half, flipped, text)]

    assert all("is no backup of Downhill, or it is damaged." in each for each in said)
    assert "There is no file" in refused(downhill, "restore", file.with_name("nothing.zip"), "--yes")
    assert downhill.ask(READ) == "Since then\n"


def test_keys_that_are_damaged_are_refused_before_anything_is_changed(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    file = saved(downhill, "--with-keys")
    downhill.ask(WRITE.format(name="Since then"))
    # They are stored as they are.
    file.write_bytes(file.read_bytes().replace(b'"SECRET_KEY"', b'"SECRET_KEX"', 1))

    assert "is no backup of Downhill, or it is damaged." in refused(downhill, "restore", file, "--yes")
    assert downhill.ask(READ) == "Since then\n"


def test_a_database_that_is_not_what_was_saved_is_refused(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")

    said = refused(downhill, "restore", changed(saved(downhill), sha256="0" * 64), "--yes")

    assert "is damaged: the database in it is not what was saved." in said


@pytest.mark.parametrize("newer", [{"version": "99.0.0"}, {"migrations": ["classroom.9999_from_the_future"]}])
def test_a_backup_of_a_newer_downhill_is_refused(installed: Callable[[str], Running], newer: dict[str, object]) -> None:
    downhill = installed("ours")

    said = refused(downhill, "restore", changed(saved(downhill), **newer), "--yes")

    assert f"made this backup, and this one, {__version__}, is older. Update it first." in said


def test_a_backup_of_the_other_kind_of_database_is_refused(installed: Callable[[str], Running]) -> None:
    downhill = installed("ours")
    other = "sqlite" if ON_POSTGRESQL else "postgresql"

    said = refused(downhill, "restore", changed(saved(downhill), engine=other), "--yes")

    assert said.startswith("CommandError: This backup is of ")


def test_a_folder_that_is_not_there_is_said(installed: Callable[[str], Running]) -> None:
    assert "No backup was made." in refused(installed("ours"), "backup", "/no/such/folder/file.zip")


@pytest.mark.skipif(not ON_POSTGRESQL, reason="needs PostgreSQL: make test-services")
def test_without_the_programs_of_postgresql_it_is_said_what_to_install(installed: Callable[[str], Running]) -> None:
    said = refused(installed("ours"), "backup", PATH="/nowhere")

    assert "pg_dump is not on this computer." in said
    assert "apt install postgresql-client" in said


def test_who_was_erased_and_comes_back_is_named_by_number_and_erased_again(
    installed: Callable[[str], Running],
) -> None:
    downhill = installed("ours")
    downhill.ask("from classroom.models import User; User.objects.create(username='going')")
    file = saved(downhill)
    downhill.ask(
        "from classroom.models import User; from privacy import erasure; "
        "erasure.erase(User.objects.get(username='going'), by=None)"
    )

    said = manage(downhill, "restore", file, "--yes")
    purged = manage(downhill, "purge", "--yes")

    assert "1 people are back who had been erased. Erase them again: manage.py purge --yes" in said.stdout, said.stderr
    assert "back with a backup: 1" in purged.stdout, purged.stderr
    assert rows(downhill)["classroom_user"] == 3
