"""Bundles: what a page loads, in one file of each kind. Each is known by the names of what is in it, in their order."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from hashlib import sha256

# A module's text, by its name under /static/.
Read = Callable[[str], str]

# As our own modules are written: named imports at the beginning of a line, and names exported where they are made.
_IMPORT = re.compile(r"""^import\s+(?:\{([^}]*)\}\s+from\s+)?["']([^"']+)["'];$""", re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?=(?:const|function|async\s+function)\s+(\w+))", re.MULTILINE)


def name_of(names: Sequence[str]) -> str:
    """Name under /static/ of the bundle of these files."""
    kind = names[0].rpartition(".")[2]
    return f"bundles/{sha256(' '.join(names).encode()).hexdigest()[:12]}.{kind}"


def text_of(names: Sequence[str], read: Read) -> str:
    """Text of the bundle of these files.

    Raises
    ------
    ValueError
        If a module imports or exports in a way that a bundle does not know.
    """
    return _script(names, read) if names[0].endswith(".js") else "\n".join(map(read, names))


def _script(names: Sequence[str], read: Read) -> str:
    """Put modules and what they import into one, each in a function of its own, those first that others import."""
    order: dict[str, str] = {}

    def add(name: str) -> None:
        if name in order:
            return
        text = read(name)
        folder = posixpath.dirname(name)
        wanted = [posixpath.normpath(posixpath.join(folder, path)) for _names, path in _IMPORT.findall(text)]
        for each in wanted:
            add(each)
        known = {each: f"m{n}" for n, each in enumerate(order)}
        made = _EXPORT.findall(text)
        found = iter(wanted)
        body = _IMPORT.sub(lambda match: _taken(match[1], known[next(found)]), text)
        body = _EXPORT.sub("", body)
        if re.search(r"^(?:import|export)\b", body, re.MULTILINE):
            raise ValueError(f"{name}: write imports and exports as the other modules do")
        order[name] = f"const m{len(order)} = (() => {{\n{body}\nreturn {{ {', '.join(made)} }};\n}})();\n"

    for name in names:
        add(name)
    return "".join(order.values())


def _taken(imported: str, module: str) -> str:
    return f"const {{{imported.replace(' as ', ': ')}}} = {module};" if imported else ""
