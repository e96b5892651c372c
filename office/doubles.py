"""Two accounts of one person in a class, made one by an admin: shown as it would be, then done."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from classroom import looks
from classroom.models import Look, Membership, Role
from classroom.refusals import Conflict, Refusal
from dashboard import merging
from office.desk import Desk
from office.filters import read_key


def merge_chosen(desk: Desk, request: HttpRequest, chosen: QuerySet[Membership]) -> HttpResponse | None:
    """Show what merging the two that were chosen would do, and merge them; what is refused is said above the list."""
    try:
        one, other = _two(chosen)
        if "keep" in request.POST:
            _merge(desk, request, *_sorted(one, other, request.POST["keep"]))
            return None
        if "instead" in request.POST:
            keep, double = _sorted(one, other, request.POST["instead"])
        else:
            keep, double = merging.likely_to_stay(one, other)
        shown = merging.preview(keep.cohort, keep.pk, double.pk, hides_sealed=True)
        if shown.aside:
            looks.at_members(request.user, Look.Kind.WORK, [keep.pk, double.pk])
    except Refusal as refused:
        desk.message_user(request, str(refused.detail), messages.WARNING)
        return None
    context = {
        **desk.admin_site.each_context(request),
        "opts": desk.opts,
        "title": _("Merge two accounts"),
        "action": request.POST["action"],
        "preview": shown,
        "chosen": (keep, double),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/merge.html", context)


def _two(chosen: QuerySet[Membership]) -> tuple[Membership, Membership]:
    found = list(chosen[:3])
    if len(found) != 2:
        raise Conflict(_("Choose two members: the two accounts of one person."))
    one, other = found
    if one.cohort_id != other.cohort_id:
        raise Conflict(_("These two are in different classes. Move one of them first, then merge."))
    if one.user_id == other.user_id or not all(each.role == Role.STUDENT for each in found):
        raise Conflict(_("Only accounts of students are merged."))
    one.cohort.refuse_if_archived()
    return one, other


def _sorted(one: Membership, other: Membership, stays: str) -> tuple[Membership, Membership]:
    """The account that stays, and the double."""
    kept = read_key(Membership, stays)
    if kept not in (one.pk, other.pk):
        raise Conflict(_("Choose two members: the two accounts of one person."))
    return (one, other) if kept == one.pk else (other, one)


def _merge(desk: Desk, request: HttpRequest, keep: Membership, double: Membership) -> None:
    teaches = Membership.objects.present().filter(
        user_id=request.user.pk or 0, cohort_id=keep.cohort_id, role=Role.INSTRUCTOR
    )
    names = {"kept": keep.user.username, "gone": double.user.username}
    with transaction.atomic():
        if merging.merge(keep.cohort, keep.pk, double.pk, by=teaches.first()):
            # By number: an entry about one of them outlives the name of the other.
            desk.log_change(request, keep, _("Got the work of member %(n)d.") % {"n": double.pk})
            desk.log_change(request, double, _("Merged into member %(n)d.") % {"n": keep.pk})
    desk.message_user(request, _("The account %(gone)s was merged into %(kept)s.") % names, messages.SUCCESS)
