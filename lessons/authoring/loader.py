"""Read a lesson's folder. What is wrong with it is said with file, activity, field and line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path

from pydantic import BaseModel, ValidationError

from lessons.authoring import acts, markdown, pictures, references, schema_words
from lessons.authoring.base import MARKDOWN_NAME, NOTEBOOK_NAME, PICTURE_NAME, AnyActivity, Loc
from lessons.authoring.lesson import Lesson, Part
from lessons.authoring.near import did_you_mean
from lessons.authoring.source import LessonError, LessonProblem, Source, read, typeset


@dataclass(frozen=True)
class LoadedLesson:
    """A lesson with its texts as HTML, the hash of all of it, the texts that nothing names, its notebook, the pictures
    of its parts as HTML, and what its files say that no page will show.
    """

    lesson: Lesson
    texts: Mapping[str, str]
    content_hash: str
    unnamed_texts: tuple[str, ...] = ()
    notebook: str | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)
    unshown: tuple[LessonProblem, ...] = ()
    # Where each activity begins in lesson.yaml, by key, for whoever speaks of it to its author.
    places: Mapping[str, LessonProblem] = field(default_factory=dict)

    def part(self, key: str) -> Part | None:
        return next((part for part in self.lesson.parts if part.key == key), None)

    def find_activity(self, key: str) -> tuple[Part, AnyActivity] | None:
        return next(
            ((part, activity) for part in self.lesson.parts for activity in part.activities if activity.key == key),
            None,
        )


def load(folder: Path) -> LoadedLesson:
    """Load the lesson in `folder`.

    Raises
    ------
    LessonError
        If the YAML cannot be read, says a word twice, breaks the schema, or names a text that is not there.
    """
    source = read(folder / "lesson.yaml")
    try:
        lesson = Lesson.model_validate(source.data)
    except ValidationError as error:
        raise LessonError(schema_words.problems(source, error)) from error
    if wrong := [source.problem(loc, message) for loc, message in (*references.faults(lesson), *acts.faults(lesson))]:
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
    unshown = [
        LessonProblem(folder / name, says, line=line)
        for name, text in texts.items()
        for line, says in markdown.unshown(text)
    ]
    html = {name: markdown.to_html(text) for name, text in texts.items()}
    unnamed = sorted(file.name for file in folder.glob("*.md") if file.name not in texts)
    remarks = (*source.cut_off(), *unshown)
    places = {activity.key: source.problem(loc, "") for loc, activity in references.activities(lesson)}
    return LoadedLesson(lesson, html, digest.hexdigest(), tuple(unnamed), notebook, drawn, remarks, places)


def _read_texts(folder: Path, lesson: Lesson, source: Source) -> dict[str, str]:
    texts, problems = {}, []
    for name, loc in sorted(_named_files(lesson), key=itemgetter(0)):
        try:
            text = (folder / name).read_text(encoding="utf-8")
            texts[name] = typeset(text) if name.endswith(".md") else text
        except OSError:
            near = did_you_mean(name, (file.name for file in folder.iterdir()))
            problems.append(source.problem(loc, f"names {name}, which is not beside it{near}"))
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
