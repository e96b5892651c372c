"""Rows that are kept of one person, table by table: what their own file has of each, and what it leaves out and why.

`tests/privacy/test_person_rows.py` fails for a relation to a person, or a column, that is in neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from badges.models import Award
from classroom.models import Invitation, LearningEvent, LoginCard, Look, Membership, Token, User
from experiments.models import RunRequest
from lessons.models import (
    HelpGiven,
    PartOpening,
    PartProgress,
    Prediction,
    Reconciliation,
    RevealOpening,
    Review,
    SkippedQuestion,
    Submission,
    Vote,
)

AT_ONCE = 200  # rows that are fetched and held together
Row = dict[str, Any]

CLASS = _("Class")
LESSON = _("Lesson")
PART = _("Part")
ACTIVITY = _("Activity")
WHEN = _("When")
WHY = _("Why")


@dataclass(frozen=True)
class Column:
    """A column: its name in `data.json`, where it is, and its words on the page; without words it is not there.

    Attributes
    ----------
    tells : whether other columns of the page need it, words or not
    """

    name: str
    lookup: str = ""
    label: Any = ""
    tells: bool = False

    @property
    def path(self) -> str:
        return self.lookup or self.name


@dataclass(frozen=True)
class Section:
    """A table of the file: the rows of a model that belong to a person.

    Attributes
    ----------
    paths : from a row to the person, each
    where : another condition that makes a row theirs
    finish : a row as it is given away
    open_to_admins : the rows that an admin may have too, where those are not all
    """

    name: str
    title: Any
    model: type[Model]
    paths: tuple[str, ...]
    columns: tuple[Column, ...]
    where: Callable[[User], Q] | None = None
    finish: Callable[[Row], Row] = dict
    open_to_admins: Callable[[QuerySet[Any]], QuerySet[Any]] | None = None

    def rows(self, person: User, *, for_admin: bool = False, newest: int | None = None) -> Iterator[Row]:
        """Rows of a person, in the order in which they were written; or the newest, the last one first, with no more
        of each than the page shows.
        """
        condition = self.where(person) if self.where else Q(pk__in=())
        for path in self.paths:
            condition |= Q(**{path: person.pk})
        found = self.model._default_manager.filter(condition).order_by("pk" if newest is None else "-pk")
        if for_admin and self.open_to_admins:
            found = self.open_to_admins(found)
        columns = [each for each in self.columns if newest is None or each.label or each.tells]
        values = found.values_list(*(column.path for column in columns))
        names = [column.name for column in columns]
        for row in values.iterator(chunk_size=AT_ONCE) if newest is None else values[:newest]:
            yield self.finish(dict(zip(names, row, strict=True)))


def _place(of: str, *more: tuple[str, Any]) -> tuple[Column, ...]:
    """Columns of where something was done."""
    return (Column("class", f"{of}__cohort__slug", CLASS), *(Column(name, label=label) for name, label in more))


ACTIVITIES = (("lesson", LESSON), ("activity", ACTIVITY))


def _is_there(*names: str) -> Callable[[Row], Row]:
    """Say of some columns only whether they have something."""
    return lambda row: {name: value is not None if name in names else value for name, value in row.items()}


def _named(name: str) -> Callable[[Row], Row]:
    """Say of somebody else what they are called."""
    return lambda row: row | {name: User.told(row[name], row.pop("username"))}


def _event(row: Row) -> Row:
    """An event, without the numbers of others; whether an instructor did it is told."""
    if "facts" not in row:
        return row
    facts = {name: value for name, value in row["facts"].items() if name not in ("entered_by", "other", "aside")}
    return row | {"facts": facts, "by_instructor": "entered_by" in row["facts"]}


def _progress(row: Row) -> Row:
    if "activities" not in row:
        return row
    kept = {key: {"state": each.get("state"), "tries": each.get("tries", 0)} for key, each in row["activities"].items()}
    return row | {"activities": kept}


def _looked(row: Row) -> Row:
    is_by_admin = Look(kind=row["kind"]).is_by_admin
    return _named("who")(row) | {"role": "admin" if is_by_admin else "instructor"}


def _logged(row: Row) -> Row:
    message = LogEntry(change_message=row.pop("how")).get_change_message()
    return row | {"how": str(message)}


def _seen(predictions: QuerySet[Any]) -> QuerySet[Any]:
    """Predictions whose owner has seen what was behind them. The others are sealed for everybody else."""
    names = ("membership", "lesson", "activity", "item")
    return predictions.filter(Exists(Reconciliation.objects.filter(**{name: OuterRef(name) for name in names})))


def _about(person: User) -> Q:
    """Entries of the admin site's log about a person, or about their place in a class."""
    places = [str(pk) for pk in person.memberships.values_list("pk", flat=True)]
    types = ContentType.objects.get_for_models(User, Membership)
    return Q(content_type=types[User], object_id=str(person.pk)) | Q(
        content_type=types[Membership], object_id__in=places
    )


def _tried(person: User) -> Q:
    return Q(username=person.get_username())


SECTIONS = (
    Section(
        "account",
        _("Your account"),
        User,
        ("pk",),
        (
            Column("username", label=_("Username")),
            Column("display_name", label=_("Display name")),
            Column("may_log_in", "is_active", _("May log in")),
            Column("date_joined", label=_("Made")),
            Column("last_login", label=_("Last logged in")),
            Column("may_open_the_admin_site", "is_staff"),
            Column("is_superuser"),
        ),
    ),
    Section(
        "roles",
        _("Your roles on the admin site"),
        User.groups.through,
        ("user",),
        (Column("role", "group__name", _("Role")),),
    ),
    Section(
        "classes",
        _("Your classes"),
        Membership,
        ("user",),
        (
            Column("class", "cohort__slug", tells=True),
            Column("name", "cohort__name", CLASS),
            Column("time_zone", "cohort__time_zone", _("Time zone")),
            Column("role", label=_("Role")),
            Column("student_id", label=_("Student ID")),
            Column("joined_at", label=_("Joined")),
            Column("last_active_at", label=_("Last active")),
            Column("typed_at"),
            Column("removed_at", label=_("Removed")),
            Column("kept_out"),
            Column("merged_into_other_account", "merged_into"),
        ),
        finish=_is_there("merged_into_other_account"),
    ),
    Section(
        "answers",
        _("What you sent"),
        Submission,
        ("membership__user",),
        (
            *_place("membership", *ACTIVITIES, ("step", _("Step"))),
            Column("sent_at", "received_at", WHEN),
            Column("answer", label=_("Your answer")),
            Column("reply"),
            Column("accepted", label=_("Accepted")),
            Column("is_try"),
            Column("slip"),
            Column("entered_from_paper", "entered_by"),
        ),
        finish=_is_there("entered_from_paper"),
    ),
    Section(
        "reviews",
        _("What instructors said of your texts"),
        Review,
        ("submission__membership__user",),
        (
            Column("class", "submission__membership__cohort__slug", CLASS),
            Column("lesson", "submission__lesson", LESSON),
            Column("activity", "submission__activity", ACTIVITY),
            Column("text_sent_at", "submission__received_at"),
            Column("decided_at", label=WHEN),
            Column("decision", label=_("Decision")),
            Column("met"),
            Column("comment", label=_("Comment")),
            Column("by", "by__user__display_name", _("By")),
            Column("username", "by__user__username", tells=True),
            Column("taken_back_at", label=_("Taken back")),
        ),
        finish=_named("by"),
    ),
    Section(
        "predictions",
        _("Your predictions and votes"),
        Prediction,
        ("membership__user",),
        (
            *_place("membership", *ACTIVITIES, ("item", _("Question")), ("round", _("Round"))),
            Column("sealed_at", label=WHEN),
            Column("choice", label=_("Your choice")),
            Column("second", label=_("Your second choice")),
            Column("confidence", label=_("How sure you were")),
            Column("because", label=WHY),
            Column("counts", label=_("Counts")),
            Column("entered_from_paper", "entered_by"),
        ),
        finish=_is_there("entered_from_paper"),
        open_to_admins=_seen,
    ),
    Section(
        "reveals",
        _("Answers that you looked at, and what you made of them"),
        Reconciliation,
        ("membership__user",),
        (
            *_place("membership", *ACTIVITIES, ("item", _("Question"))),
            Column("revealed_at", label=WHEN),
            Column("saw", label=_("What you saw")),
            Column("idea", label=_("What made you choose that")),
            Column("next_time", label=_("Next time")),
            Column("reconciled_at"),
        ),
    ),
    Section(
        "runs",
        _("Runs that you asked for"),
        RunRequest,
        ("membership__user",),
        (
            Column("class", "membership__cohort__slug", CLASS),
            Column("requested_at", label=WHEN),
            Column("for", "context"),
            Column("kind", "run__kind", _("Kind")),
            Column("params", "run__params", _("Parameters")),
            Column("seed", "run__seed", _("Seed")),
            Column("state", "run__state", _("State")),
            Column("finished_at", "run__finished_at"),
            Column("withdrawn_at", label=_("Taken back")),
            Column("failure", "run__failure"),
            Column("result", "run__result"),
        ),
    ),
    Section(
        "progress",
        _("How far you are"),
        PartProgress,
        ("membership__user",),
        (
            *_place("membership", ("lesson", LESSON), ("part", PART), ("state", _("State")), ("tries", _("Tries"))),
            Column("slip"),
            Column("begun_at", label=_("Started")),
            Column("moved_at", label=_("Last done")),
            Column("since"),
            Column("activities"),
        ),
        finish=_progress,
    ),
    Section(
        "help",
        _("Help that you got"),
        HelpGiven,
        ("membership__user",),
        (*_place("membership", ("lesson", LESSON), ("reason", WHY)), Column("occasion"), Column("at", label=WHEN)),
    ),
    Section(
        "badges",
        _("Your badges"),
        Award,
        ("membership__user",),
        (
            *_place("membership", ("badge", _("Badge"))),
            Column("uuid"),
            Column("issued_at", label=WHEN),
            Column("evidence"),
            Column("given_by_hand", "given_by"),
            Column("given_because", label=WHY),
            Column("is_shared", label=_("Shared")),
            Column("shows_name", label=_("Shows your name")),
            Column("seen_at"),
            Column("revoked_at", label=_("Revoked")),
            Column("revoked"),
            Column("revoked_because"),
        ),
        finish=_is_there("given_by_hand"),
    ),
    Section(
        "events",
        _("What happened"),
        LearningEvent,
        ("membership__user",),
        (
            Column("class", "membership__cohort__slug", CLASS),
            Column("at", label=WHEN),
            Column("kind", label=_("What")),
            Column("facts"),
        ),
        finish=_event,
    ),
    Section(
        "looks",
        _("Who looked at your work"),
        Look,
        ("membership__user",),
        (
            Column("class", "membership__cohort__slug", CLASS),
            Column("hour", "at", WHEN),
            Column("who", "viewer__display_name", _("Who")),
            Column("username", "viewer__username", tells=True),
            Column("kind", label=_("What")),
        ),
        finish=_looked,
    ),
    Section(
        "notebooks",
        _("Your notebooks"),
        Token,
        ("user",),
        (
            Column("name", label=_("Name")),
            Column("made_at", label=_("Logged in")),
            Column("last_used_at", label=_("Last used")),
        ),
    ),
    Section(
        "second_steps",
        _("Your second steps"),
        Authenticator,
        ("user",),
        (
            Column("kind", "type", _("Kind")),
            Column("since", "created_at", _("Since")),
            Column("last_used_at", label=_("Last used")),
        ),
    ),
    Section(
        "log_ins",
        _("Where you are logged in"),
        UserSession,
        ("user",),
        (
            Column("browser", "user_agent", _("Browser")),
            Column("since", "created_at", _("Since")),
        ),
    ),
    Section("log_in_cards", _("Your log-in card"), LoginCard, ("user",), (Column("expires_at", label=_("Ends")),)),
    Section(
        "wrong_passwords",
        _("Wrong passwords at your username"),
        AccessAttempt,
        (),
        (Column("at", "attempt_time", WHEN), Column("times", "failures_since_start", _("How often"))),
        where=_tried,
    ),
    Section(
        "e_mail_addresses",
        _("Your e-mail addresses"),
        EmailAddress,
        ("user",),
        (Column("address", "email", _("Address")), Column("is_verified", "verified"), Column("is_primary", "primary")),
    ),
    Section(
        "admin_log",
        _("What admins changed about you"),
        LogEntry,
        (),
        (
            Column("at", "action_time", WHEN),
            Column("act", "action_flag"),
            Column("how", "change_message", _("What")),
        ),
        where=_about,
        finish=_logged,
    ),
    # What somebody did as an instructor or admin: their own acts and words, and nobody's name.
    Section(
        "reviews_given",
        _("Your reviews of students’ texts"),
        Review,
        ("by__user",),
        (
            Column("class", "submission__membership__cohort__slug", CLASS),
            Column("lesson", "submission__lesson", LESSON),
            Column("activity", "submission__activity", ACTIVITY),
            Column("decided_at", label=WHEN),
            Column("decision", label=_("Decision")),
            Column("met"),
            Column("comment", label=_("Comment")),
            Column("taken_back_at"),
        ),
    ),
    Section(
        "answers_entered",
        _("Answers that you entered from paper"),
        Submission,
        ("entered_by__user",),
        (*_place("membership", *ACTIVITIES, ("step", _("Step"))), Column("sent_at", "received_at", WHEN)),
    ),
    Section(
        "predictions_entered",
        _("Predictions that you entered from paper"),
        Prediction,
        ("entered_by__user",),
        (*_place("membership", *ACTIVITIES, ("item", _("Question"))), Column("sealed_at", label=WHEN)),
    ),
    Section(
        "help_given",
        _("Help that you gave"),
        HelpGiven,
        ("by__user",),
        (*_place("membership", ("lesson", LESSON), ("reason", WHY)), Column("at", label=WHEN)),
    ),
    Section(
        "badges_given",
        _("Badges that you gave"),
        Award,
        ("given_by__user",),
        (*_place("membership", ("badge", _("Badge")), ("given_because", WHY)), Column("issued_at", label=WHEN)),
    ),
    Section(
        "badges_revoked",
        _("Badges that you revoked"),
        Award,
        ("revoked_by__user",),
        (*_place("membership", ("badge", _("Badge")), ("revoked_because", WHY)), Column("revoked_at", label=WHEN)),
    ),
    Section(
        "parts_opened",
        _("Parts that you opened"),
        PartOpening,
        ("by__user",),
        (*_place("stage", ("part", PART)), Column("opened_at", label=WHEN), Column("freed_at")),
    ),
    Section(
        "votes_opened",
        _("Votes that you opened"),
        Vote,
        ("by__user",),
        (
            *_place("stage", ("activity", ACTIVITY), ("item", _("Question")), ("round", _("Round"))),
            Column("opened_at", label=WHEN),
            Column("closed_at"),
            Column("hands"),
        ),
    ),
    Section(
        "reveals_opened",
        _("Answers that you opened"),
        RevealOpening,
        ("by__user",),
        (
            *_place("stage", ("activity", ACTIVITY), ("item", _("Question"))),
            Column("opens_at", label=WHEN),
        ),
    ),
    Section(
        "questions_skipped",
        _("Questions that you skipped"),
        SkippedQuestion,
        ("by__user",),
        (*_place("stage", ("activity", ACTIVITY), ("item", _("Question"))), Column("at", label=WHEN)),
    ),
    Section(
        "students_removed",
        _("Students whom you removed"),
        Membership,
        ("removed_by__user",),
        (Column("class", "cohort__slug", CLASS), Column("removed_at", label=WHEN)),
    ),
    Section(
        "invitations_made",
        _("Links that you made for instructors"),
        Invitation,
        ("made_by__user",),
        (
            Column("class", "cohort__slug", CLASS),
            Column("made_at", label=WHEN),
            Column("expires_at", label=_("Ends")),
            Column("closed_at"),
        ),
    ),
    Section(
        "invitations_used",
        _("Links by which you became an instructor"),
        Invitation,
        ("used_by__user",),
        (Column("class", "cohort__slug", CLASS), Column("closed_at", label=WHEN)),
    ),
    Section(
        "looks_made",
        _("When you looked at students’ work"),
        Look,
        ("viewer",),
        (
            Column("class", "membership__cohort__slug", CLASS),
            Column("hour", "at", WHEN),
            Column("kind", label=_("What")),
        ),
    ),
    Section(
        "admin_log_written",
        _("What you changed on the admin site"),
        LogEntry,
        ("user",),
        (
            Column("at", "action_time", WHEN),
            Column("act", "action_flag"),
            Column("of", "content_type__model"),
            Column("how", "change_message", _("What")),
        ),
        finish=_logged,
    ),
)

# Relations to a person, or to what is theirs, that the file has nothing of.
NO_SECTION: Mapping[str, str] = {
    "classroom.User_user_permissions.user": "roles are groups; nobody has a permission of their own",
    "classroom.Membership.merged_into": "where the work of a double went: told with the class",
    "account.EmailConfirmation.email_address": "a key that proves an address, and a secret",
    "axes.AccessAttemptExpiration.access_attempt": "when a wrong password is forgotten",
}
# What is kept of a person without a relation to them.
UNRELATED: Mapping[str, str] = {
    "sessions.Session": "signed, and nobody's until it is opened with the key; the account says when it last logged in",
    "axes.AccessFailureLog": "not written: only what is counted is kept",
    "axes.AccessLog": "not written",
    "classroom.Tally": "counts of a minute or an hour",
    "privacy.Erasure": "a number and two times, of somebody who is erased",
}
# Columns of the models above that are in no section.
NO_COLUMN: Mapping[str, str] = {
    "classroom.User.password": "a secret, hashed",
    "classroom.User.is_synthetic": "never so for whoever can log in",
    "classroom.Token.digest": "a secret, hashed",
    "classroom.Token.is_strong": "how its owner had logged in",
    "classroom.LoginCard.digest": "a secret, hashed",
    "mfa.Authenticator.data": "a secret",
    "usersessions.UserSession.session_key": "a secret",
    "usersessions.UserSession.ip": "not kept",
    "usersessions.UserSession.data": "not used",
    "usersessions.UserSession.last_seen_at": "not used",
    "classroom.Invitation.code": "a secret, and another's",
    "lessons.Submission.client_id": "made by the browser, so that sending twice stores once",
    "lessons.Submission.sent_hash": "made of the answer, which is there",
    "lessons.Submission.lesson_hash": "which version of the lesson it was",
    "lessons.Prediction.client_id": "made by the browser, so that sending twice stores once",
    "lessons.Prediction.lesson_hash": "which version of the lesson it was",
    "badges.Award.salt": "in the credential, which is a file of its own",
    "badges.Award.token": "the credential, which is a file of its own",
    "admin.LogEntry.object_id": "whom or what it was about: another's",
    "admin.LogEntry.object_repr": "whom or what it was about: another's name",
    "axes.AccessAttempt.username": "their own",
    "axes.AccessAttempt.ip_address": "whoever typed it may be another",
    "axes.AccessAttempt.user_agent": "whoever typed it may be another",
    "axes.AccessAttempt.get_data": "whoever typed it may be another",
    "axes.AccessAttempt.post_data": "whoever typed it may be another",
    "axes.AccessAttempt.http_accept": "whoever typed it may be another",
    "axes.AccessAttempt.path_info": "whoever typed it may be another",
}
