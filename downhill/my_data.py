"""My data: what is kept of a person, in short and as a file, and who looked at their work."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classroom import access, limits, looks, second_factor
from classroom.models import User
from privacy import person_file

SHOWN_DAYS = 90


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def data(request: HttpRequest) -> HttpResponse | FileResponse:
    """What is kept of me, and who looked at it. By a press, so that no link and no prefetch starts it, the file."""
    if second_factor.is_lacking(request):
        return access.to_second_step(request)
    person = cast(User, request.user)
    if request.method == "POST":
        says = _("You have just downloaded it. Try again in a minute.")
        limits.of_person("own_data", request, says=says).count()
        file, name = person_file.make(person)
        return FileResponse(file, as_attachment=True, filename=name)
    context = {
        "places": person.memberships.select_related("cohort").order_by("joined_at", "pk"),
        "looks": looks.by_day(person, since=timezone.now() - timedelta(days=SHOWN_DAYS)),
        "days": SHOWN_DAYS,
    }
    return render(request, "account/data.html", context)
