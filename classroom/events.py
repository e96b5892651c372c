"""News: recorded in the transaction that made it, signalled once that has committed."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.dispatch import Signal

from classroom import prepared
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
class ClassAct(Event):
    """What an instructor did with a class: the story of the class, which stays when the instructor is erased."""


@dataclass(frozen=True)
class CohortJoined(Event):
    """A person became a member of a cohort."""


@dataclass(frozen=True)
class JoiningOpened(ClassAct):
    """An instructor let people join with the code again."""


@dataclass(frozen=True)
class JoiningClosed(ClassAct):
    """An instructor let nobody join any more."""


@dataclass(frozen=True)
class CodeChanged(ClassAct):
    """An instructor gave the class a new join code; the old one stopped."""


@dataclass(frozen=True)
class MemberRenamed(Event):
    """An instructor gave a member another display name."""

    was: str
    now: str


@dataclass(frozen=True)
class StudentIdSet(Event):
    """An instructor said what the school calls a member."""

    was: str
    now: str


@dataclass(frozen=True)
class MemberRemoved(Event):
    """An instructor removed a member, whose work is kept."""

    kept_out: bool


@dataclass(frozen=True)
class MemberReturned(Event):
    """A removed member is in the class again: an instructor took them back, or they joined once more."""


@dataclass(frozen=True)
class MemberMoved(Event):
    """An admin moved a member, with all their work, from one class to another; each is given by its address."""

    was: str
    now: str
    # What the class that they left is called.
    was_called: str


@dataclass(frozen=True)
class AccountsMerged(Event):
    """An instructor or an admin merged a double: what `username` had done here is this member's from now on.

    `moved` counts the rows by what they are; `aside` are the later answers to what both had answered, which count
    nowhere and stay with the other membership.
    """

    other: int
    username: str
    moved: dict[str, int]
    aside: list[dict[str, Any]]


@dataclass(frozen=True)
class PasswordReset(Event):
    """An instructor gave a member a new password."""


@dataclass(frozen=True)
class ClassMade(ClassAct):
    """An instructor made a class, by copying another one or from nothing."""

    copied_from: str


@dataclass(frozen=True)
class ClassChanged(ClassAct):
    """An instructor changed settings of a class: by name, what each was and what it is now."""

    changed: dict[str, list[Any]]


@dataclass(frozen=True)
class ClassArchived(ClassAct):
    """An instructor archived a class."""


@dataclass(frozen=True)
class ClassReopened(ClassAct):
    """An instructor opened an archived class again."""


@dataclass(frozen=True)
class InstructorInvited(ClassAct):
    """An instructor made a link for one more instructor."""

    invitation: int


@dataclass(frozen=True)
class InvitationTakenBack(ClassAct):
    """An instructor took back a link that nobody had used."""

    invitation: int


def kinds() -> list[str]:
    """The kinds of event that there are, of every package."""
    of_people = (each.kind for each in Event.__subclasses__() if each is not ClassAct)
    return sorted([*of_people, *acts_on_classes()])


def acts_on_classes() -> list[str]:
    """The kinds of event that tell what was done with a class."""
    return [each.kind for each in ClassAct.__subclasses__()]


def record(event: Event, membership: Membership, *, by: Membership | None = None) -> None:
    """Store `event`, and signal it after commit. It says which instructor it is `by`, if not by the member."""
    prepared.send(prepared.kept(told(event, membership, by=by)))


def told(event: Event, membership: Membership, *, by: Membership | None = None) -> LearningEvent:
    """Signal `event` after commit, and give its row, for whoever stores it together with others.

    Whoever listens cannot undo what was committed: an error of theirs is logged, and the answer stands.
    """
    facts = asdict(event) | ({"entered_by": by.pk} if by else {})
    news = {"event": event, "membership": membership, "by": by}
    transaction.on_commit(lambda: recorded.send(type(event), **news), robust=True)
    return LearningEvent(membership=membership, kind=event.kind, facts=facts)
