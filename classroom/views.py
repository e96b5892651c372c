"""Front door, joining, health."""

from __future__ import annotations

from allauth.core import ratelimit
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classroom import selectors, services, web
from classroom.celery import app as celery_app
from classroom.forms import CodeForm, JoinForm
from classroom.models import Membership
from classroom.refusals import Conflict, Forbidden, NotFound

ALLAUTH_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front door; somebody who is logged in is led to where they work."""
    if not request.user.is_authenticated:
        return render(request, "classroom/welcome.html", {"code_form": CodeForm()})
    memberships = list(selectors.memberships_of(request.user))
    if not memberships and request.user.is_staff:
        return redirect("admin:index")
    if len(memberships) == 1:
        return redirect(workplace(memberships[0]))
    classes = [(membership, workplace(membership)) for membership in memberships]
    return render(request, "classroom/classes.html", {"classes": classes, "code_form": CodeForm()})


def workplace(membership: Membership) -> str:
    """The address where this member works: a student at the lesson, an instructor at the class grid."""
    name = "dashboard:grid" if membership.is_instructor else "lessons:cohort"
    return reverse(name, args=[membership.cohort.slug])


@require_http_methods(["GET", "HEAD", "POST"])
def join_by_code(request: HttpRequest) -> HttpResponse:
    """Ask for a class code and go on to that class."""
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if cohort := selectors.cohort_with_code(form.cleaned_data["code"]):
            return redirect("join", code=cohort.join_code)
        form.add_error("code", _("No open class has this code. Check it letter by letter."))
    return render(request, "classroom/join_by_code.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Join a class: a new person makes an account, somebody logged in just joins."""
    cohort = selectors.cohort_with_code(code)
    if cohort is None:
        raise NotFound(_("No open class has this code. Check it letter by letter, or ask your instructor."))
    if request.user.is_authenticated:
        if request.method == "POST":
            return redirect(workplace(services.enrol(request.user, cohort)))
        return render(request, "classroom/join.html", {"cohort": cohort})
    form = JoinForm(request.POST or None)
    if form.is_valid():
        if too_many := ratelimit.consume_or_429(request, action="signup"):
            return too_many
        try:
            membership = services.register(cohort=cohort, **form.cleaned_data)
        except Conflict as taken:
            form.add_error("username", str(taken.detail))
        else:
            login(request, membership.user, backend=ALLAUTH_BACKEND)
            return redirect(workplace(membership))
    return render(request, "classroom/join.html", {"cohort": cohort, "form": form})


@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """Lead to the one log-in; somebody who is in already came to a door that is not theirs."""
    if request.user.is_authenticated:
        raise Forbidden(_("The admin site is for the admins of this Downhill."))
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


@require_safe
def forgotten(request: HttpRequest) -> HttpResponse:
    """Without e-mail, an instructor helps."""
    return render(request, "classroom/forgotten.html")


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 only when the database is gone; without broker or worker the class goes on."""
    try:
        connection.ensure_connection()
        connection.cursor().execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"database": "gone"}, status=503)
    return JsonResponse({"database": "ok", **cache.get_or_set("worker-health", _worker_health, timeout=5)})


def _worker_health() -> dict[str, str]:
    try:
        answers = celery_app.control.ping(timeout=1, limit=1)
    except Exception:  # noqa: BLE001 - each transport has errors of its own, and none may break this page
        return {"broker": "degraded", "worker": "degraded"}
    return {"broker": "ok", "worker": "ok" if answers else "degraded"}


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(staticfiles_storage.url("classroom/img/icon.svg"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    detail = _("There is nothing at this address. Perhaps a letter is missing; your home page leads everywhere.")
    return web.refuse(request, 404, _("Nothing here"), detail)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return web.refuse(request, 403, _("Not for you, sorry"), _("This page is for somebody else."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _("This page had been open for long, or you logged in elsewhere meanwhile. Go back, reload, send again.")
    return web.refuse(request, 403, _("Please send that again"), detail)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return web.refuse(
        request, 400, _("That did not work"), _("We could not read what was sent. Go back and try again.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    detail = _("Something broke on our side; what you had sent before is kept. Go back and try again in a moment.")
    return web.refuse(request, 500, _("Our mistake"), detail)
