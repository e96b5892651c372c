"""Read what people read: the sentences of lessons, and the phrases that our glossary has given up."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

# Words a minute, of somebody who reads to understand.
PACE = 200

_END = re.compile(r"(?<=[.!?…])[”’\"')*]*\s+")
_IS_SENTENCE = re.compile(r"[.!?…][”’\"')*]*$")
_MARKUP = re.compile(r"\*+|^\s*(?:[-#>]+|\d+\.)\s+", re.MULTILINE)
_GETTEXT = re.compile(
    r"{%\s*translate\s+(?P<quote>[\"'])(?P<short>.*?)(?P=quote)|{%\s*blocktranslate\b[^%]*%}(?P<long>.*?){%\s*endblocktranslate",
    re.DOTALL,
)
_TRANSLATES = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "npgettext"})
# What a command prints or refuses with, and what the API's documentation says.
_SAYS = frozenset({"write", "CommandError", "ImproperlyConfigured"})
_SPOKEN = frozenset({"help", "help_text", "description"})
_IN_SCRIPTS = re.compile(
    r"""(?P<quote>["'`])(?P<text>[A-Z](?:(?!(?P=quote))[^\n])*\s(?:(?!(?P=quote))[^\n])*)(?P=quote)"""
)


def sentences(text: str) -> Iterator[str]:
    """Cut a text into its sentences.

    Paragraphs and list items are cut first. In each, a sentence ends at a full stop, question mark or exclamation mark
    (with the quotation marks and brackets after it) before white space or the end. What has no such mark is a label or
    a heading, not a sentence: it is left out, so that labels cannot make the median shorter. A colon or a semicolon
    does not end a sentence.
    """
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-#>]|\d+\.)\s)", text):
        flat = " ".join(_MARKUP.sub(" ", block).split())
        yield from (each for each in _END.split(flat) if _IS_SENTENCE.search(each))


def n_words(text: str) -> int:
    """How many words a text has; a sign such as × or = by itself is none."""
    return sum(bool(re.search(r"\w", word)) for word in text.split())


def texts_in(value: Any, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every text of a piece of YAML, at any depth, but what is below a key of `without`."""
    match value:
        case dict():
            for key, inner in value.items():
                if key not in without:
                    yield from texts_in(inner, without)
        case list():
            for inner in value:
                yield from texts_in(inner, without)
        case str():
            yield value


def visible(file: Path) -> list[str]:
    """The texts of a file that people read.

    Of YAML and Markdown all of it, of scripts what looks like a sentence, of templates and modules what goes through
    gettext; of modules what commands print and what describes the API, too.
    """
    text = file.read_text(encoding="utf-8")
    match file.suffix:
        case ".yaml":
            return list(texts_in(yaml.safe_load(text)))
        case ".md":
            return [_MARKUP.sub(" ", text)]
        case ".js":
            return [each["text"] for each in _IN_SCRIPTS.finditer(text)]
        case ".html" | ".txt":
            return [each["short"] or each["long"] for each in _GETTEXT.finditer(text)]
        case ".py":
            return [said for node in ast.walk(ast.parse(text)) for said in _said(node, _TRANSLATES | _SAYS, _SPOKEN)]
    raise ValueError(f"nobody has said what people read of {file.name}")


def translated(file: Path) -> list[str]:
    """The texts of a template or module that gettext takes as they are, white space included."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".html":
        return [each["short"] for each in _GETTEXT.finditer(text) if each["short"]]
    return [said for node in ast.walk(ast.parse(text)) for said in _said(node, _TRANSLATES)]


def _said(node: ast.AST, calls: frozenset[str], names: frozenset[str] = frozenset()) -> Iterator[str]:
    """The texts that a call is given to say, and those that a class keeps as its help."""
    spoken: list[ast.expr] = []
    if isinstance(node, ast.Call):
        spoken = [each.value for each in node.keywords if each.arg in names]
        if getattr(node.func, "id", getattr(node.func, "attr", "")) in calls:
            spoken += node.args
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in names:
        spoken = [node.value]
    for each in spoken:
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
        elif isinstance(each, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in each.values)


def given_up(glossary: str) -> dict[str, tuple[str, ...]]:
    """The phrases that the glossary has given up: in quotation marks in the second column of its tables.

    By phrase, the longer phrases in which it may stay, in quotation marks in the fourth.
    """
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in glossary.splitlines() if line[:1] == "|"]
    return {
        phrase: tuple(_quoted(row[3]) if len(row) > 3 else ())
        for row in rows
        if len(row) > 1
        for phrase in _quoted(row[1])
    }


def _quoted(cell: str) -> list[str]:
    return re.findall(r"“([^”]+)”", cell)


def found_in(text: str, phrases: dict[str, tuple[str, ...]]) -> list[str]:
    """The phrases that a text holds as whole words, small letters or capitals, but where they may stay."""
    flat = " ".join(text.split())
    found = []
    for phrase, where in phrases.items():
        left = flat
        for longer in where:
            left = re.sub(_whole(longer), " ", left, flags=re.IGNORECASE)
        if re.search(_whole(phrase), left, re.IGNORECASE):
            found.append(phrase)
    return found


def _whole(phrase: str) -> str:
    return r"(?<!\w)" + r"\s+".join(map(re.escape, phrase.split())) + r"(?!\w)"
