"""News: recorded in the transaction that made it, signalled once that has committed."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.dispatch import Signal

from classroom.models import LearningEvent, Membership

# Sent with `event` and `membership` after the commit.
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


def record(event: Event, membership: Membership) -> None:
    """Store `event`, and signal it after commit. It says which instructor stood in for the member, if one did.

    Whoever listens cannot undo what was committed: an error of theirs is logged, and the answer stands.
    """
    facts = asdict(event) | ({"entered_by": membership.helper.pk} if membership.helper else {})
    LearningEvent.objects.create(membership=membership, kind=event.kind, facts=facts)
    transaction.on_commit(lambda: recorded.send(type(event), event=event, membership=membership), robust=True)
