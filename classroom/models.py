"""People and their classes."""

from __future__ import annotations

import re
import secrets
import unicodedata
import zoneinfo
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classroom import signs
from classroom.names import UsernameField, validate_display_name
from classroom.refusals import Conflict

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B: a code is read from a projector and typed on a phone.
CODE_LETTERS = "ACDEFGHJKMNPQRTUVWXY34679"
LONGEST_TYPED_CODE = 300  # a whole address: anyone who was given a link may paste it


def new_join_code() -> str:
    """Make a join code without look-alikes, such as ``KXWT-7H4M``."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def new_invitation_code() -> str:
    """Make what nobody can guess, for a link that is sent to one person."""
    return secrets.token_urlsafe(18)


def normalise_code(typed: str) -> str:
    """Read a join code as people give it: any case and width, any or no hyphen and blanks, or in a whole address."""
    typed = unicodedata.normalize("NFKC", typed)
    address = re.search(r"\bjoin/([^/?#\s]+)", typed, re.IGNORECASE)
    letters = "".join(letter for letter in (address[1] if address else typed).upper() if letter.isalnum())
    return f"{letters[:4]}-{letters[4:]}"


# Names that stand for no place: whatever the server's clock is set to, and none at all.
NO_PLACES = frozenset({"localtime", "Factory"})


def time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - NO_PLACES)


def validate_time_zone(name: str) -> None:
    if name not in time_zones():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Write one such as Europe/Berlin."), params={"name": name}
        )


def normalise_password(typed: str) -> str:
    """A password as it is hashed: the same, from whatever keyboard its accents and wide letters come."""
    return unicodedata.normalize("NFKC", typed)


class UserManager(BaseUserManager["User"]):
    def unsaved(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Somebody who is not stored yet. The password is hashed here: no transaction is to wait for that."""
        user = self.model(username=signs.fold(username), **fields)
        user.set_password(password)
        return user

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.unsaved(username, password, **fields)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=self.known_as(username or ""))

    def known_as(self, typed: str) -> str:
        """The username that somebody means, as it is kept.

        A few are as they were when they were made, since somebody else has the folded one: typed so, they are meant.
        """
        before, folded = typed.strip().lower(), signs.fold(typed.strip())
        return before if before != folded and self.filter(username=before).exists() else folded

    def staff(self) -> models.QuerySet[User]:
        """Those whose word counts: admins, and instructors of any class."""
        teaches = models.Exists(Membership.objects.filter(user=models.OuterRef("pk"), role=Role.INSTRUCTOR))
        return self.filter(models.Q(is_staff=True) | models.Q(is_superuser=True) | teaches)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who can log in. No e-mail and no real name is asked for: many users are minors."""

    username = UsernameField(
        _("username"),
        max_length=60,
        unique=True,
        help_text=_("Letters, digits and @ . + - _"),
        error_messages={"unique": _("Somebody already has that username. Add a letter or a number.")},
    )
    display_name = models.CharField(
        _("display name"), max_length=80, validators=[validate_display_name], help_text=_("What the class sees.")
    )
    is_active = models.BooleanField(_("may log in"), default=True)
    is_staff = models.BooleanField(_("may open the admin site"), default=False)
    # Plays in rehearsals, and is deleted with its class; nobody can log in as it.
    is_synthetic = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects = UserManager()

    # What the username of somebody begins with who was erased, and whose row stays.
    ERASED = "erased-"
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.display_name or self.username

    @classmethod
    def told(cls, display_name: str | None, username: str | None) -> str:
        """Name somebody to those whom they taught or looked at; their account may be deleted since."""
        if not username or (not display_name and username.startswith(cls.ERASED)):
            return gettext("Somebody whose account is deleted")
        return display_name or username

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        return signs.fold(username) if isinstance(username, str) else username

    def clean(self) -> None:
        super().clean()
        self._refuse_a_look_alike()

    def _refuse_a_look_alike(self) -> None:
        """A new username must not be read as that of an admin or instructor; one that somebody has stays theirs."""
        if not self.username or User.objects.filter(pk=self.pk, username=self.username).exists():
            return
        looks = signs.skeleton(self.username)
        others = User.objects.staff().exclude(pk=self.pk).exclude(username=self.username)
        if any(signs.skeleton(name) == looks for name in others.values_list("username", flat=True)):
            raise ValidationError(
                {"username": _("This looks like the username of an instructor or admin. Choose another one.")}
            )

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(None if raw_password is None else normalise_password(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Tell whether a password is right. An older kind of hash is replaced, unless a new password came meanwhile.

        One that was hashed as it had been typed, before passwords were normalised, opens too and is replaced as well.
        """

        def renew(raw_password: str) -> None:
            old, self.password = self.password, make_password(normalise_password(raw_password))
            User.objects.filter(pk=self.pk, password=old).update(password=self.password)

        if raw_password is None or (normal := normalise_password(raw_password)) == raw_password:
            return check_password(raw_password, self.password, renew)
        if check_password(normal, self.password, renew):
            return True
        if is_right := check_password(raw_password, self.password):
            renew(raw_password)
        return is_right


class Tally(models.Model):
    """How often something was done within a minute (`classroom.limits`)."""

    key = models.CharField(max_length=120, primary_key=True)
    number = models.PositiveIntegerField()
    # When it begins again, in seconds since 1970.
    until = models.PositiveBigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.number}"


class Token(models.Model):
    """What a notebook logs in with (`classroom.tokens`). Of its key only the digest is here: nobody can read it out."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60, blank=True, default="")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    # To the hour.
    last_used_at = models.DateTimeField(default=timezone.now)
    # Whether its owner had passed a second step when it was made.
    is_strong = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return self.name or f"{self.made_at:%F}"

    @property
    def expires_at(self) -> datetime:
        return self.last_used_at + timedelta(days=settings.TOKEN_DAYS)


class JoinCodeField(models.CharField):
    """A join code: read however it is typed, kept as it is shown."""

    def to_python(self, value: Any) -> Any:
        return normalise_code(value) if value else super().to_python(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"max_length": LONGEST_TYPED_CODE, **kwargs})


class LoginCard(models.Model):
    """A card that lets one person in once (`classroom.cards`). Of its key only the digest is here."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="login_card")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.expires_at:%F}"


class GradientRule(models.TextChoices):
    # The loss is half the mean squared error: gradient = mean(error × x).
    HALF = "half", _("half: gradient = average of (error × x)")
    # The loss is the mean squared error: gradient = 2 × mean(error × x).
    FULL = "full", _("full: gradient = 2 × average of (error × x)")


class Pace(models.TextChoices):
    # Everything is open; everyone goes at their own speed.
    SELF = "self", _("self-paced")
    # The instructor opens parts and reveals.
    LED = "led", _("led by the instructor")


def default_lessons() -> list[str]:
    return ["data-rules-everything"]


MOST_DAYS_KEPT = 3660  # ten years


class Cohort(models.Model):
    """A class."""

    slug = models.SlugField(
        _("address"), max_length=60, unique=True, help_text=_("Part of web addresses. It never changes.")
    )
    name = models.CharField(_("name"), max_length=120, validators=[validate_display_name])
    join_code = JoinCodeField(
        _("join code"),
        max_length=9,
        unique=True,
        default=new_join_code,
        validators=[RegexValidator(r"^[A-Z0-9]{4}-[A-Z0-9]{4}$", _("Write a code such as DEMO-2026."))],
    )
    lessons = models.JSONField(_("lessons"), default=default_lessons)
    gradient_rule = models.CharField(
        _("gradient rule"), max_length=4, choices=GradientRule.choices, default=GradientRule.HALF
    )
    # Set by the first graded submission: from then on the rule cannot change.
    rule_fixed_at = models.DateTimeField(null=True, blank=True, editable=False)
    pace = models.CharField(_("pace"), max_length=4, choices=Pace.choices, default=Pace.SELF)
    time_zone = models.CharField(_("time zone"), max_length=60, default="UTC", validators=[validate_time_zone])
    # Until then what is done between two sessions can be handed in on time; later it still can.
    next_session_at = models.DateTimeField(
        _("next session"), null=True, blank=True, help_text=_("In the time zone of the class. Homework is due then.")
    )
    # When the led session began; one that is led again soon after its end goes on.
    led_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When the instructor ended the led session; everyone has gone on alone since.
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when the code takes nobody in. Its members come and go all the same.
    joining_closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived = models.BooleanField(_("archived"), default=False, help_text=_("Can be read. Nothing new can be sent."))
    # `manage.py purge` deletes it so many days after the last thing that anybody did in it.
    keep_for = models.PositiveSmallIntegerField(
        _("days to keep"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS_KEPT)],
        help_text=_("Counted from the last activity. Then the class is deleted, with all its work. Empty: for good."),
    )
    # Since when it has that number: its instructors can read the end for a while, however old the class is.
    keep_for_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    # What stands wherever something new would come in.
    says_archived = _("This class is archived. You can read everything, but you can’t send anything new.")
    says_closed = _("Joining is closed. Ask your instructor.")
    says_rule_fixed = _("The gradient rule cannot change now: answers have been graded with it.")
    says_kept_out = _("Your instructor has taken you out of this class. Ask them.")

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(gradient_rule__in=GradientRule.values), name="cohort_rule_known"),
            models.CheckConstraint(condition=models.Q(pace__in=Pace.values), name="cohort_pace_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def refuse_if_archived(self) -> None:
        """Let nothing new into a class that is kept to be read."""
        if self.archived:
            raise Conflict(self.says_archived)

    @property
    def is_joining_open(self) -> bool:
        return self.joining_closed_at is None

    @property
    def next_session_began(self) -> bool:
        return self.next_session_at is not None and self.next_session_at <= timezone.now()

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class CohortVersion(models.Model):
    """One number per cohort, raised last in every transaction that changes what its pages show.

    It stands in a table of its own so that polls and submissions do not wait for each other's locks.
    """

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, primary_key=True, related_name="version")
    number = models.PositiveBigIntegerField(default=1)
    # When a projector last showed the class; while one does, names are hidden from the instructors' pages.
    projected_at = models.DateTimeField(null=True)
    # When an instructor last looked at the class, to the hour: it is not deleted soon after.
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.cohort_id} v{self.number}"


class Role(models.TextChoices):
    STUDENT = "student", _("student")
    INSTRUCTOR = "instructor", _("instructor")


STUDENT_ID = r"[A-Za-z0-9][A-Za-z0-9 ._/-]*"


def validate_student_id(typed: str) -> None:
    """A number or code as schools give them. It begins with a letter or a digit, so that no spreadsheet computes it."""
    if not re.fullmatch(STUDENT_ID, typed):
        raise ValidationError(
            _("A student ID has letters, digits, spaces and . _ / - and begins with a letter or a digit.")
        )


class MembershipQuerySet(models.QuerySet["Membership"]):
    def present(self) -> MembershipQuerySet:
        """Those who are in their class now, and were not removed."""
        return self.filter(removed_at=None)


class Membership(models.Model):
    """A person's place in a class. Whoever is removed keeps it with all their work, and is in no count until they come
    back.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("person"))
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("class"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.STUDENT)
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)
    last_active_at = models.DateTimeField(_("last active"), null=True, blank=True, editable=False)
    # When a page of theirs last said that something is typed there, though nothing of it was sent: they are not still.
    typed_at = models.DateTimeField(null=True, editable=False)
    # What the school calls them, by which marks are matched; nothing, as long as nobody said it.
    student_id = models.CharField(
        _("student ID"), max_length=40, blank=True, default="", validators=[validate_student_id]
    )
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True, editable=False)
    removed_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    # The code does not bring them back; an instructor does.
    kept_out = models.BooleanField(default=False, editable=False)
    # Where the work of a double went: the other account of the same person in this class.
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="merged_from", editable=False
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["user", "cohort"], name="membership_once_per_cohort"),
            models.UniqueConstraint(
                fields=["cohort", "student_id"],
                condition=~models.Q(student_id=""),
                name="membership_student_id_once",
                violation_error_message=_("Somebody else in this class has that student ID."),
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=False)
                | models.Q(kept_out=False, merged_into=None, removed_by=None),
                name="membership_out_is_removed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.cohort} · {self.get_role_display()}"

    @property
    def is_instructor(self) -> bool:
        return self.role == Role.INSTRUCTOR

    @property
    def is_present(self) -> bool:
        return self.removed_at is None


class Rehearsal(models.Model):
    """A class that is played by synthetic students, so that its instructor can practise; deleted in one act.

    The row is the truth, a message only a wake-up: who moves `claimed_until` on plays what is due, alone until then.
    """

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="rehearsal")
    seed = models.PositiveIntegerField()
    # How many seconds of the class pass in a second.
    speed = models.PositiveSmallIntegerField()
    began_at = models.DateTimeField(default=timezone.now)
    claimed_until = models.DateTimeField(default=timezone.now)
    # By membership: which player they are, how often they have moved, and when they move next.
    players = models.JSONField(default=dict)
    # Of one that leads itself, on an evening that is made up: how far its instructor is, and what time it is there.
    evening = models.JSONField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.cohort} ×{self.speed}, seed {self.seed}"


class LearningEvent(models.Model):
    """Something that happened, in the order in which it was recorded. Never changed."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [models.Index(fields=["membership", "-at"], name="event_by_member")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%F %T}"


class Invitation(models.Model):
    """A link that makes one person an instructor of a class. It works once, until it expires or is taken back."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="invitations")
    code = models.CharField(max_length=40, unique=True, default=new_invitation_code)
    made_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    # When it was used or taken back: from then on it is one of the links that lead nowhere.
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.cohort} until {self.expires_at:%F %T}"


class Look(models.Model):
    """An instructor or admin who looked at the work of a member (`classroom.looks`): once in an hour for each kind."""

    class Kind(models.TextChoices):
        # Pages of the class, for its instructors.
        PAGE = "page", _("page of one student")
        LESSON = "lesson", _("lesson, as the student sees it")
        TEXT = "text", _("a text to review")
        DID = "did", _("“What I did”")
        TABLE = "table", _("table of all answers")
        GRADEBOOK = "gradebook", _("gradebook")
        # The admin site.
        WORK = "work", _("one piece of work, on the admin site")
        LIST = "list", _("a list of work, on the admin site")
        DATA = "data", _("all data of a person, as a file")

    viewer = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="looks", verbose_name=_("who looked")
    )
    membership = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="looks", verbose_name=_("whose work")
    )
    kind = models.CharField(_("what"), max_length=9, choices=Kind.choices)
    # The beginning of the hour.
    at = models.DateTimeField(_("hour"))

    class Meta:
        verbose_name = _("look")
        verbose_name_plural = _("looks")
        constraints = [
            models.UniqueConstraint(fields=["viewer", "membership", "kind", "at"], name="look_once_an_hour"),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=("page", "lesson", "text", "did", "table", "gradebook", "work", "list", "data")
                ),
                name="look_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%F %H}"

    @property
    def is_by_admin(self) -> bool:
        return self.kind in (Look.Kind.WORK, Look.Kind.LIST, Look.Kind.DATA)
