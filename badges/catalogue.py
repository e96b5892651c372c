"""The badges that there are, read once from `catalogue.yaml`."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import yaml
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

import lessons.catalogue
from badges.rules import AnyCondition, CriterionStatus, LearnerRecord
from lessons.activities.base import type_of
from lessons.authoring.base import AnyActivity

FILE = Path(__file__).parent / "catalogue.yaml"
Line = Annotated[str, Field(min_length=1, max_length=300)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Criterion(Strict):
    """One thing to have done; `todo` says how, while it is not."""

    key: Slug
    title: Line
    todo: Line
    condition: AnyCondition


class Badge(Strict):
    slug: Slug
    lesson: Slug
    title: Line
    description: Line
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=6)]

    def judge(self, record: LearnerRecord) -> dict[str, CriterionStatus]:
        """How far each criterion is, by its key."""
        return {criterion.key: criterion.condition.judge(record) for criterion in self.criteria}

    def is_about(self, activity: str) -> bool:
        return any(criterion.condition.activity == activity for criterion in self.criteria)


@functools.cache
def all_badges() -> dict[str, Badge]:
    found = TypeAdapter(tuple[Badge, ...]).validate_python(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    if len({badge.slug for badge in found}) < len(found):
        raise ImproperlyConfigured("badges/catalogue.yaml: two badges have the same slug.")
    return {badge.slug: badge for badge in found}


def of_lesson(lesson: str) -> Badge | None:
    """The badge that is earned in a lesson, if there is one."""
    return next((badge for badge in all_badges().values() if badge.lesson == lesson), None)


def check(**kwargs: object) -> list[CheckMessage]:
    """Django's check: every criterion is about an activity that can meet it, and every part's badge is there."""
    wrong = [problem for badge in all_badges().values() for problem in _problems(badge)]
    n_badges = Counter(badge.lesson for badge in all_badges().values())
    wrong += [f"lesson “{lesson}” has {n} badges, and can have one" for lesson, n in n_badges.items() if n > 1]
    for loaded in lessons.catalogue.all_lessons().values():
        for part in loaded.lesson.parts:
            badge = all_badges().get(part.badge or "")
            if part.badge and (badge is None or badge.lesson != loaded.lesson.slug):
                wrong.append(f"lesson “{loaded.lesson.slug}” shows a badge that is not its own: {part.badge}")
    # No error: a lesson can change at any time, and one that does not fit its badge takes no site down.
    return [Warning(problem, id="badges.W001") for problem in wrong]


def _problems(badge: Badge) -> Iterable[str]:
    loaded = lessons.catalogue.get(badge.lesson)
    if loaded is None:
        yield f"badge “{badge.slug}” belongs to a lesson that is not there: {badge.lesson}"
        return
    for criterion in badge.criteria:
        condition = criterion.condition
        place = loaded.find_activity(condition.activity)
        if place is None or condition.rests_on not in _offered(place[1]):
            where = f"badge “{badge.slug}”, criterion “{criterion.key}”"
            yield f"{where}: {condition.activity} cannot meet {condition.type}"


def _offered(activity: AnyActivity) -> set[str]:
    """What a condition on this activity can rest on."""
    return {type_of(activity).can_achieve(activity), "text" if activity.is_read else ""}
