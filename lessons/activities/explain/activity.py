"""An explanation in one's own words, as a type of activity."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from classroom.models import Membership
from lessons.activities.base import Account, ActivityType, ActivityView, ClassMoment, Media, Sent, Verdict, type_of
from lessons.activities.explain import grade, page
from lessons.activities.explain.schema import Explain
from lessons.activities.measures import Picture
from lessons.authoring.lesson import Lesson, Part
from lessons.standings import Standing, TextMemory
from lessons.texts import versions


class ExplainType(ActivityType[Explain]):
    schema = Explain
    standing = Standing[TextMemory]
    template = "activities/explain/page.html"
    media = Media(css=("lessons/css/texts.css",))

    def page(self, view: ActivityView) -> versions.TextView:
        return page.page(view)

    def is_ahead(self, sheet: versions.TextView) -> bool:
        return not (sheet.is_open or sheet.is_aloud or sheet.review)

    def grade(self, sent: Sent) -> Verdict:
        return grade.grade(sent)

    def account(self, view: ActivityView) -> Account:
        text = view.standing.memory.text
        return Account(says=(f"“{text}”",) if text else ())

    def why_not_yet(self, activity: Explain, part: Part, done: Collection[str]) -> str:
        if activity.after is None or activity.after in done:
            return ""
        earlier = next(each.title for each in part.activities if each.key == activity.after)
        return _("First finish “%(title)s”. Then write what you think.") % {"title": earlier}

    def note(self, activity: Explain, standing: Standing[Any], slip: str) -> Sequence[str]:
        return versions.note(standing)

    def may_move(self, activity: Explain, at: ClassMoment) -> bool:
        return activity.after is None or activity.after in at.done

    def question(self, activity: Explain) -> str:
        return activity.question

    def pictures(self, student: Membership, lesson: Lesson, activity: Explain) -> Iterator[Picture]:
        """Those of the experiment that it explains: of its first trial."""
        about = lesson.activity(activity.after)
        return type_of(about).first_pictures(student, lesson, about) if about else iter(())
