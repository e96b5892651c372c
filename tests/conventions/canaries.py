"""A lesson in which everything that is sealed sings: each sealed text is one that stands nowhere else."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponseBase
from django.test import Client
from pydantic import BaseModel

from classroom.models import Membership, User
from lessons.activities.predict.schema import Predict
from lessons.authoring import base
from lessons.authoring.loader import LoadedLesson, load
from privacy import person_file
from tests.conventions.permission_table import API, PAGES

SONG = "canary"
MY_DATA = "/accounts/data/"
# No texts: a choice that is right is named by its key, which everybody can see. A type's own sealed keys join here.
NO_TEXTS = ("right", "also", "key", "cycle")
# What a text of this name has to begin with to be read at all.
BEGINNINGS = {"doi": "10.1000/", "url": "https://"}


def plant(folder: Path, *, swapped: bool = False) -> None:
    """Put a canary in place of every sealed text of the lesson in `folder`, and one for each choice.

    With `swapped` other choices and numbers are right in its questions, and nothing else differs.
    """
    file = folder / "lesson.yaml"
    lesson = load(folder)
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    birds = (f"{SONG}{n}x" for n in range(1000))
    for part, written in zip(lesson.lesson.parts, data["parts"], strict=True):
        activities = zip(part.activities, written.get("activities", []), strict=True)
        written["activities"] = [sing(activity, given, birds) for activity, given in activities]
        for activity in written["activities"]:
            for item in activity.get("items", []):
                _make_right(item, [choice["key"] for choice in activity.get("choices", [])], birds, swapped)
    for name in set(sealed_files(lesson)):
        with (folder / name).open("a", encoding="utf-8") as text:
            text.write(f"\n\n{next(birds)}\n")
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def sing(value: Any, given: Any, birds: Iterator[str], *, is_sealed: bool = False, name: str = "") -> Any:
    """Give what was written with a canary for each sealed text; `value` is what it was read as. Files stay."""
    match value, given:
        case BaseModel(), dict():
            sealed = base.sealed_fields(type(value))
            return {
                field: sing(getattr(value, field), inner, birds, is_sealed=is_sealed or field in sealed, name=field)
                for field, inner in given.items()
            }
        case dict(), dict():
            return {key: sing(value[key], inner, birds, is_sealed=is_sealed) for key, inner in given.items()}
        case tuple(), list():
            pairs = zip(value, given, strict=True)
            return [sing(each, inner, birds, is_sealed=is_sealed, name=name) for each, inner in pairs]
        case str(), str() if is_sealed and name not in NO_TEXTS and not re.fullmatch(base.MARKDOWN_NAME, value):
            return BEGINNINGS.get(name, "") + next(birds)
    return given


def _make_right(item: dict[str, Any], shared: list[str], birds: Iterator[str], swapped: bool) -> None:
    keys = _keys(item, shared)
    if "right" in item:
        item["comments"] = {key: next(birds) for key in keys}
        item["right"] = keys[-1 if swapped else 0]
    number = item.get("number", {})
    if "right" in number:
        number["right"], number["within"] = (1.51737, 0.71313) if swapped else (2.51737, 0.31313)
    for name in ("second", "saw", "transfer"):
        if name in item:
            _make_right(item[name], shared, birds, swapped)


def _keys(item: Mapping[str, Any], shared: list[str]) -> list[str]:
    named = [choice if isinstance(choice, str) else choice["key"] for choice in item.get("choices", [])]
    return named or shared


def sealed_files(lesson: LoadedLesson) -> list[str]:
    """The names of the files that a sealed field names."""
    return [text for text in _sealed(lesson) if text in lesson.texts]


def sealed_texts(lesson: LoadedLesson) -> list[str]:
    """Every text below a field marked `Sealed`, at any depth; for a file, what stands in it."""
    return [lesson.texts.get(text, text) for text in _sealed(lesson)]


def _sealed(lesson: LoadedLesson) -> list[str]:
    return [text for activity in lesson.lesson.activities for text in _below(activity, is_sealed=False)]


def canaries_below(model: BaseModel | None) -> list[str]:
    """The canaries of one question, those of its transfer question included."""
    return re.findall(rf"{SONG}\d+x", model.model_dump_json()) if model is not None else []


def _below(value: Any, *, is_sealed: bool, name: str = "") -> Iterator[str]:
    if isinstance(value, BaseModel):
        sealed = base.sealed_fields(type(value))
        for field, inner in value:
            yield from _below(inner, is_sealed=is_sealed or field in sealed, name=field)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _below(inner, is_sealed=is_sealed)
    elif isinstance(value, tuple):
        for inner in value:
            yield from _below(inner, is_sealed=is_sealed, name=name)
    elif is_sealed and isinstance(value, str) and value and name not in NO_TEXTS:
        yield value


def all_canaries(lesson: LoadedLesson) -> list[str]:
    return re.findall(rf"{SONG}\d+x", " ".join([*lesson.texts.values(), lesson.lesson.model_dump_json()]))


def visible_text(lesson: LoadedLesson) -> str:
    """Everything that a lesson's files say to everybody, as one text."""
    activities = [activity for part in lesson.lesson.parts for activity in part.activities]
    return json.dumps([base.visible(activity) for activity in activities], ensure_ascii=False)


def addresses(lesson: LoadedLesson, membership: Membership) -> set[str]:
    """Spell out every address that this student may ask, for each part, activity and item, revealed or not."""
    names: Mapping[str, Any] = {
        "cohort": membership.cohort.slug,
        "code": membership.cohort.join_code,
        "student": membership.pk,
        "lesson": lesson.lesson.slug,
        "run": "5f3a1c9e-0000-4000-8000-00000000000a",
        "award": "5f3a1c9e-0000-4000-8000-00000000000b",
        "submission": 1,
        "key": "a-key",
        "phone": "a-phone",
        "invitation": "an-invitation",
        "card": "a-card",
    }
    rows = [row for row in PAGES + API if "GET" in row.answers and row.name not in ("readyz", "metrics")]
    found = set()
    for part in lesson.lesson.parts:
        for activity in part.activities:
            found |= {row.path.format(**names, part=part.key, activity=activity.key) for row in rows}
            found |= set(_questions(names, part.key, activity))
    return found


def _questions(names: Mapping[str, Any], part: str, activity: Any) -> Iterator[str]:
    if not isinstance(activity, Predict):
        return
    cohort, lesson = names["cohort"], names["lesson"]
    for item in activity.every_item():
        asked = f"item={item.key}&rate=0.13"
        yield f"/c/{cohort}/lessons/{lesson}/{part}/?{asked}"
        yield f"/c/{cohort}/lessons/{lesson}/{part}/since/?{asked}&v=0"
        yield f"/api/v1/lessons/{lesson}/activities/{activity.key}/items/{item.key}/reveal/?cohort={cohort}"


def answers(client: Client, where: Iterable[str]) -> dict[str, str]:
    """Ask every address; give what it says as plain text, by address. “My data” gives its file too."""
    said = {address: _plain(client.get(address)) for address in sorted(where)}
    return said | ({f"{MY_DATA} as a file": _own_file(client)} if MY_DATA in said else {})


def _own_file(client: Client) -> str:
    """What stands in a person's own file, without its being counted how often they take it."""
    file, _name = person_file.make(User.objects.get(pk=client.session[SESSION_KEY]))
    with zipfile.ZipFile(file) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def _plain(answer: HttpResponseBase) -> str:
    assert answer.status_code < 500, answer
    text = answer.getvalue().decode(errors="replace")
    if answer.get("Content-Type", "").startswith(("application/json", "application/problem+json")):
        return json.dumps(json.loads(text), ensure_ascii=False)
    return html.unescape(text)


def heard(texts: Iterable[str], said: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name each text that is said somewhere, and where."""
    return [(text, address) for address, answer in said.items() for text in texts if text in answer]


def numbers_heard(value: str, said: Mapping[str, str]) -> list[tuple[str, str]]:
    """Name the addresses that say a number; it is not the end of another one, such as a pixel of a drawing."""
    wanted = re.compile(r"(?<![\d.])" + re.escape(value))
    return [(value, address) for address, answer in said.items() if wanted.search(answer)]


def without_noise(text: str) -> str:
    """A page without what differs at every visit: tokens, ids, the time of day."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "", text)
    return re.sub(r"\d{2}:\d{2}(:\d{2})?", "", text)
