"""State of runs, for those who asked for them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classroom.models import Cohort, Membership, Role, User
from classroom.prepared import Select, Slot
from classroom.refusals import NotFound
from classroom.selectors import by_students
from experiments import turns
from experiments.models import ACTIVE, Run, RunRequest, RunState

# They have not asked again.
_FAILED = Q(run__state=RunState.FAILED) & ~Exists(
    RunRequest.objects.filter(
        membership=OuterRef("membership"), context=OuterRef("context"), requested_at__gt=OuterRef("requested_at")
    ).exclude(run__state=RunState.FAILED)
)
_COHORT: Any = Slot("cohort")
_UNDONE: Select[RunRequest] = Select(
    lambda: (
        RunRequest.objects.filter(by_students(_COHORT), withdrawn_at=None)
        .filter(Q(run__state__in=ACTIVE) | _FAILED & Q(context__startswith=Slot("context")))
        .select_related("run")
        .only("membership", "context", "requested_at", "run__state", "run__failure", "run__finished_at")
        .order_by("-requested_at", "-pk")
    )
)


@dataclass(frozen=True)
class RunView:
    """A run as those who asked for it see it. `seconds_left` is None as long as nobody can tell."""

    id: uuid.UUID
    kind: str
    params: Mapping[str, Any]
    seed: int
    state: str
    done: int
    total: int
    text: str
    seconds_left: int | None
    # Runs whose turn is before its own, those under way included.
    waiting_before: int
    failure: str
    # How it was made, in a few words.
    says: str


def requests_of(membership: Membership, contexts: Sequence[str], *, with_results: bool = False) -> list[RunRequest]:
    """What a member has asked for in these contexts and not taken back, the first first. One query."""
    wanted = RunRequest.objects.filter(membership=membership, context__in=contexts, withdrawn_at=None)
    wanted = wanted.select_related("run").order_by("requested_at", "pk")
    return list(wanted if with_results else wanted.defer("run__result"))


def find_run(user: User | AnonymousUser, run_id: uuid.UUID) -> tuple[Run, Membership | None]:
    """Give a run that this person, or a student of theirs, has asked for; and as which member, if they did themselves.

    Raises
    ------
    NotFound
        If there is no such run, or it is somebody else's; the two look alike.
    """
    mine = Membership.objects.present().filter(user=user.pk)
    own = RunRequest.objects.filter(membership__in=mine, run=run_id, withdrawn_at=None)
    asked = own.select_related("run", "membership__cohort").first()
    if asked is not None:
        return asked.run, asked.membership
    taught = mine.filter(role=Role.INSTRUCTOR).values("cohort")
    theirs = Membership.objects.present().filter(cohort__in=taught)
    found = Run.objects.filter(requests__membership__in=theirs, pk=run_id).first()
    if found is None:
        raise NotFound(_("You have no such run."))
    return found, None


def with_results(run_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Run]:
    """Give runs with all that they found, each by its key. One query."""
    return Run.objects.in_bulk(list(run_ids))


def view_of(run: Run) -> RunView:
    """Say how a run stands now; one query more while it waits."""
    return views_of([run])[run.pk]


def views_of(runs: Sequence[Run]) -> dict[uuid.UUID, RunView]:
    """Say how runs stand now, each by its key; one query more while any of them waits."""
    before = turns.places() if any(run.state == RunState.QUEUED for run in runs) else {}
    return {run.pk: _view(run, before.get(run.pk, 0) if run.state == RunState.QUEUED else 0) for run in runs}


def _view(run: Run, waiting_before: int) -> RunView:
    return RunView(
        id=run.pk,
        kind=run.kind,
        params=run.params,
        seed=run.seed,
        state=run.state,
        done=run.done,
        total=run.total,
        text=run.text,
        seconds_left=seconds_left(run, timezone.now()),
        waiting_before=waiting_before,
        failure=run.failure,
        says=_said(run),
    )


def _said(run: Run) -> str:
    if run.state != RunState.DONE:
        return ""
    n = run.params.get("n_repeats", 1)
    said = ngettext("%(n)d repeat in %(seconds)s s", "%(n)d repeats in %(seconds)s s", n)
    return said % {"n": n, "seconds": run.provenance.get("seconds", "?")}


def seconds_left(run: Run, now: datetime) -> int | None:
    """Estimate from what is done already; None while that says nothing."""
    if run.state != RunState.RUNNING or run.started_at is None or not run.done or not run.total:
        return None
    spent = max((now - run.started_at).total_seconds(), 0)
    return max(1, round(spent / run.done * (run.total - run.done)))


def n_with_a_run(cohort: Cohort, context: str) -> int:
    """How many students of a class have a finished run that they asked for in this context."""
    return _finished(cohort, context).values("membership").distinct().count()


def members_with_runs(cohort: Cohort, contexts: Iterable[str]) -> dict[str, set[int]]:
    """The students of a class who have a finished run, by the context in which they asked for it. One query."""
    found: dict[str, set[int]] = {context: set() for context in contexts}
    done = RunRequest.objects.filter(
        by_students(cohort),
        context__in=list(found),
        withdrawn_at=None,
        run__state=RunState.DONE,
    )
    for context, member in done.values_list("context", "membership_id"):
        found[context].add(member)
    return found


def class_results(
    cohort: Cohort, context: str, figures: Sequence[str], **params: Any
) -> list[tuple[int, dict[str, Any]]]:
    """For each student of a class who has one, their first finished run asked for in this context: a few figures of it.

    Parameters
    ----------
    figures : paths into the run, as ``result__shown__accuracy`` or ``seed``
    params : what the run's parameters have to be

    Returns
    -------
    (membership's pk, figure by path), in the order in which the runs were finished. One query.
    """
    rows = _finished(cohort, context).filter(**{f"run__params__{name}": value for name, value in params.items()})
    paths = [F(f"run__{path}") for path in figures]
    found: dict[int, dict[str, Any]] = {}
    for member, *values in rows.order_by("run__finished_at", "pk").values_list("membership_id", *paths):
        found.setdefault(member, dict(zip(figures, values, strict=True)))
    return list(found.items())


def first_run(cohort: Cohort, context: str, **params: Any) -> Run | None:
    """The first finished run that students of a class asked for in this context, with these parameters. One query."""
    wanted = _finished(cohort, context).filter(**{f"run__params__{name}": value for name, value in params.items()})
    asked = wanted.select_related("run").order_by("run__finished_at", "pk").first()
    return asked.run if asked else None


def waiting_and_failed(cohort: Cohort, context: str) -> tuple[set[int], list[RunRequest]]:
    """Who of a class's students waits for a run of theirs, and their `failed_requests`. One query."""
    waiting, failed = set(), []
    for request in _UNDONE(cohort=cohort.pk, context=context):
        if request.run.state == RunState.FAILED:
            failed.append(request)
        else:
            waiting.add(request.membership_id)
    return waiting, failed


def failed_requests(cohort: Cohort, context: str, member: int | None = None) -> list[RunRequest]:
    """Requests of a class's students, in contexts that begin so, whose run failed and which they have not made again.

    The newest first. One query.

    Parameters
    ----------
    member : the key of the one student to look for; by default, all
    """
    whose = {} if member is None else {"membership": member}
    failed = RunRequest.objects.filter(_FAILED, by_students(cohort), context__startswith=context, withdrawn_at=None)
    return list(failed.filter(**whose).select_related("run").defer("run__result").order_by("-requested_at", "-pk"))


def _finished(cohort: Cohort, context: str) -> QuerySet[RunRequest]:
    done = {"context": context, "withdrawn_at": None, "run__state": RunState.DONE}
    return RunRequest.objects.filter(by_students(cohort), **done)
