"""Our scripts as browsers get them: what a module imports is there, under plain and under hashed names."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management import call_command

from downhill.static_files import HashedStaticFiles

pytestmark = pytest.mark.pure

IMPORT = re.compile(r"""^import\b[^;"']*["']([^"']+)["'];$""", re.MULTILINE)


def own_scripts() -> dict[str, str]:
    """Our own scripts, name under /static/ and text."""
    found = (
        (posixpath.join(getattr(storage, "prefix", None) or "", name), Path(storage.path(name)))
        for finder in finders.get_finders()
        for name, storage in finder.list([])
        if name.endswith(".js")
    )
    environment = settings.BASE_DIR / ".venv"
    return {
        name: path.read_text()
        for name, path in found
        if path.is_relative_to(settings.BASE_DIR) and not path.is_relative_to(environment)
    }


def imported(name: str, text: str) -> list[str]:
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), address)) for address in IMPORT.findall(text)]


def test_every_module_that_is_imported_is_ours_and_there() -> None:
    scripts = own_scripts()
    assert {"classroom/js/page.js", "activities/hand_steps/worksheet.js"} <= set(scripts)

    wanted = {name for importer, text in scripts.items() for name in imported(importer, text)}

    assert wanted - set(scripts) == set()


@pytest.mark.slow
def test_a_hashed_module_imports_hashed_names_alone(tmp_path: Path) -> None:
    """A plain name beside a hashed one would load the same module twice, and an old one after an upgrade."""
    storage = HashedStaticFiles(location=tmp_path, base_url="/static/")
    command = collectstatic.Command()
    command.storage = storage
    call_command(command, interactive=False, verbosity=0)
    scripts = own_scripts()
    hashed = {name: storage.hashed_files[name] for name in scripts}

    imports = {name: imported(hashed[name], (tmp_path / hashed[name]).read_text()) for name in scripts}

    assert any(imports.values())
    assert [wanted for of in imports.values() for wanted in of if not (tmp_path / wanted).is_file()] == []
    assert imports == {name: [hashed[wanted] for wanted in imported(name, text)] for name, text in scripts.items()}
