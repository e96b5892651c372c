"""The door for instructors who were sent a link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom import classes, limits
from classroom.forms import JoinForm
from classroom.models import Membership
from classroom.refusals import Conflict
from downhill.front_door import let_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invited(request: HttpRequest, code: str) -> HttpResponse:
    """Teach a class one was invited to: with the account in use, or with a new one."""
    invitation = classes.invitation_with(code)
    context = {"cohort": invitation.cohort, "by": invitation.made_by, "next": request.path}
    if request.user.is_authenticated:
        if request.method == "POST":
            return _in(classes.accept(invitation, request.user))
        return render(request, "downhill/invited.html", context)
    # Counted before anything is read: a form that is sent says which usernames are taken.
    if request.method == "POST":
        limits.of_visitor("join", request).count()
    form = JoinForm(request.POST or None)
    if form.is_valid():
        try:
            membership = classes.accept_as_new(invitation, **form.cleaned_data)
        except Conflict as taken:
            form.add_error("username", str(taken.detail))
        else:
            return let_in(request, membership)
    return render(request, "downhill/invited.html", {**context, "form": form})


def _in(membership: Membership) -> HttpResponse:
    return redirect("dashboard:grid", membership.cohort.slug)
