"""The state of each question of an activity, worked out from facts that are read once.

`States` asks the database nothing: `read` collects what it needs. What a page makes of the states is in `page`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone

from classroom.models import LearningEvent, Membership
from classroom.prepared import Select, Slot
from lessons import stage
from lessons.activities.measures import Measured
from lessons.activities.predict import answers
from lessons.activities.predict.schema import Item, Predict
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import PredictionSealed, RunAsked
from lessons.models import PartState, Prediction, Reconciliation
from lessons.stage import Key
from lessons.standings import Memory, Standing

WAITING = ("run", "held")  # sealed, and something else has to come first
SEEN = ("look", "reconcile", "done")  # what is behind it may be seen
_SEALS_AND_RUNS: Select[tuple[str, dict[str, Any]]] = Select(
    lambda: (
        LearningEvent.objects.filter(membership=Slot("member"), kind__in=(PredictionSealed.kind, RunAsked.kind))
        .order_by("-pk")
        .values_list("kind", "facts")[:20]
    )
)
NEAR = Fraction(1, 50)  # so near a rate does what the rate does

Mine = Mapping[str, Mapping[int, Prediction]]  # by item and round
Met = Mapping[str, Reconciliation]  # by item


@dataclass(frozen=True)
class ItemLine:
    """Line of one question in the row of an activity's questions."""

    key: str
    title: str
    note: str
    minutes: int
    is_extra: bool
    is_transfer: bool
    state: str
    # A run has told, and the member has not looked yet.
    is_fresh: bool
    is_voted_on: bool = False

    @property
    def is_done(self) -> bool:
        return self.state == "done"


@dataclass(frozen=True)
class States:
    """One member's facts on an activity's questions, and the states that follow from them.

    A state is one of ``closed`` (the instructor has not opened it), ``form``, ``sealed`` (waiting for the reveal),
    ``run`` (waiting for a run), ``held`` (waiting for another question), ``look`` (what did you see?),
    ``reconcile``, ``done``.

    Parameters
    ----------
    activity : as the member meets it
    part : the key of the part that it stands in
    told : what the member's own runs tell, by question
    looked_at : the question whose reveal is being shown for the first time, and is not among `met` yet
    undo_until : until when a seal can be taken back, by question and round, where nothing ends that sooner
    """

    activity: Predict
    part: str
    stage: stage.StageView
    mine: Mine
    met: Met
    told: Mapping[str, Measured]
    looked_at: str = ""
    undo_until: Mapping[tuple[str, int], datetime] = field(default_factory=dict)

    def state_of(self, item: Item) -> str:
        if self.is_asked(item):
            return "form"
        if item.key not in self.mine:
            has_begun = self.stage.votes_on(self.key(item)) or not self.is_led or self.is_skipped(item)
            return "form" if has_begun or self.is_transfer(item) else "closed"
        if item.waits and item.key not in self.told:
            return "run"
        if not self.may_see(item):
            return "sealed"
        met = self.met.get(item.key)
        if met is None and self.is_held(item):
            return "held"
        if item.cycle == "quick" or answers.is_reconciled(met):
            return "done"
        return "reconcile" if met and met.saw else "look"

    def is_open(self, item: Item) -> bool:
        """Tell whether a question exists for the member yet: one that comes after something else may not."""
        parent = self._parents.get(item.key)
        if parent is not None and not answers.is_reconciled(self.met.get(parent.key)):
            return False
        if item.key in self.mine or self.is_asked(item):
            return True
        if item.poll and item.key not in self.told:
            return False
        # A guess that a run waits for comes at once; what is behind it may be held.
        return (item.measures is not None and item.trial is None) or not self.is_held(item)

    def is_held(self, item: Item) -> bool:
        """Tell whether another question has to be behind the member first; in a led class the instructor holds."""
        before = self.before(item)
        if before is None:
            return False
        if self.is_led:
            # What the instructor does not open by itself, a transfer question, follows what they have opened.
            is_shown = self.stage.is_revealed(self.key(before)) or self.is_skipped(before)
            return self.is_transfer(item) and not is_shown
        return not self._is_behind(before)

    def is_asked(self, item: Item) -> bool:
        """Tell whether a vote is open in which this member has not answered; whoever has seen what is behind cannot."""
        vote = self.stage.open_vote(self.key(item))
        return vote is not None and vote.round not in self.mine.get(item.key, {}) and item.key not in self.met

    def is_done(self, item: Item) -> bool:
        return is_done(item, self.mine, self.met)

    def may_undo(self, item: Item) -> bool:
        """Tell whether a member may take back what they sealed last: for a moment, while its vote is open, if it has
        one, and until they have seen what is behind it.
        """
        last = self.last(item)
        until = self.undo_until.get((last.item, last.round)) if last else None
        if last is None or until is None or self.stage.now >= until or item.key in self.met:
            return False
        return all(vote.is_open for vote in self.stage.votes_on(self.key(item)) if vote.round == last.round)

    @property
    def settled(self) -> States:
        """The states once no seal can be taken back any more."""
        return replace(self, undo_until={})

    def may_see(self, item: Item) -> bool:
        """Tell whether a member may see what is behind a question, once they have sealed an answer: the stage lets
        them, and it stays sealed.
        """
        if self.may_undo(item):
            return False
        return self.is_transfer(item) or item.key in self.met or self.stage.may_see(self.part, self.key(item))

    @property
    def is_led(self) -> bool:
        return self.stage.leads(self.part)

    def is_skipped(self, item: Item) -> bool:
        """Tell whether the class passes over a question."""
        return self.stage.is_skipped(self.key(item))

    def is_transfer(self, item: Item) -> bool:
        return item.key in self._parents

    def parent(self, item: Item) -> Item | None:
        """The question that this one is the transfer question of."""
        return self._parents.get(item.key)

    def before(self, item: Item) -> Item | None:
        """The question that this one waits for."""
        found = answers.find_item(self.activity, item.after) if item.after else None
        return found[0] if found else None

    def last(self, item: Item) -> Prediction | None:
        """What the member sealed last."""
        mine = self.mine.get(item.key, {})
        return mine[max(mine)] if mine else None

    def key(self, item: Item) -> Key:
        return self.activity.key, item.key

    def open_items(self) -> list[Item]:
        """The questions that exist for the member, each followed by the transfer questions that come after it."""
        found: list[Item] = []
        for item in self.activity.items:
            after = [each for each, parent in self._transfers if (each.after or parent.key) == item.key]
            found += [each for each in (item, *after) if self.is_open(each)]
        return found

    def open_item(self, key: str) -> Item | None:
        """The question of this key, if it exists for the member yet."""
        found = answers.find_item(self.activity, key)
        return found[0] if found and self.is_open(found[0]) else None

    @cached_property
    def lines(self) -> tuple[ItemLine, ...]:
        return tuple(self._line(item) for item in self.open_items())

    def default(self) -> str:
        """The question to show where none was asked for; none, where one may choose."""
        if voted_on := next((line.key for line in self.lines if line.is_voted_on), ""):
            return voted_on
        if self.activity.choose:
            return ""
        core = [line for line in self.lines if not line.is_extra]
        waiting = next((line.key for line in core if line.is_fresh or line.state not in (*WAITING, "done")), "")
        held = next((line.key for line in core if line.state in WAITING), "")
        # What a run has told stays on the page when all is done.
        return waiting or held or next((item.key for item in self.activity.items if item.key in self.told), "")

    def next(self, item: Item | None) -> ItemLine | None:
        """The question to go on with after this one, when there is nothing more to do here."""
        if item is None or self.state_of(item) not in (*WAITING, "done"):
            return None
        after = [line.key for line in self.lines].index(item.key) + 1
        ahead = [*self.lines[after:], *self.lines[:after]]
        shut = (*WAITING, "done", "closed")
        wanted = [line for line in ahead if (line.is_fresh or line.state not in shut) and line.key != item.key]
        # What this look opens comes first.
        wanted.sort(key=lambda line: not self._follows(line.key, item.key))
        if self.activity.choose:
            return next((line for line in wanted if line.is_transfer), None)
        return next((line for line in wanted if not line.is_extra), None)

    def asks_about(self, rate: Fraction) -> Item | None:
        """The question that a rate on the slider would answer, if the member has not: the rate itself or very near."""
        for item in self.activity.items:
            is_near = any(abs(rate - each) <= each * NEAR for each in item.rates)
            if is_near and not (item.key in self.mine and self.may_see(item)):
                return item
        return None

    def _line(self, item: Item) -> ItemLine:
        state = self.state_of(item)
        return ItemLine(
            key=item.key,
            title=item.title,
            note=item.note or "",
            minutes=item.minutes,
            is_extra=item.extra or (self.is_skipped(item) and item.key not in self.mine),
            is_transfer=self.is_transfer(item),
            state=state,
            is_fresh=state == "done" and item.waits and not (item.poll or item.key in (*self.met, self.looked_at)),
            is_voted_on=self.stage.is_led and self.is_asked(item),
        )

    def _follows(self, key: str, before: str) -> bool:
        found = answers.find_item(self.activity, key)
        return found is not None and found[0].after == before

    def _is_behind(self, item: Item) -> bool:
        """Tell whether a member has looked at what is behind a question, and in a full cycle made something of it."""
        met = self.met.get(item.key)
        if item.cycle == "full":
            return answers.is_reconciled(met)
        return item.key in self.mine and (item.poll or met is not None or item.key == self.looked_at)

    @cached_property
    def _transfers(self) -> Sequence[tuple[Item, Item]]:
        """Each transfer question, and the question that it belongs to."""
        return [(item.transfer, item) for item in self.activity.items if item.transfer is not None]

    @cached_property
    def _parents(self) -> Mapping[str, Item]:
        return {transfer.key: parent for transfer, parent in self._transfers}


def read(
    membership: Membership,
    lesson: LoadedLesson,
    part: Part,
    activity: Predict,
    *,
    at: stage.StageView | None = None,
) -> States:
    """Read the facts that decide how far a member has come: the stage, unless that was read already, and three queries,
    or four after a seal.
    """
    slug = lesson.lesson.slug
    mine = answers.predictions_of(membership, slug, activity.key)
    return States(
        activity=activity,
        part=part.key,
        stage=at or stage.read(membership, slug),
        mine=mine,
        met=answers.reconciliations_of(membership, slug, activity.key),
        told=answers.told(membership, lesson.lesson, activity),
        undo_until=_undo_until(membership, slug, activity, mine),
    )


def _undo_until(membership: Membership, lesson: str, activity: Predict, mine: Mine) -> dict[tuple[str, int], datetime]:
    """Until when each new seal can be taken back. One that the member has asked for a run with stays.

    What came first is told by the order of the events, which the member's lock makes exact, and by no clock.
    """
    lasts = timedelta(seconds=settings.UNDO_SECONDS)
    new = [
        each
        for rounds in mine.values()
        for each in rounds.values()
        if each.entered_by_id is None and each.sealed_at + lasts > timezone.now()
    ]
    if not new:
        return {}
    since_run: set[tuple[str, str, str, int]] = set()
    for kind, facts in _SEALS_AND_RUNS(member=membership.pk):
        if kind == RunAsked.kind:
            break
        since_run.add((facts["lesson"], facts["activity"], facts["item"], facts["round"]))
    return {
        (each.item, each.round): each.sealed_at + lasts
        for each in new
        if (lesson, activity.key, each.item, each.round) in since_run
    }


def core_items(activity: Predict) -> list[Item]:
    """The questions that count towards an activity's end."""
    return [item for item in activity.items if activity.choose or not item.extra]


def n_asked(activity: Predict) -> int:
    return activity.choose or len(core_items(activity))


@dataclass(frozen=True)
class Count:
    """Count of a member's questions: those that are done, and those that the class skips and they have not done."""

    n_done: int
    n_skipped: int
    n_asked: int

    @property
    def n_needed(self) -> int:
        return self.n_asked - self.n_skipped

    @property
    def is_finished(self) -> bool:
        return self.n_done >= self.n_needed


def count(activity: Predict, mine: Mine, met: Met, skipped: Collection[Key]) -> Count:
    """Count what is done and what is left. What the class skips counts as done; whoever does it has done it."""
    items = core_items(activity)
    done = {item.key for item in items if is_done(item, mine, met)}
    if activity.choose:
        # What is left to choose is skipped as a whole; one question stays.
        left = max(activity.choose - max(len(done), 1), 0)
        n_skipped = left if (activity.key, "") in skipped else 0
    else:
        n_skipped = sum((activity.key, item.key) in skipped and item.key not in done for item in items)
    return Count(len(done), n_skipped, n_asked(activity))


def standing(activity: Predict, mine: Mine, met: Met, skipped: Collection[Key]) -> Standing[Memory]:
    """Where a member stands in an activity, by what is stored and what the class skips."""
    counted = count(activity, mine, met, skipped)
    state = PartState.DONE if counted.is_finished else PartState.WORKING
    found = Standing[Memory](state=state, tries=0, n_done=counted.n_done)
    return found.model_copy(update={"n_skipped": counted.n_skipped}) if counted.n_skipped else found


def is_done(item: Item, mine: Mine, met: Met) -> bool:
    """Credit is for committing and, in a full cycle, for reconciling; never for being right."""
    if item.key not in mine:
        return False
    if item.cycle == "quick":
        return True
    return answers.is_reconciled(met.get(item.key)) and (item.transfer is None or item.transfer.key in mine)
