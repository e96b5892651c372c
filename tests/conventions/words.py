"""Find words in templates and modules that gettext never sees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

# Names, which are the same in every language.
NAMES = {"Downhill", "API"}
SPOKEN_ATTRIBUTES = {"aria-label", "title", "alt", "placeholder"}
REFUSALS = {"Refusal", "Unauthenticated", "Forbidden", "NotFound", "Conflict"}
# Kept as constants and on no page: the API's docs, what synthetic students write, and what a check tells a developer.
NOT_ON_A_PAGE = {"SPECTACULAR_SETTINGS", "SENTENCES", "HINT"}
SPOKEN_ARGUMENTS = {"label", "help_text", "verbose_name", "verbose_name_plural", "violation_error_message"}

_TRANSLATED = re.compile(
    r"{#.*?#}|{%-?\s*comment\b.*?endcomment\s*%}|{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%}", re.DOTALL
)
_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
_SENTENCE = re.compile(r"[^\W\d_a-z].*\s.*[.!?…]", re.DOTALL)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.inline: list[str] = []
        self.within = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.within = tag if tag in ("script", "style") else ""
        for name, value in attributes:
            if name in SPOKEN_ATTRIBUTES:
                self.handle_data(value or "")
            if name == "style" or name.startswith(("on", "hx-on")):
                self.inline.append(f"<{tag} {name}>")
        if tag == "style" or (tag == "script" and "src" not in dict(attributes)):
            self.inline.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.words += [word for word in _WORD.findall(data) if word not in NAMES]


def _read(template: str) -> _Reader:
    reader = _Reader()
    reader.feed(_TAG.sub("", _TRANSLATED.sub("", template)))
    reader.close()
    return reader


def untranslated(template: str) -> list[str]:
    """Give the words of a template that reach the screen without gettext."""
    return _read(template).words


def inline_code(template: str) -> list[str]:
    """Give the places where a template holds script or style, which the content security policy would refuse."""
    return _read(template).inline


def bare_sentences(module: str) -> Iterator[str]:
    """Give the literal texts of a module that a person would read and gettext never sees."""
    tree = ast.parse(module)
    yield from _bare_constants(tree)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and not ast.unparse(call.func).startswith("serializers."):  # for the API's docs
            refusal = getattr(call.func, "id", getattr(call.func, "attr", "")) in REFUSALS
            spoken = call.args[:1] if refusal else []
            spoken += [argument.value for argument in call.keywords if argument.arg in SPOKEN_ARGUMENTS]
            for text in spoken:
                if isinstance(text, ast.JoinedStr) or (isinstance(text, ast.Constant) and _is_words(text.value)):
                    yield ast.unparse(text)


def _bare_constants(tree: ast.Module) -> Iterator[str]:
    """Whole sentences that a module keeps under a name: they are said, or stored and read, somewhere else."""
    for each in tree.body:
        if isinstance(each, (ast.Assign, ast.AnnAssign)) and each.value is not None:
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            if not NOT_ON_A_PAGE & {ast.unparse(target) for target in targets}:
                yield from _bare_texts(each.value)


def _bare_texts(value: ast.AST) -> Iterator[str]:
    """The sentences in a value that no call was given."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and _SENTENCE.fullmatch(value.value):
        yield ast.unparse(value)
    elif not isinstance(value, ast.Call):
        for child in ast.iter_child_nodes(value):
            yield from _bare_texts(child)


def _is_words(value: object) -> bool:
    return isinstance(value, str) and bool(_WORD.search(value))


def other_hosts(text: str, allowed: set[str]) -> list[str]:
    """Give the hosts that a file names and that are not ours."""
    named = re.findall(r"""(?:https?|wss?)://([^/\s"'`<>){}:\]]+)|(?:src|href)=["']//([^/"']+)""", text)
    return [host for pair in named for host in pair if host and host not in allowed]


def files(root: Path, *patterns: str) -> list[Path]:
    return sorted(file for pattern in patterns for file in root.glob(pattern) if "__pycache__" not in file.parts)
