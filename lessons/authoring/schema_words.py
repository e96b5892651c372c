"""What pydantic objects to, in an author's words: a table of its errors, and near misses of words that lessons know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from lessons.authoring import lesson
from lessons.authoring.base import Loc, Misplaced
from lessons.authoring.near import did_you_mean, listed, nearest
from lessons.authoring.source import LessonProblem, Source

Error = Mapping[str, Any]


def problems(source: Source, error: ValidationError) -> list[LessonProblem]:
    """What is wrong with a lesson: each thing once, at the place where its author can put it right."""
    found = list(_told(error.errors()))
    meant = {(*each["loc"][:-1], near) for each in found if (near := _meant(each))}
    return [
        source.problem(_place_of(each), _words(source, each))
        for each in found
        if not (each["type"] == "missing" and _plain(each["loc"]) in {_plain(loc) for loc in meant})
    ]


def _told(found: Sequence[Error]) -> Iterator[Error]:
    """Leave out a list that is said to be too short because what stands in it is wrong: that is told by itself."""
    for each in found:
        inside = [other for other in found if other is not each and other["loc"][: len(each["loc"])] == each["loc"]]
        if not (each["type"] == "too_short" and inside):
            yield each


def _place_of(error: Error) -> Loc:
    wrong = error.get("ctx", {}).get("error")
    return (*error["loc"], *(wrong.at if isinstance(wrong, Misplaced) else ()))


def _words(source: Source, error: Error) -> str:
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    for name, words in _TABLE.items():
        if error["type"] == name or (name.endswith("_") and error["type"].startswith(name)):
            return words(source, error)
    return str(error["msg"])


# --- the table ------------------------------------------------------------------------------------


def _is(words: str) -> Callable[[Source, Error], str]:
    """A sentence with what was written (`given`) and with the limits that pydantic names."""

    def say(source: Source, error: Error) -> str:
        return words.format(given=_given(source, error), **{"n": "", **error.get("ctx", {})})

    return say


def _unknown(source: Source, error: Error) -> str:
    said = "is not a word that lessons know"
    if error["input"] is None:
        return f"{said}; if it belongs to the text before it, put that text in quotes"
    near = _meant(error)
    return said + (f"; did you mean “{near}”?" if near else "")


def _no_text(source: Source, error: Error) -> str:
    if error["input"] is None:
        return "is empty"
    if isinstance(error["input"], list | dict):
        return "is one text; here is a list, or words with values. If it is a text, put it in quotes"
    given = _given(source, error)
    return f'“{given}” is more than a text in YAML; put it in quotes: "{given}"'


def _no_number(source: Source, error: Error) -> str:
    return "is empty" if error["input"] is None else f"“{_given(source, error)}” is not a whole number"


def _no_list(source: Source, error: Error) -> str:
    if isinstance(error["input"], str | int | float):
        return f"is a list, even if it has one entry: [{_given(source, error)}]"
    return "is a list: put each entry on a line of its own that begins with “- ”"


def _no_words(source: Source, error: Error) -> str:
    if not error["loc"]:
        is_empty = source.tree is None
        return "is empty; a lesson begins with its slug" if is_empty else "does not begin with words such as “slug:”"
    if error["input"] is None:
        return "is empty"
    return "has words of its own, each with a value: “word: value”"


def _no_type(source: Source, error: Error) -> str:
    known = lesson.types()
    return f"“{error['ctx']['tag']}” is no type of activity{_or_these(error['ctx']['tag'], known)}"


def _none_of(source: Source, error: Error) -> str:
    known = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
    return f"“{_given(source, error)}” is not known here{_or_these(error['input'], known)}"


def _or_these(word: object, known: Collection[str]) -> str:
    return did_you_mean(word, known) or f"; write {listed(known)}"


def _long(source: Source, error: Error) -> str:
    limit = error["ctx"]
    return f"has {len(error['input'])} characters, and {limit['max_length']} are the most"


_TABLE: Mapping[str, Callable[[Source, Error], str]] = {
    "missing": _is("is missing"),
    "extra_forbidden": _unknown,
    "string_type": _no_text,
    "string_too_short": _is("is empty"),
    "string_too_long": _long,
    "string_pattern_mismatch": _is("“{given}” is not written as it should be: {pattern}"),
    "int_": _no_number,
    "bool_": _is("“{given}” is neither true nor false"),
    "date_": _is("“{given}” is not a date; write 2026-12-31"),
    "greater_than_equal": _is("is {given}, and at least {ge}"),
    "greater_than": _is("is {given}, and more than {gt}"),
    "less_than_equal": _is("is {given}, and at most {le}"),
    "less_than": _is("is {given}, and less than {lt}"),
    "too_short": _is("has {actual_length}, and needs {min_length} at least"),
    "too_long": _is("has {actual_length}, and {max_length} are the most"),
    "tuple_type": _no_list,
    "list_type": _no_list,
    "model_": _no_words,
    "dict_": _no_words,
    "union_tag_invalid": _no_type,
    "union_tag_not_found": _is("has no `type`"),
    "literal_error": _none_of,
}


def _given(source: Source, error: Error) -> str:
    """What an author wrote: to YAML, “yes” is not the word."""
    node = source.written(error["loc"])
    return str(node.value if isinstance(node, yaml.ScalarNode) else error["input"])


# --- words that lessons know ----------------------------------------------------------------------


def _meant(error: Error) -> str:
    """Word that was meant by one that lessons do not know."""
    if error["type"] != "extra_forbidden":
        return ""
    model = _model_at(error["loc"][:-1])
    return nearest(error["loc"][-1], model.model_fields) if model else ""


def _model_at(loc: Loc) -> type[BaseModel] | None:
    """Model of what stands at a place of a lesson."""
    model: type[BaseModel] | None = lesson.Lesson
    for step in loc:
        if isinstance(step, int) or model is None:
            continue
        if step in model.model_fields:
            model = next(_models(model.model_fields[step].annotation), None)
        else:
            model = lesson.types().get(step)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)


def _plain(loc: Loc) -> Loc:
    return tuple(step for step in loc if step not in lesson.types())
