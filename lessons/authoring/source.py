"""Source of a lesson: its YAML as data and as nodes that know their lines, and where in it something is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from lessons.authoring import yaml_words
from lessons.authoring.base import Loc

# libyaml's parser where PyYAML was built with it, as in every wheel: ten times as quick.
YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What one of a list is called, where that is not the word of the list without its s.
_ONE_OF = {"activities": "activity", "today": "today", "ideas": "idea", "also": "also"}


@dataclass(frozen=True)
class LessonProblem:
    """Problem in a lesson's files, and where it is.

    `field` is the way to it as a program would go, `where` the same way in an author's words.
    """

    file: Path
    message: str
    field: str = ""
    activity: str = ""
    line: int | None = None
    where: str = ""

    def __str__(self) -> str:
        place = str(self.file) + (f":{self.line}" if self.line else "")
        return f"{place}: {self.where + ': ' if self.where else ''}{self.message}"


class LessonError(Exception):
    """The lesson cannot be used; `problems` says why."""

    def __init__(self, problems: list[LessonProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Source:
    """A lesson.yaml as data, as nodes that know their lines, and as its author wrote it."""

    path: Path
    data: Any
    tree: yaml.Node | None
    text: str

    def problem(self, loc: Loc, message: str) -> LessonProblem:
        """Say what is wrong in the author's own words: the way to it, the activity, the field and the line."""
        activity, line, value = "", None, self.data
        field: list[str] = []
        where: list[str] = []
        for step, key_line, value in self._way(loc):
            line = key_line or line
            if isinstance(step, int) and where:
                where[-1] = _one_of(where[-1], step, value)
            else:
                where.append(str(step))
            if field[-1:] == ["activities"] and isinstance(value, dict):
                activity = str(value.get("key", ""))
            field.append(str(step))
        return LessonProblem(self.path, message, ".".join(field), activity, line, ", ".join(where))

    def written(self, loc: Loc) -> yaml.Node | None:
        """Node that an author wrote at this place."""
        node = self.tree
        for step, __, ___ in self._way(loc):
            node = _descend(node, step)[1]
        return node

    def cut_off(self) -> Iterator[LessonProblem]:
        """Find texts that end before a “ #”: it begins a comment, and an author may have meant it.

        Comments are set off by two spaces, so that nobody has to wonder.
        """
        lines = self.text.split("\n")
        for loc, node in _plain_texts(self.tree):
            end = node.end_mark
            if re.match(r" #", lines[end.line][end.column :]):
                said = f"the text ends at “{node.value[-40:]}”, since “ #” begins a comment; {yaml_words.QUOTE}"
                yield replace(self.problem(loc, f"{said}, or put two spaces before a comment"), line=end.line + 1)

    def _way(self, loc: Loc) -> Iterator[tuple[str | int, int | None, Any]]:
        """Steps to a place, each with its line and what is there."""
        value, node, line = self.data, self.tree, None
        for step in loc:
            if isinstance(value, dict) and step not in value and value.get("type") == step:
                continue  # pydantic names the chosen type in the path; the author's file has no such level
            line, node = _descend(node, step)
            value = _get(value, step)
            yield step, line, value


def read(path: Path) -> Source:
    """Read a lesson.yaml.

    Raises
    ------
    LessonError
        If it cannot be read, is not YAML, or says a word twice.
    """
    text = ""
    try:
        text = typeset(path.read_text(encoding="utf-8"))
        written = yaml.compose(text, Loader=YAML)  # a tree of its own: constructing merges what `<<` names into it
        data = None if written is None else SafeConstructor().construct_document(written)
        source = Source(path, data, yaml.compose(text, Loader=YAML), text)
    except OSError as error:
        raise LessonError([LessonProblem(path, f"cannot be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        says = "is not UTF-8 text; save it in that encoding"
        raise LessonError([LessonProblem(path, says, line=error.object[: error.start].count(b"\n") + 1)]) from error
    except yaml.YAMLError as error:
        line, advice = yaml_words.advice(error, text)
        raise LessonError([LessonProblem(path, f"is not YAML: {advice}", line=line)]) from error
    except ValueError as error:  # a date that no calendar has, a number of ten thousand digits
        raise LessonError([LessonProblem(path, f"cannot be read: {error}")]) from error
    except RecursionError as error:
        raise LessonError([LessonProblem(path, "cannot be read: it is nested too deeply")]) from error
    if repeated := list(_repeated_keys(source.tree)):
        raise LessonError([replace(source.problem(loc, _twice(loc)), line=mark.line + 1) for loc, mark in repeated])
    return source


def typeset(text: str) -> str:
    """Keep a percent sign on the line of its number.

    >>> typeset("about 90 % of them")
    'about 90\\xa0% of them'
    """
    return re.sub(r"(?<=\d) %", "\u00a0%", text)


def _one_of(word: str, number: int, value: Any) -> str:
    """One of a list, counted from one, by its key.

    >>> _one_of("parts", 1, {"key": "rates"})
    'part 2 “rates”'
    >>> _one_of("y", 0, "3")
    'y, number 1'
    """
    if not isinstance(value, dict):
        return f"{word}, number {number + 1}"
    named = f" “{value['key']}”" if isinstance(value.get("key"), str | int) else ""
    return f"{_ONE_OF.get(word) or word.removesuffix('s')} {number + 1}{named}"


def _twice(loc: Loc) -> str:
    inside = isinstance(loc[-2], int) if len(loc) > 1 else False
    return "is said twice" + ("; if another one begins here, a dash is missing: “- ”" if inside else "")


def _repeated_keys(
    node: yaml.Node | None, at: Loc = (), above: tuple[int, ...] = ()
) -> Iterator[tuple[Loc, yaml.Mark]]:
    """Find the first key that stands twice in a mapping; YAML would keep the last and lose the first in silence."""
    if id(node) in above:
        return  # an alias may point at what it stands in
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        is_told = False
        for key, child in node.value:
            if key.value in seen and not is_told:
                is_told = True
                yield (*at, key.value), key.start_mark
            seen.add(key.value)
            yield from _repeated_keys(child, (*at, key.value), above)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _repeated_keys(child, (*at, index), above)


def _plain_texts(
    node: yaml.Node | None, at: Loc = (), above: tuple[int, ...] = ()
) -> Iterator[tuple[Loc, yaml.ScalarNode]]:
    """Texts without quotes."""
    if id(node) in above:
        return
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield from _plain_texts(child, (*at, key.value), above)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _plain_texts(child, (*at, index), above)
    elif isinstance(node, yaml.ScalarNode) and not node.style and node.tag == "tag:yaml.org,2002:str":
        yield at, node


def _get(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _descend(node: yaml.Node | None, step: str | int) -> tuple[int | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, child
        return node.start_mark.line + 1, None
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None, None
