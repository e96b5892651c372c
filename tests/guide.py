"""The author's guide, as a reader follows it: the files that it has one write, and the commands that it gives."""

from __future__ import annotations

import re
from pathlib import Path

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "author.md"
# A fence that names a file after its language is a piece of that file; those of one file follow each other.
_FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files() -> dict[str, str]:
    """Each file of the guide's lesson, with its text."""
    found: dict[str, str] = {}
    for __, name, text in _FENCE.findall(GUIDE.read_text(encoding="utf-8")):
        if name:
            found[name] = found.get(name, "") + text
    return found


def commands() -> list[str]:
    """What the guide has one type in a terminal, in order."""
    fences = _FENCE.findall(GUIDE.read_text(encoding="utf-8"))
    return [line for language, __, text in fences if language == "sh" for line in text.splitlines()]


def examples() -> list[str]:
    """Pieces of a lesson that the guide shows and its own lesson does without."""
    fences = _FENCE.findall(GUIDE.read_text(encoding="utf-8"))
    return [text for language, name, text in fences if language == "yaml" and not name]


def write(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


LESSON = files()["lesson.yaml"]
