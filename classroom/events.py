"""News: recorded in the transaction that made it, signalled once that has committed."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.dispatch import Signal

from classroom.models import LearningEvent, Membership

# Sent with `event`, `membership` and `by` after the commit.
recorded = Signal()


@dataclass(frozen=True)
class Event:
    """Something that happened, named in the past tense. Its fields are the facts that are stored."""

    kind: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True)
class CohortJoined(Event):
    """A person became a member of a cohort."""


@dataclass(frozen=True)
class PasswordReset(Event):
    """An instructor gave a member a new password."""


def record(event: Event, membership: Membership, *, by: Membership | None = None) -> None:
    """Store `event`, and signal it after commit. It says which instructor it is `by`, if not by the member.

    Whoever listens cannot undo what was committed: an error of theirs is logged, and the answer stands.
    """
    facts = asdict(event) | ({"entered_by": by.pk} if by else {})
    LearningEvent.objects.create(membership=membership, kind=event.kind, facts=facts)
    news = {"event": event, "membership": membership, "by": by}
    transaction.on_commit(lambda: recorded.send(type(event), **news), robust=True)
