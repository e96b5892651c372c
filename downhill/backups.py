"""Backups: the database in one file, with what tells whether it is whole and whether this Downhill can take it.

The file is a zip of `about.json`, the database as `downhill.database_copies` gives it, and `keys.json` if somebody
asked for the keys. Everybody's work is in it: only its owner can read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.translation import gettext as _

from badges import keys
from classroom import secret_files
from downhill import __version__, database_copies
from downhill.database_copies import Failed as Failed

ABOUT, DATABASE, KEYS = "about.json", "database", "keys.json"
# What `migrate` and a start write into an empty database.
WRITTEN_BY_ITSELF = {
    *("django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"),
    "experiments_workersign",
}


@dataclass(frozen=True)
class About:
    """What a backup says of itself. `rows` are those of each table, `migrations` those that had been made."""

    version: str
    made_at: str
    engine: str
    migrations: list[str]
    rows: dict[str, int]
    sha256: str

    @property
    def n_rows(self) -> int:
        return sum(self.rows.values())

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.made_at)


def is_empty() -> bool:
    """Nobody has written anything into this database, or into what is there in its place."""
    return not any(n for table, n in database_copies.rows().items() if table not in WRITTEN_BY_ITSELF)


def folder() -> Path:
    """Where backups are that nobody has named another place for."""
    return Path(settings.VAR_DIR) / "backups"


def kept() -> list[Path]:
    """The backups in that folder, the newest first; copies that older Downhills made count."""
    found = [*folder().glob("downhill-*.zip"), *folder().glob("*.sqlite3")]
    return sorted(found, key=lambda file: (file.stat().st_mtime, file.name), reverse=True)


# --- to make one --------------------------------------------------------------------------------------


def make(to: Path | None = None, *, with_keys: bool = False, keeps_all: bool = False) -> Path:
    """Write a backup and read it again: a file of this name, or one with the time in its name in this folder.

    In the usual folder the newest BACKUPS_KEPT stay, or all of them: one may be about to be restored.

    Raises
    ------
    Failed
        If the database cannot be copied, or what was written is not what was to be written.
    OSError
        If there is no room, or no right.
    """
    if to is None:
        folder().mkdir(parents=True, exist_ok=True)
    file = _new_name(to or folder()) if to is None or to.is_dir() else to
    with _beside(file) as box:
        draft = box / file.name
        _write(draft, box / DATABASE, with_keys=with_keys)
        opened(draft)
        os.replace(draft, file)
    for old in kept()[max(settings.BACKUPS_KEPT, 1) :] if to is None and not keeps_all else ():
        old.unlink()
    return file


def _new_name(place: Path) -> Path:
    name = f"downhill-{timezone.now():%Y-%m-%dT%H-%M-%S}"
    taken = len([*place.glob(f"{name}*.zip")])
    return place / (f"{name}-{taken + 1}.zip" if taken else f"{name}.zip")


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A folder on the same disk, which nobody else can look into."""
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as box:
        yield Path(box)


def _write(draft: Path, copied: Path, *, with_keys: bool) -> None:
    rows = database_copies.copy(copied)
    about = About(
        version=__version__,
        made_at=timezone.now().isoformat(timespec="seconds"),
        engine=connection.vendor,
        migrations=sorted(".".join(name) for name in MigrationRecorder(connection).applied_migrations()),
        rows=rows,
        sha256=_sha256(copied),
    )
    # A dump is compressed already.
    how = zipfile.ZIP_DEFLATED if connection.vendor == "sqlite" else zipfile.ZIP_STORED
    with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        with zipfile.ZipFile(file, "w", compresslevel=1) as archive:
            archive.writestr(ABOUT, json.dumps(asdict(about), indent=1))
            archive.write(copied, DATABASE, how)
            if with_keys:
                archive.writestr(KEYS, json.dumps(own_keys(), indent=1))
        file.flush()
        os.fsync(file.fileno())


def own_keys() -> dict[str, str]:
    """What this Downhill signs with, and what it is set with: the variables of its environment."""
    kept_in = keys.kept_in()
    badge_keys = settings.BADGE_KEYS or (kept_in.read_text(encoding="ascii") if kept_in.exists() else "")
    return {"SECRET_KEY": settings.SECRET_KEY, "BADGE_KEYS": badge_keys}


def _sha256(file: Path) -> str:
    with file.open("rb") as opened_file:
        return hashlib.file_digest(opened_file, "sha256").hexdigest()


# --- to read one --------------------------------------------------------------------------------------


def opened(file: Path) -> About:
    """Read a backup to its end; give what it says of itself.

    Raises
    ------
    Failed
        If it is none, or damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            about = About(**json.loads(archive.read(ABOUT)))
            with archive.open(DATABASE) as database:
                found = hashlib.file_digest(database, "sha256").hexdigest()  # type: ignore[arg-type]  # it reads
            if KEYS in archive.namelist():
                archive.read(KEYS)
    except FileNotFoundError as error:
        raise Failed(_("There is no file %(file)s.") % {"file": file}) from error
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError) as error:
        raise Failed(_("%(file)s is no backup of Downhill, or it is damaged.") % {"file": file}) from error
    if found != about.sha256:
        raise Failed(_("%(file)s is damaged: the database in it is not what was saved.") % {"file": file})
    return about


def check_fit(about: About) -> None:
    """Refuse what this Downhill cannot take.

    Raises
    ------
    Failed
        If it comes from a newer one, or from the other kind of database.
    """
    if about.engine != connection.vendor:
        words = {"theirs": _engine(about.engine), "ours": _engine(connection.vendor)}
        raise Failed(_("This backup is of %(theirs)s, and this Downhill runs on %(ours)s.") % words)
    if _numbers(about.version) > _numbers(__version__) or unknown(about.migrations):
        words = {"theirs": about.version, "ours": __version__}
        raise Failed(
            _("Downhill %(theirs)s made this backup, and this one, %(ours)s, is older. Update it first.") % words
        )


def _engine(vendor: str) -> str:
    return {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(vendor, vendor)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def unknown(migrations: Iterable[str]) -> set[str]:
    """Migrations of our apps that this code does not have."""
    loader = MigrationLoader(None)
    known = {".".join(key) for key in loader.disk_migrations}
    replaced = {".".join(key) for migration in loader.disk_migrations.values() for key in migration.replaces}
    installed = {config.label for config in apps.get_app_configs()}
    return {name for name in migrations if name.partition(".")[0] in installed} - known - replaced


# --- to bring one back --------------------------------------------------------------------------------


def put_back(file: Path, about: About) -> None:
    """Put a backup in the place of all that is in the database, and count its rows.

    Raises
    ------
    Failed
        If it cannot be, and then the database is as before; or if the rows are not those that were saved.
    """
    with _beside(file) as box:
        copied = box / DATABASE
        with zipfile.ZipFile(file) as archive, archive.open(DATABASE) as database, copied.open("wb") as target:
            shutil.copyfileobj(database, target, 1024 * 1024)
        database_copies.check(copied)
        database_copies.put_back(copied)
    if database_copies.rows() != about.rows:
        raise Failed(_("Something wrote into the database meanwhile. Stop Downhill, and restore again."))


def other_keys(file: Path) -> dict[str, str] | None:
    """The keys in a backup, if it has some and they are not those in use."""
    with zipfile.ZipFile(file) as archive:
        found: dict[str, str] | None = json.loads(archive.read(KEYS)) if KEYS in archive.namelist() else None
    return None if found == own_keys() else found


def can_change_keys() -> bool:
    """Tell whether keys are in files, as on a laptop. Those of the environment are not ours to change."""
    return not (settings.BADGE_KEYS or os.environ.get("SECRET_KEY"))


def put_back_keys(found: dict[str, str]) -> None:
    secret_files.replace(Path(settings.VAR_DIR) / "secret_key", found["SECRET_KEY"])
    if found["BADGE_KEYS"]:
        secret_files.replace(keys.kept_in(), found["BADGE_KEYS"])
