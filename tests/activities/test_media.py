"""What a part's page loads: the CSS and the scripts of the types on it, and nothing of any other."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from django.test import Client
from pytest_django import Settings

from classroom.models import Cohort, Membership, User
from lessons import catalogue
from lessons.activities.base import types

LOADED = re.compile(r'(?:rel="stylesheet" href|type="module" src)="/static/([^"]+)"')


@pytest.fixture
def loaded_on(cohort: Cohort, student: Membership, client_of: Callable[[User], Client]) -> Callable[[str], list[str]]:
    """The files that the page of a part of the sampler loads, in their order."""
    Cohort.objects.filter(pk=cohort.pk).update(lessons=["sampler"])
    client = client_of(student.user)

    def look(part: str) -> list[str]:
        return LOADED.findall(client.get(f"/c/ours/lessons/sampler/{part}/").content.decode())

    return look


@pytest.fixture
def moved(tmp_path: Path, settings: Settings) -> None:
    """A sampler whose questions stand on a part of their own, before that of the runs that they wait for."""
    shutil.copytree(catalogue.LESSONS_FOLDER, tmp_path / "lessons")
    file = tmp_path / "lessons" / "sampler" / "lesson.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    at = next(i for i, part in enumerate(data["parts"]) if part["key"] == "try-it")
    del data["parts"][at]["acts"]  # in the order that they have by themselves
    questions = {**data["parts"][at], "key": "say-first", "activities": [data["parts"][at]["activities"].pop(0)]}
    data["parts"].insert(at, questions)
    file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    settings.LESSONS_FOLDERS = [tmp_path / "lessons"]


def brought_by(*kinds: str) -> set[str]:
    return {name for kind in kinds for name in types()[kind].media.names}


def test_a_part_loads_what_its_types_bring_and_nothing_of_others(loaded_on: Callable[[str], list[str]]) -> None:
    parts = catalogue.all_lessons()["sampler"].lesson.parts
    everything = brought_by(*types())

    loaded = {part.key: loaded_on(part.key) for part in parts}

    assert {key: everything & set(names) for key, names in loaded.items()} == {
        part.key: brought_by(*(activity.type for activity in part.activities)) for part in parts
    }
    assert all(len(names) == len(set(names)) for names in loaded.values())


def test_what_follows_another_script_comes_after_it(loaded_on: Callable[[str], list[str]]) -> None:
    names = [name.rpartition("/")[2] for name in loaded_on("try-it") if name.endswith(".js")]

    assert names.index("rates.js") < names.index("reveal.js")
    assert names.index("slider.js") < names.index("reveal.js")
    assert names.index("trial.js") < names.index("drafts.js") < names.index("caret.js")


@pytest.mark.usefixtures("moved")
def test_a_question_brings_what_draws_its_run(loaded_on: Callable[[str], list[str]]) -> None:
    loaded = set(loaded_on("say-first"))

    assert brought_by("predict", "experiment") <= loaded
