"""Merge a double: somebody who had joined a class under two accounts. One act, shown before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

import badges.services
import classroom.services
import experiments.services
import lessons.merging
from badges import catalogue
from classroom import looks, selectors
from classroom.models import Cohort, GradientRule, Membership, Role
from classroom.refusals import Conflict, NotInClass
from lessons.activities.predict import answers
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction, Reconciliation
from lessons.selectors import lessons_of


@dataclass(frozen=True)
class Aside:
    """A question that both accounts have answered: what counts, and what is kept and counts nowhere."""

    title: str
    counts: str
    aside: str


@dataclass(frozen=True)
class Preview:
    """What a merge would do. `moved` says what goes over, and how many."""

    keep: Membership
    double: Membership
    moved: tuple[tuple[str, int], ...]
    aside: tuple[Aside, ...]
    # Badges that both have: the title of each.
    twice: tuple[str, ...]
    student_id: str


def merge(cohort: Cohort, keep_id: int, double_id: int, *, by: Membership | None) -> bool:
    """Put all that a double did under one account of theirs, and close the other one.

    Tells whether this press did it: a second one changes nothing. `by` is the instructor, if it is one.

    Raises
    ------
    NotFound
        If one of them is no student of the class, or both are one.
    Conflict
        If one of them was removed, or merged with somebody else.
    """
    cohort.refuse_if_archived()
    with transaction.atomic():
        keep, double = _both(cohort, keep_id, double_id, is_locked=True)
        if double.merged_into_id == keep.pk:
            return False
        _refuse_unless_present(keep, double)
        plan = lessons.merging.plan(keep, double)
        moved, aside = _moved(plan, keep, double), [_facts(row) for __, row in plan.predictions.answered_twice]
        experiments.services.hand_over(keep, double)
        lessons.merging.carry_out(plan, keep, double, by=by)
        badges.services.hand_over(keep, double, by=by)
        looks.hand_over(keep, double)
        classroom.services.close_double(keep, double, moved=moved, aside=aside, by=by)
        badges.services.consider_all(keep, by=by)
    return True


def preview(cohort: Cohort, keep_id: int, double_id: int, *, hides_sealed: bool = False) -> Preview:
    """Say what a merge would do, by the same plan.

    Parameters
    ----------
    hides_sealed : whether a prediction whose reveal its account has not seen is named without what it says

    Raises
    ------
    NotFound, Conflict
        As `merge` does.
    """
    keep, double = _both(cohort, keep_id, double_id, is_locked=False)
    _refuse_unless_present(keep, double)
    plan = lessons.merging.plan(keep, double)
    names = {
        "submissions": _("Answers and texts handed in"),
        "predictions": _("Predictions"),
        "reconciliations": _("Reveals seen"),
        "run_requests": _("Runs asked for"),
        "awards": _("Badges"),
        "help_given": _("Calls for help answered"),
    }
    moved = _moved(plan, keep, double)
    twice = badges.services.earned_twice(keep, double)
    titles = {slug: badge.title for slug, badge in catalogue.all_badges().items()}
    return Preview(
        keep=keep,
        double=double,
        moved=tuple((name, moved[key]) for key, name in names.items() if moved[key]),
        aside=tuple(_asides(cohort, plan, _not_seen(keep, double) if hides_sealed else frozenset())),
        twice=tuple(titles.get(first.badge, first.badge) for first, __ in twice),
        student_id=keep.student_id or double.student_id,
    )


def others(instructor: Membership, student: Membership) -> list[tuple[int, str]]:
    """Who this student may be a double of: the class by name, those of the same name first."""
    found = list(selectors.students_of(instructor.cohort).exclude(pk=student.pk))
    found.sort(key=lambda each: str(each.user).casefold() != str(student.user).casefold())
    return [(each.pk, selectors.with_username(each)) for each in found]


def likely_to_stay(one: Membership, other: Membership) -> tuple[Membership, Membership]:
    """The account that was used last stays, unless somebody says otherwise."""
    last = {each.pk: each.last_active_at or each.joined_at for each in (one, other)}
    return (other, one) if last[other.pk] > last[one.pk] else (one, other)


def _both(cohort: Cohort, keep_id: int, double_id: int, *, is_locked: bool) -> tuple[Membership, Membership]:
    """Both accounts, under their locks in one order: two who merge them the other way round wait for each other."""
    rows = Membership.objects.filter(pk__in=(keep_id, double_id), cohort=cohort, role=Role.STUDENT)
    if is_locked:
        rows = rows.select_for_update(of=("self",))
    found = {each.pk: each for each in rows.select_related("user").order_by("pk")}
    if len(found) != 2:
        raise NotInClass
    for each in found.values():
        each.cohort = cohort
    return found[keep_id], found[double_id]


def _refuse_unless_present(*accounts: Membership) -> None:
    if not all(each.is_present for each in accounts):
        raise Conflict(_("One of them is no longer in this class. Look at the people again."))


def _moved(plan: lessons.merging.Plan, keep: Membership, double: Membership) -> dict[str, int]:
    moves, __ = experiments.services.to_hand_over(keep, double)
    return {**plan.n_moved, "run_requests": len(moves), "awards": double.awards.count()}


def _facts(row: Prediction) -> dict[str, Any]:
    """A prediction as the event keeps it; how sure somebody was is nobody's business."""
    named = {name: getattr(row, name) for name in ("lesson", "activity", "item", "round", "choice", "second", "counts")}
    return {**named, "prediction": row.pk, "sealed_at": row.sealed_at.isoformat()}


def _not_seen(keep: Membership, double: Membership) -> frozenset[int]:
    """The predictions of two accounts whose reveal has not been seen with the account that made them."""
    names = ("membership", "lesson", "activity", "item")
    seen = Reconciliation.objects.filter(**{name: OuterRef(name) for name in names})
    rows = Prediction.objects.filter(~Exists(seen), membership__in=(keep, double))
    return frozenset(rows.values_list("pk", flat=True))


def _asides(cohort: Cohort, plan: lessons.merging.Plan, sealed: frozenset[int]) -> list[Aside]:
    loaded = {each.lesson.slug: each for each in lessons_of(cohort)}
    rule = GradientRule(cohort.gradient_rule)
    found = []
    for counts, later in plan.predictions.answered_twice:
        (title, first), (__, second) = (_in_words(loaded.get(row.lesson), rule, row) for row in (counts, later))
        first, second = (_("sealed") if row.pk in sealed else said for row, said in ((counts, first), (later, second)))
        found.append(Aside(title, first, second))
    return found


def _in_words(lesson: LoadedLesson | None, rule: GradientRule, row: Prediction) -> tuple[str, str]:
    question = answers.question_named(lesson.lesson, rule, row.activity, row.item) if lesson else None
    if question is None:
        return row.item, row.choice
    title = question.item.title
    if row.round > 1:
        title = _("%(title)s, second vote") % {"title": title}
    return title, question.said(row.choice, row.second)
