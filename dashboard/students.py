"""One student: what they did, in order, and what of it an instructor can settle for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from badges import catalogue, reasons
from badges.selectors import BadgePage, badge_page
from classroom import selectors
from classroom.models import GradientRule, LearningEvent, Membership
from classroom.refusals import NotInClass
from dashboard.grid import shapes_of
from experiments.models import RunRequest, RunState
from lessons.activities.base import AsSent, slip_in_words, type_of
from lessons.activities.predict import answers
from lessons.activities.predict.answers import ClassQuestion
from lessons.authoring.loader import LoadedLesson
from lessons.models import HelpGiven, PartProgress, Prediction, Reconciliation, Review, Submission
from lessons.run_context import RunContext
from lessons.selectors import standing_of

TIMELINE_LENGTH = 200


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened. Of a prediction it says what was predicted, and never how sure somebody was."""

    at: datetime
    title: str
    state: str
    part: str = ""
    text: str = ""
    cells: tuple[tuple[str, str, str], ...] = ()
    slip: str = ""
    had_worked_line: bool = False
    went_on: bool = False
    # The instructor who entered it from paper, or whose act it was.
    by: str = ""
    is_by_instructor: bool = False


@dataclass(frozen=True)
class ToExplain:
    """An explanation that can be given aloud."""

    activity: str
    title: str
    text: str
    is_aloud: bool
    # In versions.
    is_approved: bool


@dataclass(frozen=True)
class StudentPage:
    timeline: tuple[TimelineEntry, ...]
    is_cut: bool
    to_explain: tuple[ToExplain, ...]
    parts: tuple[tuple[str, str, str], ...]  # (key, title, shape)
    badge: BadgePage | None


def student_of(membership: Membership, student_id: int) -> Membership:
    """A student of the instructor's own cohort."""
    student = selectors.students_of(membership.cohort).filter(pk=student_id).first()
    if student is None:
        raise NotInClass
    student.cohort = membership.cohort
    return student


def student_page(student: Membership, lesson: LoadedLesson, part: str = "") -> StudentPage:
    """What a student did in a lesson, newest first, or in one part of it."""
    found = _Timeline(student, lesson)
    entries = [entry for entry in found.entries() if not part or entry.part in (part, "")]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    badge = catalogue.of_lesson(lesson.lesson.slug)
    progress = {row.part: row for row in PartProgress.objects.filter(membership=student, lesson=lesson.lesson.slug)}
    shapes = shapes_of(student.cohort, lesson)[student.pk]
    return StudentPage(
        timeline=tuple(entries[:TIMELINE_LENGTH]),
        is_cut=len(entries) > TIMELINE_LENGTH,
        to_explain=tuple(_to_explain(lesson, progress)),
        parts=tuple((each.key, each.title, shapes[each.key]) for each in lesson.lesson.parts if not each.soon),
        badge=badge_page(student, lesson, badge) if badge else None,
    )


def _to_explain(lesson: LoadedLesson, progress: dict[str, PartProgress]) -> Iterator[ToExplain]:
    for part in lesson.lesson.parts:
        for activity in part.activities:
            if activity.is_read:
                row = progress.get(part.key)
                memory = standing_of(row, activity).memory
                is_approved = memory.is_settled and not memory.aloud
                yield ToExplain(activity.key, activity.title, memory.text, memory.aloud, is_approved)


class _Timeline:
    """Reads what is stored of one student in one lesson: six queries, each of the newest rows."""

    def __init__(self, student: Membership, lesson: LoadedLesson) -> None:
        self.student, self.lesson, self.slug = student, lesson, lesson.lesson.slug
        self.rule = GradientRule(student.cohort.gradient_rule)

    def entries(self) -> Iterator[TimelineEntry]:
        mine = {"membership": self.student, "lesson": self.slug}
        newest = slice(TIMELINE_LENGTH)
        for sent in Submission.objects.filter(**mine).select_related("entered_by__user").order_by("-id")[newest]:
            yield self._submission(sent)
        for sealed in Prediction.objects.filter(**mine).select_related("entered_by__user").order_by("-id")[newest]:
            yield self._prediction(sealed)
        for met in Reconciliation.objects.filter(**mine).order_by("-id")[newest]:
            yield from self._reconciliation(met)
        asked = RunRequest.objects.filter(membership=self.student, context__startswith=RunContext.start_of(self.slug))
        for request in asked.select_related("run").defer("run__result").order_by("-id")[newest]:
            context = RunContext.parse(request.context)
            if context is not None and not context.is_beside:
                yield self._run(request, context)
        for given in HelpGiven.objects.filter(**mine).select_related("by__user").order_by("-id")[newest]:
            yield TimelineEntry(
                given.at,
                _("Helped"),
                "helped",
                text=given.get_reason_display(),
                by=_name(given.by),
                is_by_instructor=True,
            )
        yield from self._events()

    def _submission(self, sent: Submission) -> TimelineEntry:
        title = self._title(sent.activity)
        state = "accepted" if sent.accepted else ("not_yet" if sent.is_try else "no_try")
        again = self._again(sent)
        words = again.in_words
        is_text = not again.cells
        return TimelineEntry(
            sent.received_at,
            title if is_text else _("%(activity)s, step %(step)d") % {"activity": title, "step": sent.step},
            "sent" if is_text else state,
            self._part(sent.activity),
            text=words,
            cells=again.cells,
            slip=slip_in_words(sent.slip) if sent.slip and not sent.accepted else "",
            had_worked_line=bool(sent.reply.get("worked_line")),
            went_on=bool(sent.answer.get("go_on")),
            by=_name(sent.entered_by),
        )

    def _again(self, sent: Submission) -> AsSent:
        place = self.lesson.find_activity(sent.activity)
        return type_of(place[1]).as_sent(place[1], sent.answer, sent.reply) if place else AsSent()

    def _prediction(self, sealed: Prediction) -> TimelineEntry:
        question = self._question(sealed.activity, sealed.item)
        said = [sealed.choice, sealed.second]
        words = question.said(*said) if question else " · ".join(filter(None, said))
        name = {"title": question.item.title if question else sealed.item}
        title = _("Predicted “%(title)s”") % name
        if sealed.round > 1:
            title = _("Predicted “%(title)s”, second vote") % name
        text = f"{words}: {sealed.because}" if sealed.because else words
        state = "late" if sealed.is_late else "sealed"
        return TimelineEntry(
            sealed.sealed_at, title, state, self._part(sealed.activity), text=text, by=_name(sealed.entered_by)
        )

    def _reconciliation(self, met: Reconciliation) -> Iterator[TimelineEntry]:
        question, part = self._question(met.activity, met.item), self._part(met.activity)
        name = {"title": question.item.title if question else met.item}
        yield TimelineEntry(met.revealed_at, _("Saw the answer to “%(title)s”") % name, "seen", part)
        if met.reconciled_at is not None:
            idea = question.idea_text(met.idea) if question else met.idea
            text = " · ".join(filter(None, (idea, met.next_time)))
            yield TimelineEntry(met.reconciled_at, _("Reconciled “%(title)s”") % name, "sent", part, text=text)

    def _run(self, request: RunRequest, context: RunContext) -> TimelineEntry:
        place = self.lesson.find_activity(context.activity)
        found = type_of(place[1]).trial_title(place[1], context.trial) if place else context.trial
        title = _("Asked for a run: %(title)s, seed %(seed)d") % {
            "title": found,
            "seed": request.run.seed,
        }
        state = "taken_back" if request.withdrawn_at else f"run_{request.run.state}"
        text = request.run.failure if request.run.state == RunState.FAILED else ""
        return TimelineEntry(request.requested_at, title, state, self._part(context.activity), text=text)

    def _events(self) -> Iterator[TimelineEntry]:
        kinds = (
            *("cohort_joined", "part_done", "explained_aloud", "aloud_taken_back", "password_reset"),
            *("member_renamed", "student_id_set", "member_removed", "member_returned", "accounts_merged"),
            "member_moved",
            *("reviewed", "review_taken_back", "badge_awarded", "badge_revoked"),
        )
        told = list(
            LearningEvent.objects.filter(membership=self.student, kind__in=kinds).order_by("-at")[:TIMELINE_LENGTH]
        )
        pks = {event.facts.get("entered_by") for event in told} - {None}
        names = {each.pk: _name(each) for each in Membership.objects.filter(pk__in=pks).select_related("user")}
        for event in told:
            by = names.get(event.facts.get("entered_by"), "")
            if event.facts.get("lesson", self.slug) != self.slug:
                continue
            part = self._part_of(event)
            yield TimelineEntry(event.at, self._told(event), event.kind, part, by=by, is_by_instructor=True)

    def _told(self, event: LearningEvent) -> str:
        titles = {part.key: part.title for part in self.lesson.lesson.parts}
        facts = event.facts
        return {
            "cohort_joined": lambda: _("Joined the class"),
            "part_done": lambda: _("Finished “%(part)s”") % {"part": titles.get(facts["part"], facts["part"])},
            "explained_aloud": lambda: _("Explained aloud: %(title)s") % {"title": self._title(facts["activity"])},
            "aloud_taken_back": lambda: (
                _("Undone, explained aloud: %(title)s") % {"title": self._title(facts["activity"])}
            ),
            "reviewed": lambda: self._told_review(event),
            "review_taken_back": lambda: _("Decision undone: %(title)s") % {"title": self._title(facts["activity"])},
            "badge_awarded": lambda: self._told_badge(
                event, _("Earned the badge %(title)s"), _("The badge %(title)s was issued")
            ),
            "badge_revoked": lambda: self._told_badge(
                event, _("The badge %(title)s was revoked"), _("The badge %(title)s was revoked")
            ),
            "password_reset": lambda: _("Got a new password"),
            "member_renamed": lambda: _("Renamed: was %(was)s") % {"was": facts["was"] or "–"},
            "student_id_set": lambda: _("Student ID: %(now)s") % {"now": facts["now"] or "–"},
            "member_removed": lambda: _("Removed from the class"),
            "member_returned": lambda: _("Back in the class"),
            "member_moved": lambda: _("Moved here from %(class)s") % {"class": facts["was_called"]},
            "accounts_merged": lambda: self._told_merge(facts),
        }[event.kind]()

    def _told_merge(self, facts: dict[str, Any]) -> str:
        merged, n = _("Got the work of the account %(username)s"), len(facts["aside"])
        merged %= {"username": facts["username"] or "–"}
        if not n:
            return merged
        said = ngettext(
            "%(n)d prediction was made with both: the first one counts",
            "%(n)d predictions were made with both: the first ones count",
            n,
        )
        return f"{merged}. {said % {'n': n}}"

    def _told_review(self, event: LearningEvent) -> str:
        title = {"title": self._title(event.facts["activity"])}
        is_approved = event.facts["decision"] == Review.Decision.APPROVED
        return (_("Approved: %(title)s") if is_approved else _("Returned: %(title)s")) % title

    def _told_badge(self, event: LearningEvent, earned: str, decided: str) -> str:
        badge = catalogue.all_badges().get(event.facts["badge"])
        because = reasons.in_words(event.facts.get("because", ""))
        said = (decided if because else earned) % {"title": badge.title if badge else event.facts["badge"]}
        return f"{said}: {because}" if because else said

    def _part_of(self, event: LearningEvent) -> str:
        return str(event.facts.get("part") or self._part(event.facts.get("activity", "")))

    def _title(self, activity: str) -> str:
        place = self.lesson.find_activity(activity)
        return place[1].title if place else activity

    def _part(self, activity: str) -> str:
        place = self.lesson.find_activity(activity)
        return place[0].key if place else ""

    def _question(self, activity: str, item: str) -> ClassQuestion | None:
        # A question of the class's other rule is still named.
        return answers.question_named(self.lesson.lesson, self.rule, activity, item)


def _name(membership: Membership | None) -> str:
    return str(membership.user) if membership else ""
