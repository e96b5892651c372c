"""The badge on the arc, and the credential that everybody can check."""

from __future__ import annotations

import json
import uuid
import zlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

import classroom.services
from badges import catalogue, credentials, keys, selectors, services
from badges.forms import ShareForm
from badges.models import Award
from badges.selectors import BadgePage
from classroom import second_factor
from classroom.access import member_required
from classroom.acting import Acting
from classroom.models import Membership
from classroom.refusals import Forbidden, NotFound
from lessons import stage, strip
from lessons.arc import arc_of
from lessons.class_call import Page
from lessons.selectors import lesson_of, lessons_of

JWT = "application/vc+jwt"


@never_cache
@require_safe
@member_required
def part(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """How far the badge is, with the evidence; the moment in which it is earned."""
    return show_part(request, Acting(membership), lesson)


def show_part(request: HttpRequest, acting: Acting, lesson: str) -> HttpResponse:
    """The same for whoever stands in for the member; nothing is noted as seen by them."""
    classroom.services.note_activity(acting)
    context = _part_context(acting, lesson)
    return _shown(request, acting, lesson, context, "badges/part.html")


@never_cache
@require_safe
@member_required
def since(request: HttpRequest, membership: Membership, lesson: str) -> HttpResponse:
    """The badge again if something in the class has moved since ``?v=``, else 204."""
    acting = Acting(membership)
    classroom.services.note_activity(acting)
    asked, __, shown = request.GET.get("v", "").partition(".")
    now = stage.tokens(membership, lesson) if stage.follows(acting) else None
    loaded = lesson_of(membership, lesson)
    is_called = now is not None and request.GET.get("called", now.call) != now.call
    if asked == str(membership.cohort.version.number) and not is_called:
        return strip.since(request, acting, loaded, now) if now else HttpResponse(status=204)
    context = _part_context(acting, lesson)
    # Others in the class move all the time: only what is seen here is exchanged.
    if shown == context["v"].partition(".")[2]:
        return strip.since(request, acting, loaded, now) if now else HttpResponse(status=204)
    return _shown(request, acting, lesson, context, "badges/_badge.html")


def _shown(request: HttpRequest, acting: Acting, lesson: str, context: dict[str, Any], template: str) -> HttpResponse:
    answer = render(request, template, context)
    is_seen = request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", "")
    if context["is_new"] and acting.is_own and is_seen:
        services.note_seen(acting.member, lesson_of(acting.member, lesson), context["page"].badge)
    return answer


def _part_context(acting: Acting, lesson: str) -> dict[str, Any]:
    membership = acting.member
    # The version before what it stands for: what comes meanwhile is asked for again.
    version = membership.cohort.version.number
    loaded = lesson_of(membership, lesson)
    badge = services.badge_of(loaded)
    page = selectors.badge_page(membership, loaded, badge)
    if acting.is_own and services.is_behind(page):
        services.consider(membership, loaded, badge)  # its message is on its way, or a crash came between
        page = selectors.badge_page(membership, loaded, badge)
    path = arc_of(membership, loaded)
    station = next((station for station in path.parts if station.is_badge), None)
    if station is None:
        raise NotFound(_("There is no badge in this lesson."))
    prose = next(part.prose for part in loaded.lesson.parts if part.badge)
    return {
        "acting": acting,
        "membership": membership,
        "lesson": loaded.lesson,
        "arc": path,
        "part": station,
        "onward": path.after(station),
        "page": page,
        "is_new": page.award is not None and page.award.seen_at is None,
        "prose": loaded.texts[prose],
        **strip.context(acting, loaded, Page(station.key)),
        "v": f"{version}.{_digest(page)}",
    }


def _digest(page: BadgePage) -> str:
    """What of the page may change under somebody's eyes, in short."""
    seen = [
        (each.is_met, each.waits, each.is_returned, each.says, each.comment, len(each.evidence))
        for each in page.criteria
    ]
    awards = [award.uuid if award else None for award in (page.award, page.revoked)]
    return f"{zlib.crc32(repr((seen, awards)).encode()):08x}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def credential(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """A credential's page: its owner's alone until they share it. Its owner posts whether they do."""
    award, is_own = _found(request, number)
    if request.method == "POST":
        if not is_own:
            raise Forbidden(_("Only its owner can decide who sees this."))
        form = ShareForm(request.POST)
        form.is_valid()
        services.share(award, **form.cleaned_data)
        messages.success(request, _("Saved: %(who)s") % {"who": _who_sees(award)})
        return redirect(f"{request.path}#share")
    context = {
        "award": award,
        # As it was signed, whatever the catalogue says now.
        "badge": credentials.signed_part(award)["credentialSubject"]["achievement"],
        "is_own": is_own,
        "successor": selectors.successor(request.user, award),
        "way_back": _way_back(request, award, is_own=is_own),
        "cohort": award.membership.cohort,
        "address": credentials.address(request.path),
        "issuer": credentials.issuer(),
    }
    if is_own:
        context |= strip.outside(Acting(award.membership), lessons_of(award.membership.cohort))
    with timezone.override(award.membership.cohort.zone):
        return render(request, "badges/credential.html", context)


def _found(request: HttpRequest, number: uuid.UUID) -> tuple[Award, bool]:
    award, is_own = selectors.credential(request.user, number)
    if not (is_own or award.is_shared):
        second_factor.require(request)
    return award, is_own


def _who_sees(award: Award) -> str:
    if not award.is_shared:
        return _("only you and the instructors of your class see it.")
    return _("it is shared, with your name.") if award.shows_name else _("it is shared, without your name.")


def _way_back(request: HttpRequest, award: Award, *, is_own: bool) -> str:
    """To the badge for its owner, to the student for an instructor of the class, nowhere for everybody else."""
    member, lesson = award.membership, selectors.lesson_with(award)
    if is_own and lesson:
        return Acting(member).address("part", lesson, "badge")
    if not is_own and selectors.teaches(request.user, award):
        return reverse(settings.STUDENT_URL, args=[member.cohort.slug, member.pk])
    return ""


@never_cache
@require_safe
def credential_json(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """The credential to be read."""
    award, _is_own = _found(request, number)
    body = json.dumps(credentials.signed_part(award), ensure_ascii=False, indent=2)
    return HttpResponse(body, content_type="application/vc+ld+json")


@never_cache
@require_safe
def credential_jwt(request: HttpRequest, number: uuid.UUID) -> HttpResponse:
    """The credential to be verified."""
    award, _is_own = _found(request, number)
    return HttpResponse(award.token, content_type=JWT)


@cache_control(public=True, max_age=60)
@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Which credentials were revoked, signed."""
    return HttpResponse(credentials.status_list(*selectors.revoked(), timezone.now()), content_type=JWT)


@cache_control(public=True, max_age=300)
@require_safe
def jwks(request: HttpRequest) -> JsonResponse:
    """The public keys, old ones included."""
    return JsonResponse(keys.public_keys(), content_type="application/jwk-set+json")


@cache_control(public=True, max_age=300)
@require_safe
def key(request: HttpRequest, name: str) -> JsonResponse:
    """One public key, where the `kid` of a credential leads."""
    found = keys.find(keys.key_set(), name)
    if found is None:
        raise NotFound(_("This key does not exist."))
    return JsonResponse(keys.public_key(found), content_type="application/jwk+json")


@cache_control(public=True, max_age=300)
@require_safe
def issuer(request: HttpRequest) -> JsonResponse:
    """Who signs."""
    return JsonResponse({"@context": credentials.CONTEXT, **credentials.issuer()})


@cache_control(public=True, max_age=300)
@require_safe
def achievement(request: HttpRequest, badge: str) -> JsonResponse:
    """What a badge stands for."""
    found = catalogue.all_badges().get(badge)
    if found is None:
        raise NotFound(_("This badge does not exist."))
    return JsonResponse({"@context": credentials.CONTEXT, **credentials.achievement(found)})
