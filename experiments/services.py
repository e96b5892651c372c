"""Requests for runs: made, shared and taken back."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from classroom.models import Membership, User
from classroom.refusals import Conflict, NotFound, TooMany
from experiments import events, publishing, registry
from experiments.models import ACTIVE, LIVE, Run, RunRequest, RunState

# Runs of one person that may wait or run at the same time: the workers are everybody's.
MAX_WAITING = 4


@dataclass(frozen=True)
class Requested:
    """A wish for a run, and whether it began one."""

    request: RunRequest
    is_new_run: bool


def request_run(membership: Membership, *, kind: str, params: Any, seed: Any, context: str = "") -> Requested:
    """Ask for a run; whoever asks for the same shares it, and a finished one is there at once.

    Raises
    ------
    Refusal
        If the run cannot be made as asked, the class is archived, or this person has too many on their way.
    """
    complete = registry.read(kind, params, seed)
    with transaction.atomic():
        _lock(membership)
        # Two of this person's classes must not ask at once; before any run is locked, as two may be asked for.
        User.objects.select_for_update(no_key=True).filter(pk=membership.user_id).first()
        membership.cohort.refuse_if_archived()
        run, is_new = _live_run(kind, complete, seed)
        if run.state in ACTIVE:
            _refuse_more_than_a_share(membership, run)
        request, _is_new_request = RunRequest.objects.get_or_create(
            membership=membership, run=run, context=context, withdrawn_at=None
        )
        request.run = run
        if is_new:
            transaction.on_commit(lambda: publishing.publish(run.pk))
    return Requested(request, is_new)


def withdraw(membership: Membership, run_id: uuid.UUID, contexts: Collection[str] | None = None) -> Run:
    """Take back a member's wish for a run. When nobody is left who wants it, it stops; a finished one stays.

    Parameters
    ----------
    contexts : take it back only where it was wanted for one of these; by default, wherever it was

    Raises
    ------
    NotFound
        If the member has not asked for it.
    """
    with transaction.atomic():
        _lock(membership)
        run = Run.objects.select_for_update().defer("result").filter(pk=run_id).first()
        mine = RunRequest.objects.filter(run_id=run_id, membership=membership, withdrawn_at=None)
        mine = mine if contexts is None else mine.filter(context__in=contexts)
        if run is None or not mine.exists():
            raise NotFound(_("You have no such run."))
        if run.state not in ACTIVE:
            return run
        mine.update(withdrawn_at=Now())
        if not RunRequest.objects.filter(run=run, withdrawn_at=None).exists():
            _stop(run)
    return run


def run_again(run: Run) -> None:
    """Let a run that failed wait for a worker again, for all who had asked for it.

    Raises
    ------
    Conflict
        If it has not failed, or somebody has asked for the same since.
    """
    anew = {"failure": "", "attempt": 0, "done": 0, "text": "", "n_published": 0, "cancel_requested": False}
    times = {"published_at": None, "started_at": None, "heartbeat_at": None, "finished_at": None}
    failed = Run.objects.filter(pk=run.pk, state=RunState.FAILED)
    try:
        with transaction.atomic():
            if not failed.update(state=RunState.QUEUED, queued_at=Now(), **anew, **times):
                raise Conflict(_("Only a run that failed can be run again."))
            transaction.on_commit(lambda: publishing.publish(run.pk))
    except IntegrityError as error:
        raise Conflict(_("Somebody has asked for the same run since, and that one counts.")) from error


def cancel(run: Run) -> None:
    """Stop a run, whoever wants it. They can ask for it again.

    Raises
    ------
    Conflict
        If it is over.
    """
    with transaction.atomic():
        found = Run.objects.select_for_update().defer("result").get(pk=run.pk)
        if found.state not in ACTIVE:
            raise Conflict(_("This run is over."))
        RunRequest.objects.filter(run=found, withdrawn_at=None).update(withdrawn_at=Now())
        _stop(found)


def to_hand_over(keep: Membership, double: Membership) -> tuple[list[RunRequest], list[RunRequest]]:
    """Give the wishes of one account of a person that another one takes over, and those that both have. Two queries."""
    mine = RunRequest.objects.filter(membership=keep, withdrawn_at=None)
    wanted = set(mine.values_list("run", "context"))
    theirs = list(RunRequest.objects.filter(membership=double))
    both = [each for each in theirs if each.withdrawn_at is None and (each.run_id, each.context) in wanted]
    return [each for each in theirs if each not in both], both


def hand_over(keep: Membership, double: Membership) -> None:
    """Let one account of a person have all that another one asked for; what both wanted is wanted once.

    Both are locked by whoever asks.
    """
    moves, both = to_hand_over(keep, double)
    RunRequest.objects.filter(pk__in=[each.pk for each in moves]).update(membership=keep)
    RunRequest.objects.filter(pk__in=[each.pk for each in both]).update(withdrawn_at=Now())


def forget(members: Collection[int]) -> None:
    """Forget what some members asked for. A run that nobody else has asked for goes with it; one that others had asked
    for stays, and stops if none of them wants it any more. The members are locked by whoever asks.
    """
    asked = RunRequest.objects.filter(membership__in=members)
    pks = list(asked.values_list("run", flat=True).distinct())
    runs = list(Run.objects.select_for_update().defer("result").filter(pk__in=pks).order_by("pk"))
    asked.delete()
    Run.objects.filter(pk__in=pks, requests=None).delete()
    wanted = set(RunRequest.objects.filter(run__in=pks, withdrawn_at=None).values_list("run", flat=True))
    left = set(Run.objects.filter(pk__in=pks).values_list("pk", flat=True))
    for run in runs:
        if run.pk in left - wanted and run.state in ACTIVE:
            _stop(run)


def _lock(membership: Membership) -> None:
    present = Membership.objects.present().select_for_update()
    if not present.filter(pk=membership.pk).values_list("pk").first():
        raise NotFound(_("You are no longer in this class."))


def _live_run(kind: str, params: dict[str, Any], seed: int) -> tuple[Run, bool]:
    """Give the run of this fingerprint under its lock, and whether it is new."""
    fingerprint = registry.fingerprint(kind, params, seed)
    live = Run.objects.select_for_update().filter(fingerprint=fingerprint, state__in=LIVE)
    seconds = registry.expected_seconds(kind, params)
    new = Run(kind=kind, params=params, seed=seed, fingerprint=fingerprint, expected_seconds=seconds)
    while (found := live.first()) is None:
        # Two who ask at once both come here, and the constraint lets one of them in.
        Run.objects.bulk_create([new], ignore_conflicts=True)
    if found.pk == new.pk:
        return found, True
    if found.cancel_requested and found.state in ACTIVE:
        found.cancel_requested = False
        found.save(update_fields=["cancel_requested"])
    return found, False


def _refuse_more_than_a_share(membership: Membership, run: Run) -> None:
    person = membership.user_id
    wanted = RunRequest.objects.filter(membership__user=person, withdrawn_at=None, run__state__in=ACTIVE)
    n = wanted.exclude(run=run).values("run").distinct().count()
    if n >= MAX_WAITING:
        says = _("Only %(n)d of your runs can be on their way at once. Let one finish or cancel one, then try again.")
        raise TooMany(says % {"n": MAX_WAITING})


def _stop(run: Run) -> None:
    """Nobody wants it any more: a waiting run is over, a running one is told at its next repeat."""
    if Run.objects.filter(pk=run.pk, state=RunState.QUEUED).update(state=RunState.CANCELLED, finished_at=Now()):
        run.state = RunState.CANCELLED
        transaction.on_commit(lambda: events.run_ended.send_robust(Run, run=run))
        return
    run.cancel_requested = True
    run.save(update_fields=["cancel_requested"])
