"""One student, with all that they did, from one class to another."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

import classroom.services
from classroom import events
from classroom.models import Cohort, Membership, Rehearsal, Role
from classroom.refusals import Conflict
from lessons.models import PartProgress, Prediction, Submission


def move(student: Membership, cohort: Cohort) -> None:
    """Move a student to another class. Their place there is the one they had, so all that stands on it goes along:
    answers, predictions, runs, reviews, badges. Both classes are told.

    Raises
    ------
    Conflict
        If it cannot be done, with the reason: one of the classes is archived, they are no student or no longer in
        their class, the other class knows them already, works by another gradient rule, or lacks a lesson of theirs.
    """
    with transaction.atomic():
        both = Cohort.objects.select_for_update().filter(pk__in={student.cohort_id, cohort.pk}).order_by("pk")
        found = {each.pk: each for each in both}
        now = Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=student.pk)
        if now.cohort_id not in found:
            raise Conflict(_("Somebody else has just moved them."))
        old, new = found[now.cohort_id], found[cohort.pk]
        _refuse_unless_possible(now, old, new)
        now.cohort = new
        try:
            with transaction.atomic():
                now.save(update_fields=["cohort"])
        except IntegrityError as error:
            raise Conflict(_("Somebody else in that class has their student ID.")) from error
        if _has_answered(now):
            classroom.services.fix_gradient_rule(new)
        events.record(events.MemberMoved(old.slug, new.slug, old.name), now)
        for each in sorted((old, new), key=lambda each: each.pk):
            classroom.services.touch(each)
    student.cohort = new


def _refuse_unless_possible(student: Membership, old: Cohort, new: Cohort) -> None:
    old.refuse_if_archived()
    new.refuse_if_archived()
    if student.role != Role.STUDENT or not student.is_present:
        raise Conflict(_("Only students who are in their class now can be moved."))
    if old.pk == new.pk or Membership.objects.filter(user_id=student.user_id, cohort=new).exists():
        raise Conflict(_("They are in that class already, or were removed from it."))
    if Rehearsal.objects.filter(cohort__in=(old, new)).exists() or student.user.is_synthetic:
        raise Conflict(_("A rehearsal is deleted with all that is in it. Nobody is moved into one or out of it."))
    if old.gradient_rule != new.gradient_rule and _has_answered(student):
        raise Conflict(_("That class works by another gradient rule, so their answers would be wrong there."))
    worked = set(PartProgress.objects.filter(membership=student).values_list("lesson", flat=True))
    if lacking := worked - set(new.lessons):
        says = _("That class lacks a lesson that they worked in: %(lessons)s.")
        raise Conflict(says % {"lessons": ", ".join(sorted(lacking))})


def _has_answered(student: Membership) -> bool:
    """Tell whether anything of theirs rests on a gradient rule."""
    return any(model.objects.filter(membership=student).exists() for model in (Submission, Prediction))
