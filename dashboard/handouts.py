"""Print pack of a lesson: what a class needs on paper, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from classroom.models import Cohort, GradientRule
from classroom.refusals import NotFound
from lessons.activities.base import Handout, type_of
from lessons.authoring.loader import LoadedLesson


@dataclass(frozen=True)
class Stack:
    """Sheets of one kind, in the order of the lesson."""

    kind: str
    title: str
    sheets: tuple[Handout, ...]


def print_pack(cohort: Cohort, lesson: LoadedLesson) -> tuple[Stack, ...]:
    """Sheets of a lesson for a class of this gradient rule. No query: nothing of anybody's work is on them."""
    rule = GradientRule(cohort.gradient_rule)
    found: dict[str, list[Handout]] = {}
    for activity in lesson.lesson.activities:
        for sheet in type_of(activity).handouts(activity.for_member("", rule), rule):
            found.setdefault(sheet.kind, []).append(sheet)
    return tuple(Stack(kind, sheets[0].kind_title, tuple(sheets)) for kind, sheets in found.items())


def stack_of(pack: tuple[Stack, ...], kind: str) -> Stack:
    """Stack of one kind.

    Raises
    ------
    NotFound
        If this lesson has no such sheets.
    """
    found = next((stack for stack in pack if stack.kind == kind), None)
    if found is None:
        raise NotFound(_("This lesson has no such sheets to print."))
    return found
