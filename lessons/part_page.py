"""A part's page: what it shows, and how it answers after something was sent, in place or as a whole page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

import classroom.services
from classroom.acting import Acting
from classroom.models import Membership
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from classroom.web import is_htmx
from lessons import part_media, selectors, stage, strip
from lessons.activities.base import type_of
from lessons.arc import Arc, arc_of
from lessons.authoring import markdown
from lessons.authoring.base import AnyActivity
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.class_call import Page
from lessons.models import PartProgress, PartState, Submission
from lessons.services import Receipt
from lessons.stage import Key, StageView

# In a page's token: behind it is what an instructor has still to read.
UNREAD = "~"


def not_now(closed: Refusal) -> Conflict:
    """What is closed or gone in a class that is the sender's own: a device that waited would hold back what follows."""
    return Conflict(closed.detail)


def refuse_somebody_else(form: Any, membership: Membership) -> None:
    if form.cleaned_data.get("member") not in (None, membership.pk):
        raise Forbidden(_("Somebody else has logged in on this device. Nothing was sent in their name."))


def part_after(
    act: Callable[[], None],
    request: HttpRequest,
    acting: Acting,
    lesson: LoadedLesson,
    part: Part,
    shown: Mapping[str, Any],
) -> HttpResponse:
    """Do what was sent and show the part; what could not be read is said at its field, with all that was typed."""
    try:
        act()
    except (Forbidden, NotFound) as closed:
        raise not_now(closed) from closed
    except Refusal as refusal:
        if is_htmx(request) or not refusal.errors:
            raise
        return with_errors(request, acting, lesson, part, shown, refusal)
    return part_again(request, acting, lesson, part, shown)


def in_place(
    request: HttpRequest, acting: Acting, lesson: LoadedLesson, part: Part, context: dict[str, Any]
) -> HttpResponse:
    """Answer a poll of something smaller with the whole part."""
    answer = render(request, "lessons/_part.html", noted(acting, lesson, part, context))
    answer["HX-Retarget"], answer["HX-Reswap"] = "#part", "outerHTML"
    return answer


def part_again(
    request: HttpRequest,
    acting: Acting,
    lesson: LoadedLesson,
    part: Part,
    shown: Mapping[str, Any],
    receipt: Receipt | None = None,
) -> HttpResponse:
    """Show the part after something was sent: in place where htmx asked, without what the page shows already, else at
    its address.

    Parameters
    ----------
    receipt : of a submission that was stored just now: what it tells is not read again
    """
    if not is_htmx(request):
        query = urlencode({name: value for name, value in shown.items() if value})
        address = acting.address("part", lesson.lesson.slug, part.key)
        return redirect(f"{address}?{query}" if query else address)
    classroom.services.note_activity(acting)
    context = noted(acting, lesson, part, context_after(acting, lesson, part, shown, receipt))
    context["shown"] = frozenset(request.POST.get("shown", "").split())
    return render(request, "lessons/_part.html", context)


def is_as_shown(membership: Membership, lesson: LoadedLesson, part: Part, token: str, now: str | None) -> bool:
    """Tell whether nothing was opened, closed or read since a page got this token.

    Parameters
    ----------
    now : the stage's token, where the page follows it
    """
    shown, __, unread = token.partition(UNREAD)
    if unread and unread != selectors.unread_in(part, selectors.progress_of(membership, lesson).get(part.key)):
        return False
    # Pages that follow no stage wait for what is read alone.
    return (bool(unread) and not shown) or shown == now


def around(acting: Acting, lesson: LoadedLesson, part: Part, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """Collect what is around a part in which somebody types: its poll, the strip and the rail.

    None where the part has been closed: then nobody types there any more.
    """
    membership = acting.member
    view = stage.read(membership, lesson.lesson.slug)
    progress = selectors.progress_of(membership, lesson)
    arc = arc_of(membership, lesson, view, progress)
    station = next(station for station in arc.parts if station.key == part.key)
    if station.is_locked:
        return None
    unread = selectors.unread_in(part, progress.get(part.key))
    return {
        "acting": acting,
        "membership": membership,
        "lesson": lesson.lesson,
        "arc": arc,
        "part": station,
        "asked": {name: value for name, value in asked.items() if value},
        "stage_token": f"{view.token}{UNREAD}{unread}" if unread else view.token,
        "is_followed": True,
        "keeps": True,
        **strip.context(acting, lesson, Page(part.key), view),
    }


def context_after(
    acting: Acting, lesson: LoadedLesson, part: Part, shown: Mapping[str, Any], receipt: Receipt | None = None
) -> dict[str, Any]:
    """Collect what a part's page shows after an answer or a run: a question that waits for another gives way to it."""
    context = part_context(acting, lesson, part, shown, receipt)
    is_held = any(page.kind.is_held(page.sheet) for page in context["pages"])
    return part_context(acting, lesson, part, {**shown, "item": ""}) if is_held else context


def with_errors(
    request: HttpRequest,
    acting: Acting,
    lesson: LoadedLesson,
    part: Part,
    shown: Mapping[str, Any],
    refusal: Refusal,
) -> HttpResponse:
    """Show a whole page once more with what was typed and what is wrong with it."""
    typed = request.POST.dict()
    asked = {**shown, "typed": typed, "errors": refusal.errors}
    context = part_context(acting, lesson, part, asked)
    context |= {"errors": refusal.errors, "typed": typed, "asked": {**context["asked"], "typed": "", "errors": ""}}
    return render(request, "lessons/part.html", context, status=refusal.status)


def part_context(
    acting: Acting, lesson: LoadedLesson, part: Part, asked: Mapping[str, Any], receipt: Receipt | None = None
) -> dict[str, Any]:
    """Collect what a part's page shows once what its finished runs measured is in the member's progress.

    The worker sees to that; the page does it again for the moment between the two, and for a worker that fell.
    """
    context = _laid_out(acting, lesson, part, asked, receipt)
    is_behind = acting.is_own and _catch_up(acting.member, lesson, context["pages"])
    return _laid_out(acting, lesson, part, asked) if is_behind else context


def _catch_up(membership: Membership, lesson: LoadedLesson, pages: Iterable[selectors.ActivityPage]) -> bool:
    """Bring a member's progress up to date with what these pages have found; tell whether it was behind."""
    behind = [page for page in pages if page.kind.catch_up(membership, lesson, page.key, page.sheet)]
    return bool(behind)


def _laid_out(
    acting: Acting, lesson: LoadedLesson, part: Part, asked: Mapping[str, Any], receipt: Receipt | None = None
) -> dict[str, Any]:
    """Collect what a part's page shows: its core activities, or the one extra that was asked for.

    The token is read before all that it stands for: what is opened meanwhile is asked for again, and never missed.
    """
    membership = acting.member
    view = stage.read(membership, lesson.lesson.slug) if stage.follows(acting) else None
    token = view.token if view else ""
    progress = receipt.progress if receipt else None
    if progress is None:
        progress = selectors.progress_of(membership, lesson)
    row = progress.get(part.key)
    unread = selectors.unread_in(part, row) if acting.is_own else ""
    arc = arc_of(membership, lesson, view, progress)
    station = next(station for station in arc.parts if station.key == part.key)
    activities = () if station.is_locked else part.activities
    chosen = [each for each in activities if each.extra and each.key == asked.get("activity")]
    shown = chosen or [each for each in activities if not each.extra]
    laid_out = _pages(acting, lesson, part, row, shown, asked, view, receipt.submission if receipt else None)
    pages = [laid_out[each.key] for each in shown]
    # Whoever is about to answer a question stays at it when the page changes under them.
    at_hand = next((key for page in pages if (key := page.kind.at_hand(page.sheet))), "")
    is_behind = station.state in (PartState.DONE, PartState.WAITING) and not at_hand
    onward = arc.after(station) if is_behind else None
    call = strip.context(acting, lesson, Page(part.key, _questions(pages)), view)
    is_new = row is None and not chosen
    rail = _rail(arc, call)
    no_call = "" if call["class_call"] else "no-call"
    return {
        "acting": acting,
        "membership": membership,
        "lesson": lesson.lesson,
        "arc": arc,
        "part": station,
        "is_locked": station.is_locked,
        "lead": markdown.to_inline_html(part.lead) if part.lead else "",
        # Until something is done here the lead comes first; then it folds, and what was done is what one sees.
        "is_new": is_new,
        "picture": lesson.pictures.get(part.key, ""),
        "prose": lesson.texts[part.prose],
        "progress": row,
        "pages": pages,
        "further": _further(pages),
        "extras": [each for each in activities if each.extra and each not in shown],
        "is_extra": bool(chosen),
        "asked": {name: value for name, value in {**asked, "item": asked.get("item") or at_hand}.items() if value},
        "stage_token": f"{token}{UNREAD}{unread}" if unread else token,
        "is_followed": bool(token),
        "keeps": any(page.kind.keeps_page for page in pages),
        "saved_at": max((page.saved_at for page in pages if page.saved_at), default=None),
        "is_waiting": any(page.kind.is_waiting(page.sheet) for page in pages),
        # The part to go on with, once this one is done and nothing on its page waits for an answer.
        "onward": onward,
        "is_end": is_behind and onward is None,
        # A law is told once it has been earned.
        "laws": [law for law in lesson.lesson.laws if law.part == part.key and station.state == PartState.DONE],
        "rail": rail,
        # What the class is at may change with every answer; that it is at nothing is said once.
        "no_call": no_call,
        # What the page says that it shows: an answer to something that is sent from it leaves that out.
        "pieces": " ".join(
            filter(
                None,
                [rail, no_call, "" if is_new else "why", *chain(*(page.kind.pieces(page.sheet) for page in pages))],
            )
        ),
        "shown": frozenset(),
        **call,
        "styles": part_media.styles_of(lesson, part),
        "scripts": part_media.scripts_of(lesson, part, is_own=acting.is_own),
    }


def _rail(arc: Arc, call: Mapping[str, Any]) -> str:
    """Name what the rail shows."""
    place = call["class_call"] and call["class_call"].place
    states = [(station.key, station.state) for station in arc.parts]
    return f"rail-{crc32(repr((states, place and place.part)).encode()):x}"


def _questions(pages: Iterable[selectors.ActivityPage]) -> frozenset[Key]:
    """The questions that are on a page."""
    return frozenset((page.key, shown) for page in pages if (shown := page.kind.shown(page.sheet)))


def noted(acting: Acting, lesson: LoadedLesson, part: Part, context: dict[str, Any]) -> dict[str, Any]:
    """Remember what a page reveals for the first time, and lay out anew the activities that had waited for that look.

    The token stays the older one: what was opened meanwhile is asked for again.
    """
    if not acting.is_own:
        return context  # whoever stands in for a member sees it in their stead, and they have not
    membership, pages = acting.member, context["pages"]
    looks = {page.key: page.kind.note_seen(membership, lesson, page.key, page.sheet) for page in pages}
    waited = {key for waiting in looks.values() for key in waiting or ()}
    activities = [activity for page in pages for activity in part.activities if activity.key == page.key in waited]
    if not activities:
        return context
    # By the progress that the rest of the page was laid out with: if a run has ended since, it is behind.
    anew = _pages(acting, lesson, part, context["progress"], activities, context["asked"])
    if _catch_up(membership, lesson, anew.values()):
        again = part_context(acting, lesson, part, context["asked"])
        context = {**again, "stage_token": context["stage_token"]}
        anew = {page.key: page for page in pages if looks[page.key] is not None}
    shown = [anew.get(page.key, page) for page in context["pages"]]
    return {**context, "pages": shown, "further": _further(shown)}


def _pages(
    acting: Acting,
    lesson: LoadedLesson,
    part: Part,
    row: PartProgress | None,
    activities: Sequence[AnyActivity],
    asked: Mapping[str, Any],
    at: StageView | None = None,
    newest: Submission | None = None,
) -> dict[str, selectors.ActivityPage]:
    """Lay out activities of a part, in the order in which their types are read.

    The stage is read here, once for all of them, where the page has not read it.
    """
    if at is None and any(each.votables for each in activities):
        at = stage.read(acting.member, lesson.lesson.slug)
    return {
        each.key: selectors.activity_page(
            acting,
            lesson,
            part,
            selectors.as_met(acting.member, lesson, each),
            row,
            asked,
            at,
            newest if newest and newest.activity == each.key else None,
        )
        for each in sorted(activities, key=lambda each: type_of(each).order)
    }


def _further(pages: Iterable[selectors.ActivityPage]) -> selectors.ActivityPage | None:
    """The first activity on the page at which something is left to do."""
    return next((page for page in pages if page.is_left), None)
