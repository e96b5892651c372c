"""Read a lesson's folder. What is wrong with it is said with file, activity, field and line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from yaml.constructor import SafeConstructor

from lessons.authoring import acts, markdown, pictures
from lessons.authoring.base import MARKDOWN_NAME, NOTEBOOK_NAME, PICTURE_NAME, AnyActivity
from lessons.authoring.lesson import Lesson, Part

# libyaml's parser where PyYAML was built with it, as in every wheel: ten times as quick.
YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Loc = tuple[str | int, ...]  # the way to a field, as pydantic writes it


@dataclass(frozen=True)
class LessonProblem:
    """Problem in a lesson's files, and where it is."""

    file: Path
    message: str
    field: str = ""
    activity: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = str(self.file) + (f":{self.line}" if self.line else "")
        what = " ".join(word for word in (self.activity and f"activity “{self.activity}”", self.field) if word)
        return f"{where}: {what + ': ' if what else ''}{self.message}"


class LessonError(Exception):
    """The lesson cannot be used; `problems` says why."""

    def __init__(self, problems: list[LessonProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class LoadedLesson:
    """A lesson with its texts as HTML, the hash of all of it, the texts that nothing names, its notebook, and the
    pictures of its parts as HTML.
    """

    lesson: Lesson
    texts: Mapping[str, str]
    content_hash: str
    unnamed_texts: tuple[str, ...] = ()
    notebook: str | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)

    def part(self, key: str) -> Part | None:
        return next((part for part in self.lesson.parts if part.key == key), None)

    def find_activity(self, key: str) -> tuple[Part, AnyActivity] | None:
        return next(
            ((part, activity) for part in self.lesson.parts for activity in part.activities if activity.key == key),
            None,
        )


@dataclass(frozen=True)
class _Source:
    """A lesson.yaml as data, and as nodes that know their lines."""

    path: Path
    data: Any
    tree: yaml.Node | None

    def problem(self, loc: Loc, message: str) -> LessonProblem:
        """Say what is wrong in the author's own words: the activity, the field and the line of `loc`."""
        activity, value, node, line = "", self.data, self.tree, None
        field: list[str] = []
        for step in loc:
            if isinstance(value, dict) and step not in value and value.get("type") == step:
                continue  # pydantic names the chosen type in the path; the author's file has no such level
            is_activity = field[-1:] == ["activities"]
            field.append(str(step))
            key_line, node = _descend(node, step)
            line = key_line or line
            value = _get(value, step)
            if is_activity and isinstance(value, dict):
                activity = str(value.get("key", ""))
        return LessonProblem(self.path, message, ".".join(field), activity, line)


def load(folder: Path) -> LoadedLesson:
    """Load the lesson in `folder`.

    Raises
    ------
    LessonError
        If the YAML cannot be read, says a word twice, breaks the schema, or names a text that is not there.
    """
    source = _read_yaml(folder / "lesson.yaml")
    try:
        lesson = Lesson.model_validate(source.data)
    except ValidationError as error:
        raise LessonError([_explain(source, found) for found in _told(error)]) from error
    if wrong := [source.problem(loc, message) for loc, message in acts.faults(lesson)]:
        raise LessonError(wrong)
    texts = _read_texts(folder, lesson, source)
    # The hash covers what was meant, not how the YAML was laid out.
    digest = hashlib.sha256(lesson.model_dump_json().encode())
    for name, text in texts.items():
        digest.update(f"\0{name}\0{text}".encode())
    notebook = texts.pop(lesson.notebook) if lesson.notebook else None
    named = {part.key: part.picture for part in lesson.parts if part.picture}
    drawn = {key: pictures.as_html(texts[each.file], each.says) for key, each in named.items()}
    for each in named.values():
        texts.pop(each.file, None)
    html = {name: markdown.to_html(text) for name, text in texts.items()}
    unnamed = sorted(file.name for file in folder.glob("*.md") if file.name not in texts)
    return LoadedLesson(lesson, html, digest.hexdigest(), tuple(unnamed), notebook, drawn)


def _typeset(text: str) -> str:
    """Keep a percent sign on the line of its number.

    >>> _typeset("about 90 % of them")
    'about 90\\xa0% of them'
    """
    return re.sub(r"(?<=\d) %", "\u00a0%", text)


def _read_yaml(path: Path) -> _Source:
    try:
        text = _typeset(path.read_text(encoding="utf-8"))
        written = yaml.compose(text, Loader=YAML)  # a tree of its own: constructing merges what `<<` names into it
        data = None if written is None else SafeConstructor().construct_document(written)
        source = _Source(path, data, yaml.compose(text, Loader=YAML))
    except OSError as error:
        raise LessonError([LessonProblem(path, f"cannot be read: {error.strerror}")]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = f"is not YAML: {getattr(error, 'problem', None) or error}"
        raise LessonError([LessonProblem(path, message, line=mark.line + 1 if mark else None)]) from error
    except ValueError as error:  # bytes that are no UTF-8, a date that no calendar has
        raise LessonError([LessonProblem(path, f"cannot be read: {error}")]) from error
    if repeated := list(_repeated_keys(source.tree)):
        raise LessonError([replace(source.problem(loc, "is said twice"), line=mark.line + 1) for loc, mark in repeated])
    return source


def _read_texts(folder: Path, lesson: Lesson, source: _Source) -> dict[str, str]:
    texts, problems = {}, []
    for name, loc in sorted(_named_files(lesson), key=itemgetter(0)):
        try:
            text = (folder / name).read_text(encoding="utf-8")
            texts[name] = _typeset(text) if name.endswith(".md") else text
        except OSError:
            problems.append(source.problem(loc, f"names {name}, which is not beside it"))
        except UnicodeDecodeError:
            problems.append(source.problem(loc, f"names {name}, which is not UTF-8 text"))
        else:
            if name.endswith(".ipynb") and not _is_notebook(texts[name]):
                problems.append(source.problem(loc, f"names {name}, which is not a Jupyter notebook"))
            if name.endswith(".svg") and (says := _picture_problem(texts[name])):
                problems.append(source.problem(loc, f"names {name}, which {says}"))
    if problems:
        raise LessonError(problems)
    return texts


def _picture_problem(text: str) -> str:
    try:
        pictures.as_html(text, "")
    except pictures.BadPicture as error:
        return str(error)
    return ""


def _is_notebook(text: str) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("nbformat") == 4 and isinstance(found.get("cells"), list)


def _named_files(model: BaseModel, at: Loc = ()) -> Iterator[tuple[str, Loc]]:
    for name, value in model:
        items = enumerate(value) if isinstance(value, tuple) else [(None, value)]
        for index, item in items:
            loc = (*at, name) if index is None else (*at, name, index)
            if isinstance(item, BaseModel):
                yield from _named_files(item, loc)
            elif isinstance(item, str) and re.fullmatch(f"{MARKDOWN_NAME}|{NOTEBOOK_NAME}|{PICTURE_NAME}", item):
                yield item, loc


def _repeated_keys(
    node: yaml.Node | None, at: Loc = (), above: tuple[int, ...] = ()
) -> Iterator[tuple[Loc, yaml.Mark]]:
    """Find keys that stand twice in one mapping; YAML would keep the last and lose the first in silence."""
    if id(node) in above:
        return  # an alias may point at what it stands in
    above = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, child in node.value:
            if key.value in seen:
                yield (*at, key.value), key.start_mark
            seen.add(key.value)
            yield from _repeated_keys(child, (*at, key.value), above)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _repeated_keys(child, (*at, index), above)


def _told(error: ValidationError) -> Iterator[Mapping[str, Any]]:
    """Leave out a list that is said to be too short because what stands in it is wrong: that is told by itself."""
    found = error.errors()
    for each in found:
        inside = [other for other in found if other is not each and other["loc"][: len(each["loc"])] == each["loc"]]
        if not (each["type"] == "too_short" and inside):
            yield each


def _explain(source: _Source, error: Mapping[str, Any]) -> LessonProblem:
    """Turn a pydantic error into a problem."""
    words = {"extra_forbidden": "is not a word that lessons know", "missing": "is missing"}
    message = words.get(error["type"], error["msg"].removeprefix("Value error, "))
    return source.problem(error["loc"], message)


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
