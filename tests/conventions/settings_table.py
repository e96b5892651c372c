"""The table of settings in docs/settings.md, made of .env.example: `make settings` writes it again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.conventions.containers import ROOT

FILE = ROOT / "docs" / "settings.md"
HEAD = """# Settings

All of them come from the environment. A laptop needs none. On a server they are in `.env`, which `deploy/env` writes.
This page is made of `.env.example` by `make settings`.
"""
_SETTING = re.compile(r"#?([A-Z_]+)=(.*)")
_PART = re.compile(r"# --- (.+?) -+")


def page() -> str:
    """The page as it has to be."""
    return HEAD + "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    meaning: list[str] = []
    is_head = True
    for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines():
        if part := _PART.fullmatch(line):
            is_head = False
            yield from ("", f"## {part[1].capitalize()}", "", "| setting | default | meaning |", "|---|---|---|")
        elif setting := _SETTING.fullmatch(line):
            default = f"`{setting[2]}`" if setting[2] else "–"
            yield f"| `{setting[1]}` | {default} | {' '.join(meaning)} |"
            meaning = []
        elif line.startswith("# ") and not is_head:
            meaning.append(line[2:].replace("|", "\\|"))


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
