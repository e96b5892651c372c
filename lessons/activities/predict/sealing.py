"""Predict, see, reconcile: each act of a learner in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, UUIDField
from django.utils import timezone
from django.utils.translation import gettext as _

import classroom.services
from classroom import events, prepared
from classroom.acting import Acting
from classroom.events import Event
from classroom.models import GradientRule, LearningEvent, Membership
from classroom.prepared import Select, Slot, Statement
from classroom.refusals import Conflict, Forbidden, NotFound, Refusal
from lessons import progress, selectors, stage
from lessons.activities.predict import answers, states
from lessons.activities.predict.forms import line_of_text, prediction_answer
from lessons.activities.predict.reveal import RevealView, reveal_of
from lessons.activities.predict.schema import Item, Predict
from lessons.activities.predict.states import SEEN, States
from lessons.authoring.lesson import Part
from lessons.authoring.loader import LoadedLesson
from lessons.events import PredictionSealed, PredictionTakenBack, Reconciled
from lessons.models import Counts, Prediction, Reconciliation, Vote

_VOTES: Select[Vote] = Select(
    lambda: (
        Vote.objects.filter(
            stage__cohort=Slot("cohort"), stage__lesson=Slot("lesson"), activity=Slot("activity"), item=Slot("item")
        )
        .select_for_update(of=("self",))
        .order_by("round")
    )
)
# A member's answers to an activity, and what they sent under this id, wherever that was.
_KNOWN: Select[Prediction] = Select(
    lambda: Prediction.objects.filter(
        Q(lesson=Slot("lesson"), activity=Slot("activity")) | Q(client_id=Slot("client_id", UUIDField())),
        membership=Slot("member"),
    )
)
_TAKEN_BACK: Select[tuple[dict[str, Any]]] = Select(
    lambda: LearningEvent.objects.filter(membership=Slot("member"), kind=PredictionTakenBack.kind).values_list("facts")
)


@dataclass(frozen=True)
class SealReceipt:
    """A sealed prediction, whether it is new, and how it counts, in words."""

    prediction: Prediction
    is_new: bool

    @property
    def says(self) -> str:
        if self.prediction.is_late:
            return _("Late: the vote had closed. You get full credit, but the class’s count leaves it out.")
        if self.prediction.counts == Counts.VOTE:
            return _("Sealed while the vote was open, so it counts.")
        return _("Sealed.")


@dataclass(frozen=True)
class Found:
    """An item of a member's lesson, and where it stands."""

    part: Part
    activity: Predict
    item: Item
    parent: Item | None

    @property
    def key(self) -> tuple[str, str]:
        return self.activity.key, self.item.key


def find(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> Found:
    """Find an item that this member may answer, or look at, now.

    Raises
    ------
    NotFound
        If the activity has no such item for this class, or a question that comes later is not open to the member yet.
    """
    found = _locate(membership, lesson, activity_key, item_key)
    comes_later = found.parent is not None or found.item.after is not None or found.item.poll
    if comes_later and not states.read(membership, lesson, found.part, found.activity).is_open(found.item):
        raise selectors.NoQuestion
    return found


def _locate(membership: Membership, lesson: LoadedLesson, activity_key: str, item_key: str) -> Found:
    """Find an item in the lesson that this class meets, whether it is open to the member or not."""
    part, activity = selectors.find_activity(membership, lesson, activity_key)
    found = answers.find_item(activity, item_key) if isinstance(activity, Predict) else None
    if found is None or not isinstance(activity, Predict):
        raise selectors.NoQuestion
    return Found(part, activity, *found)


def seal(
    membership: Membership,
    lesson: LoadedLesson,
    activity_key: str,
    *,
    client_id: uuid.UUID,
    item: str,
    round_: int,
    choice: Any,
    confidence: Any,
    second: Any = None,
    because: Any = "",
    read_as: str | None = None,
    by: Membership | None = None,
) -> SealReceipt:
    """Seal one prediction; `by` says who entered it for the member.

    `read_as` is what the page that sends it has shown a number to be read as; a program is shown nothing.

    The same `client_id` from the same member gets its first receipt back, whatever comes with it.

    Raises
    ------
    Refusal
        If the question is not there or not open, it was answered before, its reveal has been seen, or the answer
        cannot be read.
    """
    try:
        found = find(membership, lesson, activity_key, item)
    except Refusal:
        # It may have arrived while the question was open, and its reply got lost.
        stored = Prediction.objects.filter(membership=membership, client_id=client_id).first()
        if stored is None:
            raise
        return SealReceipt(stored, is_new=False)
    slug = lesson.lesson.slug
    with transaction.atomic():
        if found.activity.depends_on_rule and not membership.is_instructor and not membership.cohort.archived:
            rule = membership.cohort.gradient_rule
            if classroom.services.fix_gradient_rule(membership.cohort) != rule:
                found = find(membership, lesson, activity_key, item)  # another rule has other questions
        # Whoever closes the vote takes the same row: a seal lies on exactly one side of the closing.
        votes = _lock_votes_on(membership, slug, found)
        progress.lock(membership)
        known = _KNOWN(member=membership.pk, lesson=slug, activity=found.activity.key, client_id=client_id)
        stored = next((each for each in known if each.client_id == client_id), None)
        if stored is not None:
            return SealReceipt(stored, is_new=False)
        if _was_taken_back(membership, client_id):
            # A device that had lost the reply sends it once more: it must not come back by itself.
            raise Conflict(_("You took this answer back. Seal your answer again."))
        membership.cohort.refuse_if_archived()
        answer = prediction_answer(
            found.item, choice=choice, second=second, confidence=confidence, because=because, read_as=read_as
        )
        mine = answers.by_round(known)
        met = answers.reconciliations_of(membership, slug, found.activity.key)
        _refuse_sealed(membership, mine.get(item, {}).get(round_), met.get(item))
        _refuse_unless_open(membership, lesson, found, votes, round_)
        prediction = Prediction(
            membership=membership,
            client_id=client_id,
            lesson=slug,
            activity=found.activity.key,
            item=item,
            round=round_,
            choice=answer.choice,
            second=answer.second,
            confidence=answer.confidence,
            because=answer.because,
            # Instructors try the questions too, and are in no vote.
            counts=stage.counts(() if membership.is_instructor else votes, round_),
            lesson_hash=lesson.content_hash,
            entered_by=by,
        )
        mine.setdefault(item, {})[round_] = prediction
        sealed = PredictionSealed(slug, found.activity.key, item, round_)
        _keep(membership, lesson, found, mine, met, prepared.kept(prediction), news=[sealed], by=by)
    return SealReceipt(prediction, is_new=True)


def take_back(
    membership: Membership, lesson: LoadedLesson, activity_key: str, client_id: uuid.UUID
) -> Prediction | None:
    """Take a mis-tapped seal back: its question is open again, as if it had not been answered.

    Gives what had been sealed; nothing, if it was taken back before.

    Raises
    ------
    NotFound
        If the member has sealed nothing of this name there.
    Conflict
        If it stays: its moment is over, its vote is closed, or the member has seen what is behind it or asked for a
        run since.
    """
    membership.cohort.refuse_if_archived()
    slug = lesson.lesson.slug
    place = selectors.find_activity(membership, lesson, activity_key)[1].key
    wanted = Prediction.objects.filter(membership=membership, lesson=slug, activity=place, client_id=client_id)
    with transaction.atomic():
        found = _locate(membership, lesson, activity_key, wanted[0].item) if wanted else None
        if found is not None:
            # As for a seal: the vote before the member, and it is taken back on one side of the closing.
            _lock_votes_on(membership, slug, found)
        progress.lock(membership)
        sealed = wanted.first()
        if found is None or sealed is None:
            if _was_taken_back(membership, client_id):
                return None
            raise NotFound(_("You have not sealed this answer."))
        now = states.read(membership, lesson, found.part, found.activity)
        if now.last(found.item) != sealed or not now.may_undo(found.item):
            raise Conflict(_("It is too late to undo this. Your answer stays sealed."))
        Prediction.objects.filter(pk=sealed.pk).delete()
        facts = (slug, found.activity.key, sealed.item, sealed.round, str(client_id))
        mine = answers.predictions_of(membership, slug, found.activity.key)
        _keep(membership, lesson, found, mine, now.met, news=[PredictionTakenBack(*facts)], by=None)
    return sealed


def open_reveal(membership: Membership, lesson: LoadedLesson, activity_key: str, item: str) -> RevealView:
    """Give a member what is behind a question; from then on they can seal nothing more on it, nor take a seal back.

    Whoever asks for it by name need not wait until the moment for that is over.

    Raises
    ------
    NotFound
        If there is no such question for them yet.
    Forbidden
        If they have sealed nothing, the instructor has not opened the reveal, or a run has to come first.
    """
    found = _locate(membership, lesson, activity_key, item)
    view = selectors.view_of(Acting(membership), lesson, found.part, found.activity)
    with transaction.atomic():
        return reveal_of(view, _look(membership, lesson, found, at_once=True), found.item)


def note_reveal(membership: Membership, lesson: LoadedLesson, activity_key: str, item: str) -> Collection[str]:
    """Remember that a page shows a member a reveal for the first time; name the activities that had waited for this.

    Raises
    ------
    NotFound, Forbidden
        If they may not see it any more.
    """
    found = _locate(membership, lesson, activity_key, item)
    with transaction.atomic():
        _look(membership, lesson, found)
    run = found.item.run
    measuring = [each for each in lesson.lesson.activities if each.trial_keys] if run else []
    return {each.key for each in measuring if run in (each.key, each.comes_after)}


def _look(membership: Membership, lesson: LoadedLesson, found: Found, *, at_once: bool = False) -> States:
    """Decide under the member's lock that they may see what is behind a question, and remember that they have.

    The states are those from before this look. `at_once`: they give up taking their seal back.
    """
    progress.lock(membership)
    now = states.read(membership, lesson, found.part, found.activity)
    if at_once:
        now = now.settled
    if not now.is_open(found.item):
        raise selectors.NoQuestion
    _refuse_unless_seen(now.state_of(found.item))
    if found.item.key not in now.met:
        Reconciliation.objects.create(
            membership=membership, lesson=lesson.lesson.slug, activity=found.activity.key, item=found.item.key
        )
    return now


def reconcile(
    membership: Membership,
    lesson: LoadedLesson,
    activity_key: str,
    item: str,
    *,
    saw: Any = "",
    idea: Any = "",
    next_time: Any = "",
    by: Membership | None = None,
) -> tuple[Reconciliation, bool]:
    """Keep what a member saw, and what they make of it; each is given once. Tell whether this was new.

    `saw` may come alone and first; with `idea` the item is reconciled. `by` says who entered it for the member.

    Raises
    ------
    Refusal
        If the reveal has not been seen, the item has no such step, or something is missing or unknown.
    """
    found = find(membership, lesson, activity_key, item)
    with transaction.atomic():
        progress.lock(membership)
        mine = answers.predictions_of(membership, lesson.lesson.slug, found.activity.key)
        every = answers.reconciliations_of(membership, lesson.lesson.slug, found.activity.key)
        met = every.get(item)
        if met is None:
            raise Forbidden(_("First look at the answer. Then say what you make of it."))
        if found.item.cycle == "quick":
            raise Conflict(_("This question ends with its answer."))
        if met.reconciled_at is not None:
            return met, False
        membership.cohort.refuse_if_archived()
        _take(membership, lesson, found, mine[item], met, saw=saw, idea=idea, next_time=next_time)
        if met.reconciled_at is None:
            prepared.send(prepared.kept(met), classroom.services.touched(membership.cohort))
        else:
            reconciled = Reconciled(lesson.lesson.slug, found.activity.key, item)
            _keep(membership, lesson, found, mine, every, prepared.kept(met), news=[reconciled], by=by)
    return met, True


def _take(
    membership: Membership,
    lesson: LoadedLesson,
    found: Found,
    rounds: Mapping[int, Prediction],
    met: Reconciliation,
    *,
    saw: Any,
    idea: Any,
    next_time: Any,
) -> None:
    """Put what was sent into the reconciliation, where nothing stands yet."""
    errors: dict[str, list[str]] = {}
    if not met.saw:
        if saw in {choice.key for choice in answers.seen_choices(found.item)}:
            met.saw = saw
        else:
            errors["saw"] = [_("Say what you saw first: tap one of the answers.")]
    if idea or not errors:
        ideas = _ideas_for(membership, lesson, found, rounds)
        if idea in ideas:
            met.idea, met.reconciled_at = idea, timezone.now()
        elif idea:
            errors["idea"] = [_("This question does not offer that idea.")]
        elif not saw:
            errors["idea"] = [_("Tap the idea closest to yours.")]
    try:
        met.next_time = line_of_text(next_time) or met.next_time
    except ValueError as error:
        errors["next_time"] = [str(error)]
    if errors:
        raise Refusal(" ".join(text for texts in errors.values() for text in texts), errors=errors)


def _ideas_for(
    membership: Membership, lesson: LoadedLesson, found: Found, rounds: Mapping[int, Prediction]
) -> set[str]:
    last = rounds[max(rounds)]
    rule = GradientRule(membership.cohort.gradient_rule)
    told = answers.told(membership, lesson.lesson, found.activity).get(found.item.key)
    truth = told.truth if told else None
    holds = answers.is_right(found.activity, rule, found.item, last.choice, last.second, truth)
    return {option.key for option in answers.ideas_for(found.item, holds=holds)}


def _was_taken_back(membership: Membership, client_id: uuid.UUID) -> bool:
    return any(facts["client_id"] == str(client_id) for (facts,) in _TAKEN_BACK(member=membership.pk))


def _lock_votes_on(membership: Membership, lesson: str, found: Found) -> list[Vote]:
    """Read the votes on a question, the first round first, and hold them to the end of the transaction."""
    activity, item = found.key
    return _VOTES(cohort=membership.cohort_id, lesson=lesson, activity=activity, item=item)


def _refuse_sealed(membership: Membership, sealed: Prediction | None, met: Reconciliation | None) -> None:
    if sealed is not None:
        at = timezone.localtime(sealed.sealed_at, membership.cohort.zone)
        raise Conflict(_("You sealed your prediction at %(at)s. It cannot change now.") % {"at": f"{at:%H:%M:%S}"})
    if met is not None:
        raise Conflict(_("You have seen the answer. A prediction comes before it."))


def _refuse_unless_seen(state: str) -> None:
    if state in ("form", "closed"):
        raise Forbidden(_("Predict first. Seal your answer, then look."))
    if state == "run":
        raise Forbidden(_("Your prediction is sealed. Your run measures the answer, so it comes first."))
    if state == "held":
        raise Forbidden(_("Your prediction is sealed. Another question comes first."))
    if state not in SEEN:
        raise Forbidden(_("Your prediction is sealed. Your instructor shows the answer to everyone at once."))


def _refuse_unless_open(
    membership: Membership, lesson: LoadedLesson, found: Found, votes: list[Vote], round_: int
) -> None:
    if round_ not in {vote.round for vote in votes} and (round_ == 2 or votes):
        raise Conflict(_("There is no second vote on this question."))
    if votes or found.parent is not None or not stage.is_led_for(membership):
        return
    now = stage.read(membership, lesson.lesson.slug)
    if now.leads(found.part.key) and not now.is_skipped(found.key):
        raise Conflict(_("Your instructor has not opened the vote on this question yet."))


def _keep(
    membership: Membership,
    lesson: LoadedLesson,
    found: Found,
    mine: Mapping[str, Mapping[int, Prediction]],
    met: Mapping[str, Reconciliation],
    *changes: Statement,
    news: Iterable[Event],
    by: Membership | None,
) -> None:
    """Store what a locked member did, with the activity's standing as it is by that, and tell the class's pages."""
    standing = states.standing(found.activity, mine, met, stage.skipped_in(membership.cohort, lesson.lesson.slug))
    known = selectors.progress_of(membership, lesson).get(found.part.key)
    row = known or progress.begun(membership, lesson, found.part)
    row.membership = membership
    news = [*news, *progress.move(row, found.part, found.activity.key, standing)]
    prepared.send(
        prepared.kept(row),
        *changes,
        *prepared.added([events.told(each, membership, by=by) for each in news]),
        classroom.services.touched(membership.cohort),
    )


def settle(
    membership: Membership, lesson: LoadedLesson, part: Part, activity: Predict, *, by: Membership | None
) -> None:
    """Bring a member's standing up to date after the class skips other questions than before.

    Somebody who has sealed nothing has no standing, unless all of it is skipped. The member is locked already.
    """
    slug = lesson.lesson.slug
    mine = answers.predictions_of(membership, slug, activity.key)
    met = answers.reconciliations_of(membership, slug, activity.key)
    standing = states.standing(activity, mine, met, stage.skipped_in(membership.cohort, slug))
    progress.settle(membership, lesson, part, activity.key, standing if mine or standing.is_finished else None, by=by)
