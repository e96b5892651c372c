"""Rows of a class in one lesson. Each kind is read once, when it is first asked for, by a statement written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, cached_property
from typing import Any, NamedTuple

from django.db.models import BooleanField, CharField, DateTimeField, F, QuerySet, Value
from django.db.models.functions import Cast

import experiments.selectors
from classroom import selectors
from classroom.models import Cohort, Membership, Pace
from classroom.prepared import Select, Slot
from dashboard.slip_counts import tries_with_a_slip
from experiments import liveness
from experiments.liveness import Silence
from experiments.models import RunRequest
from lessons import stage
from lessons.authoring.loader import LoadedLesson
from lessons.models import HelpGiven, PartProgress, Prediction, Submission
from lessons.run_context import RunContext

_COHORT: Any = Slot("cohort")
_BY_STUDENTS = selectors.by_students(_COHORT)
_STUDENTS: Select[Membership] = Select(
    lambda: selectors.students_of(_COHORT).only(
        "joined_at", "last_active_at", "typed_at", "user__username", "user__display_name"
    )
)
_PROGRESS: Select[PartProgress] = Select(
    lambda: PartProgress.objects.filter(_BY_STUDENTS, lesson=Slot("lesson")).only(
        "membership", "part", "state", "tries", "slip", "activities", "since", "moved_at"
    )
)
_HELP: Select[HelpGiven] = Select(
    lambda: (
        HelpGiven.objects.filter(_BY_STUDENTS, lesson=Slot("lesson"))
        .select_related("by__user")
        .only("membership", "reason", "occasion", "at", "by__user__username", "by__user__display_name")
        .order_by("at")
    )
)
_ABOUT: Select[Any] = Select(
    lambda: (
        Cohort.objects.filter(pk=_COHORT)
        .annotate(signed=liveness.LAST_SIGN, beat=liveness.LAST_BEAT)
        .values_list("rehearsal__speed", "rehearsal__evening", "signed", "beat")
    )
)
TRY, TEXT, GUESS = "try", "text", "guess"


class Try(NamedTuple):
    """A checked answer that was explained by a slip."""

    student: int
    activity: str
    step: int
    slip: str
    accepted: bool
    at: datetime


class ClassRows:
    """Rows of the students who are in a class now."""

    def __init__(self, cohort: Cohort, lesson: LoadedLesson) -> None:
        self.cohort, self.lesson, self._slug = cohort, lesson, lesson.lesson.slug

    @cached_property
    def students(self) -> Sequence[Membership]:
        """By name."""
        return _STUDENTS(cohort=self.cohort.pk)

    @cached_property
    def progress(self) -> Mapping[int, Mapping[str, PartProgress]]:
        """By student and part."""
        found: dict[int, dict[str, PartProgress]] = {student.pk: {} for student in self.students}
        for row in _PROGRESS(cohort=self.cohort.pk, lesson=self._slug):
            if row.membership_id in found:  # whoever joined between the two is in the next poll
                found[row.membership_id][row.part] = row
        return found

    @cached_property
    def help_given(self) -> Sequence[HelpGiven]:
        """Calls for help that were answered, the first one first."""
        return _HELP(cohort=self.cohort.pk, lesson=self._slug)

    @cached_property
    def stage(self) -> stage.StageView:
        """As the students meet it."""
        return stage.read_for_room(self.cohort, self._slug)

    @cached_property
    def requests(self) -> tuple[set[int], Sequence[RunRequest]]:
        """Who waits for a run of theirs; and the requests in this lesson that failed, the newest first."""
        return experiments.selectors.waiting_and_failed(self.cohort, RunContext.start_of(self._slug))

    @property
    def tries(self) -> Sequence[Try]:
        """The first one first."""
        return self._sent[0]

    @property
    def texts(self) -> Mapping[tuple[int, str], datetime]:
        """When the newest version came of what somebody wrote, by student and activity, for an instructor to read."""
        return self._sent[1]

    @property
    def sealed(self) -> set[tuple[int, str, str, int]]:
        """Guesses in a led class: student, activity, item, round."""
        return self._sent[2]

    @property
    def speed(self) -> int:
        """How many minutes of the class pass in a minute: one, unless it is a rehearsal."""
        return self._about[0] or 1

    @property
    def is_made_up(self) -> bool:
        """Whether it leads itself, on an evening whose times are made up."""
        return self._about[1] is not None

    @property
    def worker(self) -> Silence | None:
        """No worker has given a sign of life for too long."""
        return liveness.silence_since(*self._about[2:])

    @cached_property
    def _about(self) -> Any:
        return _ABOUT(cohort=self.cohort.pk)[0]

    @cached_property
    def _sent(self) -> tuple[list[Try], dict[tuple[int, str], datetime], set[tuple[int, str, str, int]]]:
        read = tuple(each.key for each in self.lesson.lesson.activities if each.is_read)
        tries: list[Try] = []
        texts: dict[tuple[int, str], datetime] = {}
        sealed: set[tuple[int, str, str, int]] = set()
        sent = _sent_in(read, is_led=self.cohort.pace == Pace.LED)
        for kind, student, activity, name, n, at, accepted in sent(cohort=self.cohort.pk, lesson=self._slug):
            if kind == GUESS:
                sealed.add((student, activity, name, n))
            elif kind == TRY:
                tries.append(Try(student, activity, n, name, accepted, at))
            else:
                texts[student, activity] = max(at, texts.get((student, activity), at))
        tries.sort(key=lambda each: each.at)
        return tries, texts, sealed


@cache
def _sent_in(read: tuple[str, ...], *, is_led: bool) -> Select[Any]:
    """Select what the students of a class have sent, of all kinds.

    Parameters
    ----------
    read : the activities that an instructor reads
    """

    def as_sent(rows: QuerySet[Any], kind: str, name: Any, n: str, at: Any, accepted: Any) -> Any:
        row = {"k": Cast(Value(kind), CharField()), "who": F("membership_id"), "what": F("activity"), "name": name}
        return rows.annotate(**row, n=F(n), t=at, ok=accepted).values_list("k", "who", "what", "name", "n", "t", "ok")

    def select() -> Any:
        here, no = {"lesson": Slot("lesson")}, Cast(Value(False), BooleanField())
        answers = Submission.objects.filter(_BY_STUDENTS, **here)
        rows = [as_sent(tries_with_a_slip(answers), TRY, F("slip"), "step", F("received_at"), F("accepted"))]
        if read:
            texts = answers.filter(activity__in=read)
            rows.append(as_sent(texts, TEXT, Cast(Value(""), CharField()), "step", F("received_at"), no))
        if is_led:
            guesses = Prediction.objects.filter(_BY_STUDENTS, **here)
            rows.append(as_sent(guesses, GUESS, F("item"), "round", Cast(Value(None), DateTimeField()), no))
        return rows[0].union(*rows[1:], all=True) if rows[1:] else rows[0]

    return Select(select)
