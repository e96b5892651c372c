"""The front door: home, joining a class, the way to the log-in."""

from __future__ import annotations

from http import HTTPStatus

from allauth.account import views as account_views
from allauth.account.utils import perform_login
from django.contrib.auth import REDIRECT_FIELD_NAME, authenticate
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classroom import access, limits, second_factor, selectors, services
from classroom.classes import may_make
from classroom.forms import TAKEN, CodeForm, JoinForm
from classroom.models import Cohort, Membership
from classroom.refusals import Conflict, Forbidden

NO_SUCH_CODE = gettext_lazy("No open class has this code. Check it with your instructor.")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front door; somebody who is logged in is led to where they work."""
    if not request.user.is_authenticated:
        return render(request, "downhill/welcome.html", {"code_form": CodeForm()})
    memberships = list(selectors.memberships_of(request.user))
    if not memberships and request.user.is_staff:
        return redirect("admin:index")
    if len(memberships) == 1:
        return redirect(workplace(memberships[0]))
    classes = [(membership, workplace(membership)) for membership in memberships]
    asks = request.user.is_staff or any(membership.is_instructor for membership in memberships)
    context = {
        "classes": classes,
        "left": selectors.left_by(request.user),
        "may_make": asks and may_make(request.user),
        "code_form": CodeForm(),
    }
    return render(request, "downhill/classes.html", context)


def workplace(membership: Membership) -> str:
    """The address where this member works: a student at the lesson, an instructor at the class grid."""
    name = "dashboard:grid" if membership.is_instructor else "lessons:cohort"
    return reverse(name, args=[membership.cohort.slug])


@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The log-in. On a shared device it leads nobody into the work of whoever used it before."""
    if request.user.is_authenticated and request.method != "POST":
        asked = request.GET.get(REDIRECT_FIELD_NAME, "")
        is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
        context = {"onward": asked if is_ours else reverse("home"), "next": request.get_full_path()}
        return render(request, "account/already_in.html", context)
    if request.method == "POST":
        limits.of_visitor("log_in", request).count()
    answer: HttpResponse = account_views.login(request)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password for whoever is logged in."""
    if request.method == "POST":
        limits.of_person("change_password", request).count()
    answer: HttpResponse = account_views.password_change(request)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def join_by_code(request: HttpRequest) -> HttpResponse:
    """Ask for a class code and go on to that class."""
    if request.method == "POST":
        limits.of_visitor("type_code", request).count()
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if cohort := _class_of(request, form.cleaned_data["code"]):
            return redirect("join", code=cohort.join_code)
        form.add_error("code", NO_SUCH_CODE)
    return render(request, "downhill/join_by_code.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Join a class: a new person makes an account, somebody logged in just joins."""
    cohort = _class_of(request, code)
    if cohort is None:
        asked = CodeForm({"code": code.rstrip("/")})
        asked.add_error("code", NO_SUCH_CODE)
        return render(request, "downhill/join_by_code.html", {"form": asked}, status=HTTPStatus.NOT_FOUND)
    if request.user.is_authenticated:
        if request.method == "POST":
            return redirect(workplace(services.join(request.user, cohort, code=cohort.join_code)))
        mine = selectors.memberships_of(request.user).filter(cohort=cohort).first()
        context = {"cohort": cohort, "workplace": workplace(mine) if mine else "", "next": request.path}
        refusal = "" if mine else _says_refused(request, cohort)
        status = HTTPStatus.FORBIDDEN if refusal else HTTPStatus.OK
        return render(request, "downhill/join_known.html", {**context, "refusal": refusal}, status=status)
    if not cohort.is_joining_open:
        return render(request, "downhill/join_closed.html", {"cohort": cohort}, status=HTTPStatus.FORBIDDEN)
    # Counted before anything is read: a form that is sent says which usernames are taken.
    if request.method == "POST":
        limits.of_visitor("join", request).count()
        limits.of_visitor("join_class", request, within=cohort.pk).count()
    form = JoinForm(request.POST or None)
    if form.is_valid():
        try:
            return let_in(request, services.register(cohort=cohort, code=cohort.join_code, **form.cleaned_data))
        except Conflict as taken:
            form.add_error("username", ValidationError(str(taken.detail), code=TAKEN))
    if form.has_error("username", TAKEN) and (mine := _joined_already(request, cohort)):
        return let_in(request, mine)
    return render(request, "downhill/join.html", {"cohort": cohort, "form": form})


def let_in(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Log somebody in as the log-in does, where they work, after a second step if they have one."""
    answer: HttpResponse = perform_login(request, membership.user, redirect_url=workplace(membership))
    return answer


def _joined_already(request: HttpRequest, cohort: Cohort) -> Membership | None:
    """Know somebody who sends their join once more, since the answer to the first one was lost.

    The password says who they are. It is looked at for those alone who joined this class a moment ago.
    """
    found = selectors.joined_just_now(cohort, request.POST["username"])
    if found is None:
        return None
    typed = {"username": found.user.get_username(), "password": request.POST.get("password", "")}
    return found if authenticate(request, **typed) == found.user else None


def _says_refused(request: HttpRequest, cohort: Cohort) -> str | Promise:
    """What a class that does not take this person in says to them; nothing, if it does."""
    if selectors.is_kept_out(request.user, cohort):
        return cohort.says_kept_out
    return "" if cohort.is_joining_open else cohort.says_closed


def _class_of(request: HttpRequest, typed: str) -> Cohort | None:
    """Find the class of a code. Wrong ones are counted, even one in an address that is only looked at.

    Raises
    ------
    TooMany
        If too many were wrong within a minute: then right ones are not told from wrong ones any more.
    """
    says = _("Too many wrong codes came from this network. Wait a minute, then try again.")
    wrong = limits.of_visitor("wrong_code", request, says=says)
    wrong.refuse_if_full()
    found = selectors.cohort_with_code(typed)
    if found is None:
        wrong.count()
    return found


@require_safe
def admin_login(request: HttpRequest) -> HttpResponse:
    """Lead to the one log-in; somebody who is in already came to a door that is not theirs, or lacks a second step."""
    if request.user.is_authenticated and request.user.is_staff and second_factor.is_lacking(request):
        return access.to_second_step(request, request.GET.get("next") or reverse("admin:index"))
    if request.user.is_authenticated:
        raise Forbidden(_("Only admins can open the admin site."))
    return redirect_to_login(request.GET.get("next", reverse("admin:index")))


@require_safe
def forgotten(request: HttpRequest) -> HttpResponse:
    """Without e-mail, an instructor helps."""
    return render(request, "downhill/forgotten.html")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(staticfiles_storage.url("classroom/img/icon.svg"))
