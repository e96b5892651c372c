"""Find what Markdown promises and is not there: files, modules, links, decisions."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
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
    """The paths of a text that lead nowhere. `<word>` stands for any name; a bare file name may be anywhere."""
    top = {each.name for each in root.iterdir()}
    return [token for token in tokens(text) if is_path(token, top) and not _exists(root, token)]


def _exists(root: Path, token: str) -> bool:
    pattern = re.sub(r"<[^>]+>", "*", token.rstrip("/"))
    found = root.glob(pattern) if "/" in token else root.glob(f"*/**/{pattern}")
    return any(map(_is_there, found)) or ("/" not in token and any(map(_is_there, root.glob(pattern))))


def _is_there(path: Path) -> bool:
    """Tell whether a file is there, or a folder with more in it than what Python left behind of an earlier one."""
    hidden = {".venv", ".git", "__pycache__", "var"}
    if path.is_file():
        return not hidden & set(path.parts)
    return any(each.is_file() and "__pycache__" not in each.parts for each in path.rglob("*"))


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
