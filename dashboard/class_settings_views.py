"""Classes of one's own: make one, copy one, change its settings, archive it, share it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom import access, classes, second_factor
from classroom.access import instructor_required, require_post
from classroom.models import Membership, Role
from classroom.refusals import Conflict, UnknownAct
from dashboard import class_settings
from dashboard.class_settings import ClassForm
from privacy import retention

# Beside which field a page says what was refused of a setting.
FIELDS = {"next_session_at": "day"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Make a class from nothing."""
    user = classes.maker(request.user)
    if second_factor.is_lacking(request):
        return access.to_second_step(request)
    newest = Membership.objects.filter(user=user, role=Role.INSTRUCTOR, cohort__rehearsal=None)
    initial = class_settings.initial_of_new(
        newest.select_related("cohort").order_by("-pk").first(), time_zone=settings.TIME_ZONE
    )
    form = ClassForm(request.POST or None, initial=initial)
    return _made(request, form) or _page(request, "dashboard/new_class.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def copy(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Make a class like this one: its settings, if wished its instructors, none of its people and no work."""
    others = list(classes.other_instructors(membership))
    form = ClassForm(request.POST or None, initial=class_settings.initial_of_copy(membership.cohort))
    brings = request.POST.get("brings") == "on"
    made = _made(request, form, copied=membership, brings=brings)
    context = {"membership": membership, "others": others, "brings": brings}
    return made or _page(request, "dashboard/new_class.html", form, **context)


def _made(request: HttpRequest, form: ClassForm, **more: Any) -> HttpResponse | None:
    """Make the class that was asked for, and go there."""
    if not form.is_valid() or request.user.is_anonymous:
        return None
    try:
        cohort = classes.make(request.user, **form.settings(), **more)
    except Conflict as conflict:
        form.add_error(None, str(conflict.detail))
        return None
    return redirect("dashboard:grid", cohort.slug)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@instructor_required
def change(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Settings of a class; what is saved changes what was changed on this page, and nothing else."""
    cohort = membership.cohort
    if request.method != "POST":
        return _settings_page(request, membership, _form_of(membership), class_settings.present_of(cohort))
    cohort.refuse_if_archived()
    form = _form_of(membership, request.POST)
    seen = class_settings.read_seen(request.POST.get("seen", ""), cohort)
    if form.is_valid():
        try:
            classes.change(membership, seen=seen, wished=form.settings())
        except classes.Overtaken as overtaken:
            _say_overtaken(form, overtaken, membership)
            seen |= overtaken.present
        except Conflict as conflict:
            form.add_error(None, str(conflict.detail))
        else:
            return redirect(f"{reverse('dashboard:settings', args=[cohort.slug])}?saved")
    return _settings_page(request, membership, form, seen)


def _form_of(membership: Membership, sent: Any = None) -> ClassForm:
    cohort = membership.cohort
    return ClassForm(sent, cohort=cohort, initial=class_settings.initial_of(cohort))


def _say_overtaken(form: ClassForm, overtaken: classes.Overtaken, membership: Membership) -> None:
    membership.cohort.refresh_from_db()
    for name, value in overtaken.present.items():
        says = _("Somebody else just changed this to “%(value)s”. Save again to use what you see here.")
        now = class_settings.in_words(name, value, membership.cohort)
        form.add_error(FIELDS.get(name, name), says % {"value": now})


@require_post
@instructor_required
def archive(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Archive a class, or open it again."""
    act = {"archive": classes.archive, "reopen": classes.reopen}.get(request.POST.get("act", ""))
    if act is None:
        raise UnknownAct
    act(membership)
    return redirect("dashboard:settings", membership.cohort.slug)


@require_post
@instructor_required
def invite(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Make a link for one more instructor, or take one back."""
    membership.cohort.refuse_if_archived()
    number = request.POST.get("back", "")
    if number.isascii() and number.isdigit() and len(number) < 18:
        classes.take_invitation_back(membership, int(number))
    else:
        classes.invite(membership)
    return redirect(f"{reverse('dashboard:settings', args=[membership.cohort.slug])}#instructors")


def _settings_page(request: HttpRequest, membership: Membership, form: ClassForm, seen: dict[str, Any]) -> HttpResponse:
    links = [
        (invitation, request.build_absolute_uri(reverse("invited", args=[invitation.code])))
        for invitation in classes.open_invitations(membership.cohort)
    ]
    context = {
        "membership": membership,
        "seen": class_settings.as_sent(seen),
        "is_saved": "saved" in request.GET and not form.is_bound,
        "others": classes.other_instructors(membership),
        "links": links,
        "kept": retention.near_end_of(membership.cohort),
        "lesson_titles": class_settings.in_words("lessons", membership.cohort.lessons, membership.cohort),
    }
    return _page(request, "dashboard/settings.html", form, **context)


def _page(request: HttpRequest, template: str, form: ClassForm, **context: Any) -> HttpResponse:
    status = 400 if form.is_bound and not form.is_valid() else 200
    return render(request, template, {"form": form, "zones": class_settings.zones(), **context}, status=status)
