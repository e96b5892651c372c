"""Find what Markdown promises and is not there: files, modules, links, decisions."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SUFFIXES = (".py", ".js", ".css", ".html", ".yaml", ".yml", ".toml", ".md")
# What a running Downhill, an installation or an administrator makes.
MADE_LATER = ("var/", "VAR_DIR/", ".venv/", "docker-compose.override.yml")
ADDRESS = re.compile(r"[a-z]+:")

_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_MODULE = re.compile(r"[a-z_]+(\.\w+)+")


def papers(root: Path) -> list[Path]:
    """Every Markdown file of the project, those of lessons and of installed packages apart."""
    found = (*root.glob("*.md"), *root.glob("docs/**/*.md"))
    return sorted(file for file in found if file.is_file())


def tokens(text: str) -> list[str]:
    """The words that stand in backticks, outside blocks of commands."""
    return [word.rstrip(",;") for code in _CODE.findall(_FENCE.sub("", text)) for word in code.split()]


def is_path(token: str, top: set[str]) -> bool:
    """Tell whether a word names a file or folder of the project, and no address, media type or setting."""
    if token.startswith(("/", "-", *MADE_LATER)) or ADDRESS.match(token) or "=" in token:
        return False
    return token.endswith(SUFFIXES) or ("/" in token and (token.endswith("/") or token.split("/")[0] in top))


def missing_paths(root: Path, text: str) -> list[str]:
    """The paths of a text that lead nowhere. `<word>` stands for any name; a bare name may be anywhere."""
    top = {each.name for each in root.iterdir()}
    return [token for token in tokens(text) if is_path(token, top) and not _exists(root, token)]


def _exists(root: Path, token: str) -> bool:
    path = token.rstrip("/")
    pattern = "[^/]+".join(map(re.escape, re.split(r"<[^>]+>", path)))
    anywhere = "" if "/" in path else "(.+/)?"
    return any(re.fullmatch(anywhere + pattern, each) for each in _contents(root))


@cache
def _contents(root: Path) -> frozenset[str]:
    """Every file of the project and every folder with a file in it, without what Python and Downhill make."""
    files = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in ("__pycache__", ".git", ".venv", "var")]
        files += [Path(folder, name).relative_to(root) for name in names]
    return frozenset(str(each) for file in files for each in (file, *file.parents))


def missing_modules(packages: tuple[str, ...], text: str) -> list[str]:
    """The modules of these packages, and what is said to be in them, that cannot be imported."""
    named = [token for token in tokens(text) if _MODULE.fullmatch(token) and token.split(".")[0] in packages]
    return [token for token in named if not token.endswith(SUFFIXES) and not _can_be_had(token)]


def _can_be_had(token: str) -> bool:
    module, rest = token, list[str]()
    while module:
        try:
            found: object = importlib.import_module(module)
        except ModuleNotFoundError:
            module, _dot, name = module.rpartition(".")
            rest.insert(0, name)
            continue
        for name in rest:
            found = getattr(found, name, None)
        return found is not None
    return False


def broken_links(root: Path, file: Path, text: str) -> list[str]:
    """The links to files of the project, and to headings in them, that lead nowhere."""
    return [target for target in _LINK.findall(_FENCE.sub("", text)) if not _leads(root, file, target)]


def _leads(root: Path, file: Path, target: str) -> bool:
    if ADDRESS.match(target):
        return True
    path, _mark, heading = target.partition("#")
    found = (file.parent / path).resolve() if path else file
    if not found.is_file() or not found.is_relative_to(root):
        return False
    return not heading or heading in anchors(found.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The names under which headings can be linked to, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(_FENCE.sub("", text))
    }


def long_lines(text: str) -> list[str]:
    """The lines of more than 120 characters that could be wrapped: no command, no row of a table, no link."""
    lines = _FENCE.sub("", text).splitlines()
    return [line for line in lines if len(line) > 120 and not line.startswith("|") and "](" not in line]


def index_of(folder: Path) -> Iterator[str]:
    """The lines that the index of decisions has to have, in their order."""
    for file in sorted(folder.glob("[0-9]*.md")):
        title, _blank, date = file.read_text(encoding="utf-8").splitlines()[:3]
        yield f"- {date} · [{title.removeprefix('# ')}]({file.name})"


def released(changelog: str) -> list[str]:
    """The versions that a changelog has released, the newest first."""
    return re.findall(r"^## (\d+\.\d+\.\d+) · \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
