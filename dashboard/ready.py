"""Ready for tonight? What an instructor checks before a class: each line is right, wrong or not checked yet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import classroom.services
from classroom import events
from classroom.events import Event
from classroom.models import GradientRule, LearningEvent, Membership, Rehearsal
from classroom.refusals import Conflict, NotFound
from dashboard import ready_runs
from dashboard.reach import Reach
from dashboard.ready_runs import Progress
from experiments.models import ACTIVE, Run, RunState
from lessons.activities.base import type_of
from lessons.authoring.lesson import Lesson
from lessons.maths import values

TONIGHT = timedelta(hours=12)
LONG = timedelta(seconds=20)  # for a run that takes a moment
WIDEST = 9999


@dataclass(frozen=True)
class PhoneReached(Event):
    """A phone opened the page that an instructor showed it. `number` counts those before it."""

    number: int
    width: int
    height: int


@dataclass(frozen=True)
class BackRowRead(Event):
    """The back row could read the wall."""


@dataclass(frozen=True)
class NotebookTold(Event):
    """An instructor said what the class's notebook prints first, and by which rule that is."""

    printed: str
    rule: str


@dataclass(frozen=True)
class Line:
    """One line of the list. `state`: ``good``, ``bad``, ``busy`` (something is on its way) or ``open`` (not checked).

    `says` is what is known, `todo` what to do, `typed` what stays in the line's field.
    """

    key: str
    title: str
    state: str
    says: str
    todo: str = ""
    typed: str = ""


@dataclass(frozen=True)
class ReadyPage:
    """The list, and what its lines need beside their words."""

    lines: tuple[Line, ...]
    runs: Progress | None
    # What a phone is to open; nothing where none could.
    phone_token: str
    v: str

    @property
    def n_good(self) -> int:
        return sum(line.state == "good" for line in self.lines)


def ready_page(membership: Membership, lesson: Lesson, reach: Reach, session: str) -> ReadyPage:
    """Lay out the list for an instructor; `session` is the key of the browser that they look with."""
    told = _told(membership)
    runs = ready_runs.progress_of(membership, lesson)
    first = first_values(lesson)
    lines = [
        _worker(ready_runs.newest_canary(membership)),
        _runs(runs),
        _phone(told.get(PhoneReached.kind), reach),
        _back_row(told.get(BackRowRead.kind)),
        *([_notebook(told.get(NotebookTold.kind), membership, first)] if first else []),
        _rehearsal(membership),
    ]
    token = "" if reach.is_loopback else phone_token(membership, session)
    v = hashlib.sha256(repr((lines, runs, token)).encode()).hexdigest()[:16]
    return ReadyPage(tuple(lines), runs, token, v)


def first_values(lesson: Lesson) -> dict[str, str]:
    """What w is after the first step, by gradient rule, as a notebook prints it; nothing where no step is taken."""
    for activity in lesson.activities:
        found = {rule.value: type_of(activity).first_result(activity, rule) for rule in GradientRule}
        if None not in found.values():
            return {rule: values.show(value) for rule, value in found.items() if value is not None}
    return {}


def note_back_row(membership: Membership) -> None:
    membership.cohort.refuse_if_archived()
    events.record(BackRowRead(), membership)


def note_notebook(membership: Membership, lesson: Lesson, printed: str) -> None:
    """Find by what a notebook prints which rule it follows, and let the class follow it, if it still can."""
    membership.cohort.refuse_if_archived()
    value, rule = _read(printed), ""
    if value is not None:
        known = first_values(lesson).items()
        rule = next((rule for rule, shown in known if _is_near(value, values.parse(shown))), "")
    with transaction.atomic():
        if rule:
            with suppress(Conflict):  # of answers graded by the other rule: the line says so
                classroom.services.set_gradient_rule(membership.cohort, rule)
        events.record(NotebookTold("".join(filter(str.isprintable, printed)).strip()[:40], rule), membership)


def _read(printed: str) -> Fraction | None:
    try:
        return values.parse(printed)
    except ValueError:
        return None


def _is_near(value: Fraction, shown: Fraction) -> bool:
    """Notebooks print from two decimals to all of them."""
    return abs(value - shown) < Fraction(1, 150)


# --- the phone ----------------------------------------------------------------------------------------


def phone_token(membership: Membership, session: str) -> str:
    """Make what a phone opens: it names the instructor, how many phones came before, the day and the browser."""
    n = LearningEvent.objects.filter(membership=membership, kind=PhoneReached.kind).count()
    facts = f"{membership.pk}.{n}.{timezone.now().date().toordinal()}.{_short(session)}"
    return f"{facts}.{_short(facts)}"


def instructor_of(token: str, session: str) -> tuple[Membership, int, bool]:
    """Read a token: whose it is, its number, and whether the browser that shows it also opened it.

    Raises
    ------
    NotFound
        If nobody made it, or not lately.
    """
    facts, _dot, seal = token.rpartition(".")
    if constant_time_compare(seal, _short(facts)):
        key, number, day, browser = facts.split(".")
        found = Membership.objects.select_related("cohort").filter(pk=int(key)).first()
        if found is not None and timezone.now().date().toordinal() - int(day) <= 1:
            return found, int(number), bool(session) and browser == _short(session)
    raise NotFound(_("This code is too old. Scan the one that is shown now."))


def note_phone(membership: Membership, number: int, *, width: int, height: int) -> bool:
    """Remember that a phone came; tell whether it was the first to use this code."""
    membership.cohort.refuse_if_archived()
    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=membership.pk)
        if LearningEvent.objects.filter(membership=membership, kind=PhoneReached.kind).count() != number:
            return False
        events.record(PhoneReached(number, _on_screen(width), _on_screen(height)), membership)
    return True


def _on_screen(size: int) -> int:
    return size if 0 < size <= WIDEST else 0


def _short(text: str) -> str:
    """Seal a text with the server's secret, in few letters: a code of fewer squares is easier to scan."""
    return salted_hmac("ready.phone", text, algorithm="sha256").hexdigest()[:12]


# --- the lines ----------------------------------------------------------------------------------------


def _told(membership: Membership) -> dict[str, LearningEvent]:
    """The newest news of each kind that an instructor of this class has made tonight."""
    kinds = (PhoneReached.kind, BackRowRead.kind, NotebookTold.kind)
    since = timezone.now() - TONIGHT
    rows = LearningEvent.objects.filter(membership__cohort=membership.cohort, kind__in=kinds, at__gt=since)
    return {event.kind: event for event in rows.order_by("at", "pk")}


def _at(event: LearningEvent) -> str:
    return date_format(timezone.localtime(event.at), "H:i")


def _worker(canary: Run | None) -> Line:
    title = _("The worker runs")
    if canary is None:
        return Line("worker", title, "open", "", _("Send it a small real run."))
    if canary.state == RunState.DONE and canary.finished_at:
        seconds = (canary.finished_at - canary.queued_at).total_seconds()
        return Line("worker", title, "good", _("A small run came back after %(n).1f seconds.") % {"n": seconds})
    if canary.state in ACTIVE and timezone.now() - canary.queued_at < LONG:
        return Line("worker", title, "busy", _("A small run is on its way."))
    if canary.state in ACTIVE:
        says = _("A small run has waited for %(n)d seconds.") % {"n": LONG.total_seconds()}
        return Line("worker", title, "bad", says, _("Stop Downhill, start it again and look at what it prints."))
    return Line("worker", title, "bad", canary.failure or _("The small run was lost."), _("Send it again."))


def _runs(runs: Progress | None) -> Line:
    title = _("The first runs are computed")
    if runs is None:
        todo = _("Compute them now.")
        return Line("runs", title, "open", _("In class, students would wait for them."), todo)
    counted = {"done": runs.n_done, "all": runs.n_all, "students": runs.n_students}
    if runs.n_done == runs.n_all:
        says = _("All %(all)d are there, for %(students)d students.") % counted
        return Line("runs", title, "good", says)
    says = _("%(done)d of %(all)d are there, for %(students)d students.") % counted
    if runs.is_on_its_way:
        return Line("runs", title, "busy", says, _("You can leave this page. It goes on."))
    if runs.n_failed:
        says += " " + ngettext("%(n)d failed.", "%(n)d failed.", runs.n_failed) % {"n": runs.n_failed}
    return Line("runs", title, "bad", says, _("Compute the rest."))


def _phone(seen: LearningEvent | None, reach: Reach) -> Line:
    title = _("A phone gets in")
    if reach.is_loopback:
        says = _("Phones cannot open %(host)s. Only this computer can.") % {"host": reach.host}
        return Line("phone", title, "bad", says, _("Stop Downhill and start it with: LAN=1 make run"))
    if seen is None:
        todo = _("Scan the code with a phone that is in the wifi of the room.")
        return Line("phone", title, "open", "", todo)
    width, height = seen.facts.get("width"), seen.facts.get("height")
    if width and height:
        told = {"at": _at(seen), "width": width, "height": height}
        says = _("One came at %(at)s. Its screen is %(width)d wide and %(height)d high.") % told
    else:
        says = _("One came at %(at)s.") % {"at": _at(seen)}
    return Line("phone", title, "good", says)


def _back_row(read: LearningEvent | None) -> Line:
    title = _("The back row can read")
    if read is None:
        todo = _("Show the slide on the wall, walk to the back, and read its last line.")
        return Line("back-row", title, "open", "", todo)
    return Line("back-row", title, "good", _("You read it at %(at)s.") % {"at": _at(read)})


def _notebook(told: LearningEvent | None, membership: Membership, first: Mapping[str, str]) -> Line:
    title = _("Your notebook agrees")
    cohort, rule = membership.cohort, membership.cohort.gradient_rule
    shows = _("The class uses the %(rule)s rule: its first w is %(w)s.") % {"rule": rule, "w": first[rule]}
    if told is None:
        return Line("notebook", title, "open", shows, _("Run your notebook. What is the first w that it prints?"))
    printed, found = told.facts.get("printed", ""), told.facts.get("rule", "")
    says = _("Your notebook prints %(printed)s.") % {"printed": printed}
    if found == rule:
        return Line("notebook", title, "good", f"{says} {shows}")
    if found and cohort.rule_fixed_at:
        why, todo = str(cohort.says_rule_fixed), _("Let your notebook follow the class.")
        return Line("notebook", title, "bad", f"{says} {shows} {why}", todo, printed)
    if found:
        return Line("notebook", title, "bad", f"{says} {shows}", _("Type what it prints again."), printed)
    if _read(printed) is None:
        todo = _("Type the number as the notebook prints it, such as %(w)s.") % {"w": first[rule]}
        return Line("notebook", title, "bad", _("That is not a number that we can read."), todo, printed)
    expected = _("Expected: %(values)s.") % {"values": ", ".join(first.values())}
    todo = _("Check its points, its start and its learning rate.")
    return Line("notebook", title, "bad", f"{says} {expected}", todo, printed)


def _rehearsal(membership: Membership) -> Line:
    title = _("You have rehearsed")
    mine = (
        Rehearsal.objects.filter(cohort__memberships__user=membership.user, evening__isnull=True)
        .order_by("-began_at")
        .first()
    )
    if mine is None:
        return Line("rehearsal", title, "open", "", _("Watch an invented class for 60 seconds."))
    began = date_format(timezone.localtime(mine.began_at), "j N, H:i")
    return Line("rehearsal", title, "good", _("A rehearsal began %(at)s.") % {"at": began})


def as_size(sent: Any) -> int:
    """Read a width or height that a phone sent; 0, if it is none."""
    text = str(sent or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
