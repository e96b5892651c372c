"""A lesson in which everything that is sealed sings: each sealed text is one that stands nowhere else."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from django.http import HttpResponseBase
from django.test import Client
from pydantic import BaseModel

from classroom.models import Membership
from lessons.activities.predict.schema import Predict
from lessons.authoring import base
from lessons.authoring.loader import LoadedLesson
from tests.conventions.permission_table import API, PAGES

SONG = "canary"
# No texts: a choice that is right is named by its key, which everybody can see.
NO_TEXTS = ("right", "also", "key", "cycle")


def plant(folder: Path, *, swapped: bool = False) -> None:
    """Put canaries into every sealed field of the lesson in `folder`.

    With `swapped` other choices and numbers are right, and nothing else differs.
    """
    file = folder / "lesson.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    birds = (f"{SONG}{n}x" for n in range(1000))
    for part in data["parts"]:
        for activity in part.get("activities", []):
            for item in activity.get("items", []):
                _plant_item(item, [choice["key"] for choice in activity.get("choices", [])], birds, swapped)
            if "closing" in activity:
                with (folder / activity["closing"]).open("a", encoding="utf-8") as text:
                    text.write(f"\n\n{next(birds)}\n")
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def _plant_item(item: dict[str, Any], shared: list[str], birds: Iterator[str], swapped: bool) -> None:
    keys = _keys(item, shared)
    if "right" in item:
        item["comments"] = {key: next(birds) for key in keys}
        item["right"] = keys[-1 if swapped else 0]
    number = item.get("number", {})
    if "right" in number:
        number["right"], number["within"] = (1.51737, 0.71313) if swapped else (2.51737, 0.31313)
    if second := item.get("second"):
        _plant_item(second, [], birds, swapped)
    for name in ("reveal", "ideas", "convinced"):
        if name in item:
            item[name] = _sing(item[name], birds)
    if "saw" in item:
        item["saw"] = _sing(item["saw"], birds)
        item["saw"]["right"] = item["saw"]["choices"][-1 if swapped else 0]["key"]
    if transfer := item.get("transfer"):
        _plant_item(transfer, shared, birds, swapped)
        transfer |= {name: next(birds) for name in ("title", "question")}


def _keys(item: Mapping[str, Any], shared: list[str]) -> list[str]:
    named = [choice if isinstance(choice, str) else choice["key"] for choice in item.get("choices", [])]
    return named or shared


def _sing(value: Any, birds: Iterator[str]) -> Any:
    if isinstance(value, dict):
        return {key: _sing(inner, birds) for key, inner in value.items()}
    if isinstance(value, list):
        return [_sing(inner, birds) for inner in value]
    return next(birds) if isinstance(value, str) else value


def sealed_texts(lesson: LoadedLesson) -> list[str]:
    """Every text below a field marked `Sealed`, at any depth; for a file, what stands in it."""
    found: list[str] = []
    for part in lesson.lesson.parts:
        for activity in part.activities:
            found += _below(activity, is_sealed=False)
    return [lesson.texts.get(text, text) for text in found]


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
    }
    rows = [row for row in PAGES + API if "GET" in row.answers and row.name != "readyz"]
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
        asked = f"item={item.key}&open=1&rate=0.13"
        yield f"/c/{cohort}/lessons/{lesson}/{part}/?{asked}"
        yield f"/c/{cohort}/lessons/{lesson}/{part}/since/?{asked}&v=0"
        yield f"/api/v1/lessons/{lesson}/activities/{activity.key}/items/{item.key}/reveal/?cohort={cohort}"


def answers(client: Client, where: Iterable[str]) -> dict[str, str]:
    """Ask every address; give what it says as plain text, by address."""
    return {address: _plain(client.get(address)) for address in sorted(where)}


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
