"""What learners did."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classroom.models import Cohort, Membership


class PartState(models.TextChoices):
    # Nothing to do yet: not built, or not opened by the instructor.
    SOON = "soon", _("soon")
    NOT_STARTED = "not_started", _("not started")
    # At least one thing was sent.
    WORKING = "working", _("working")
    # Three checked tries at one step without success.
    STUCK = "stuck", _("stuck")
    # Sent, and an instructor has to look.
    WAITING = "waiting", _("waiting for review")
    DONE = "done", _("done")


# Nothing more is to be done here by the student.
FINISHED = (PartState.DONE, PartState.WAITING)


class Submission(models.Model):
    """An answer that was graded, exactly as it was sent, with the reply that it got. Never changed."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="submissions")
    client_id = models.UUIDField()
    lesson = models.CharField(max_length=60)
    activity = models.CharField(max_length=60)
    step = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    # Of all that came under this id, as it came: what comes again is the same or it is refused. Blank in old rows.
    sent_hash = models.CharField(max_length=64, db_default="")
    reply = models.JSONField()
    accepted = models.BooleanField()
    # Blanks and a repeat of the last answer are kept, but are no try.
    is_try = models.BooleanField()
    # The slip that explains the first wrong cell; where several do, what they have in common.
    slip = models.CharField(max_length=40, blank=True)
    lesson_hash = models.CharField(max_length=64)
    # The instructor who entered it from paper.
    entered_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # The client names its submission, so that sending it twice stores it once.
            models.UniqueConstraint(fields=["membership", "client_id"], name="submission_once_per_client_id"),
        ]
        indexes = [models.Index(fields=["membership", "lesson", "activity", "step", "id"], name="submission_by_step")]

    def __str__(self) -> str:
        return f"{self.activity} step {self.step} {self.received_at:%F %T}"


class Review(models.Model):
    """What an instructor made of something that was written. Each version is decided once."""

    class Decision(models.TextChoices):
        APPROVED = "approved", _("approved")
        # With what is missing; the student may send it again.
        RETURNED = "returned", _("returned")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="reviews")
    decision = models.CharField(max_length=8, choices=Decision.choices)
    # By line of the rubric, in its order: whether the text has it.
    met = models.JSONField(default=list)
    comment = models.CharField(max_length=600, blank=True)
    by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)
    # Within a minute, by whoever decided it.
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # Two instructors at once: one decides.
            models.UniqueConstraint(
                fields=["submission"], condition=models.Q(taken_back_at=None), name="review_once_per_version"
            ),
            models.CheckConstraint(
                condition=models.Q(decision__in=("approved", "returned")), name="review_decision_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission} {self.decision}"


class PartProgress(models.Model):
    """Where a member stands in one part: the sum of what was submitted, kept ready for the class grid."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="progress")
    lesson = models.CharField(max_length=60)
    part = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=PartState.choices, default=PartState.NOT_STARTED)
    tries = models.PositiveIntegerField(default=0)
    slip = models.CharField(max_length=40, blank=True)
    # By activity: its own state and tries, and what its next step goes on from.
    activities = models.JSONField(default=dict)
    since = models.DateTimeField(default=timezone.now)
    # The first and the last thing that was done here.
    begun_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "lesson", "part"], name="progress_once_per_part"),
            models.CheckConstraint(condition=models.Q(state__in=PartState.values), name="progress_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.part}: {self.state}"


class Confidence(models.TextChoices):
    GUESS = "guess", _("a guess")
    THINK_SO = "think_so", _("I think so")
    SURE = "sure", _("sure")


class Counts(models.TextChoices):
    # Sealed while the vote was open.
    VOTE = "vote", _("in the vote")
    # Sealed where no vote was held.
    OWN_PACE = "own_pace", _("at their own pace")
    # Sealed after the vote had closed: kept, and in none of the class's figures.
    LATE = "late", _("late")


class Prediction(models.Model):
    """What somebody said before they saw it, sealed by the server's clock. Never changed.

    A mis-tapped one is taken back within seconds, and is gone: no figure has to leave it out.
    """

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="predictions")
    client_id = models.UUIDField()
    lesson = models.CharField(max_length=60)
    activity = models.CharField(max_length=60)
    item = models.CharField(max_length=60)
    round = models.PositiveSmallIntegerField()
    # A choice's key, or the number; `second` answers an item's second question.
    choice = models.CharField(max_length=60)
    second = models.CharField(max_length=60, blank=True)
    confidence = models.CharField(max_length=8, choices=Confidence.choices)
    because = models.CharField(max_length=300, blank=True)
    counts = models.CharField(max_length=8, choices=Counts.choices)
    lesson_hash = models.CharField(max_length=64)
    # The instructor who entered it from paper.
    entered_by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "lesson", "activity", "item", "round"], name="prediction_once_per_round"
            ),
            models.UniqueConstraint(fields=["membership", "client_id"], name="prediction_once_per_client_id"),
            models.CheckConstraint(condition=models.Q(round__in=(1, 2)), name="prediction_round_known"),
            models.CheckConstraint(
                condition=models.Q(confidence__in=Confidence.values), name="prediction_confidence_known"
            ),
            models.CheckConstraint(condition=models.Q(counts__in=Counts.values), name="prediction_counts_known"),
        ]
        indexes = [models.Index(fields=["lesson", "activity", "item", "round"], name="prediction_by_item")]

    def __str__(self) -> str:
        return f"{self.activity} {self.item} round {self.round} {self.sealed_at:%F %T}"

    @property
    def is_late(self) -> bool:
        return self.counts == Counts.LATE


class Reconciliation(models.Model):
    """What a member made of a reveal. It begins when they first see it; each answer is given once."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="reconciliations")
    lesson = models.CharField(max_length=60)
    activity = models.CharField(max_length=60)
    item = models.CharField(max_length=60)
    revealed_at = models.DateTimeField(default=timezone.now)
    saw = models.CharField(max_length=60, blank=True)
    idea = models.CharField(max_length=60, blank=True)
    next_time = models.CharField(max_length=300, blank=True)
    reconciled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "lesson", "activity", "item"], name="reconciliation_once_per_item"
            )
        ]

    def __str__(self) -> str:
        return f"{self.activity} {self.item}"


class Stage(models.Model):
    """How far an instructor has led a class through a lesson.

    `number` is raised with every act that opens or closes something, `call_number` with every other one that the
    students' pages show: a page is made again for the first, and only its strip for the second.
    """

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="stages")
    lesson = models.CharField(max_length=60)
    number = models.PositiveIntegerField(default=0)
    call_number = models.PositiveIntegerField(default=0)
    # What every projector of the class shows: “activity/item”, or nothing for the page with the way in.
    on_wall = models.CharField(max_length=121, blank=True)
    # Eyes up front: since when the students' pages are dimmed.
    paused_at = models.DateTimeField(null=True, blank=True)
    # One line to all.
    message = models.CharField(max_length=140, blank=True)
    # When the time for a question is up. It closes nothing.
    timer_ends_at = models.DateTimeField(null=True, blank=True)
    # When everybody was last brought to where the class is.
    brought_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cohort", "lesson"], name="stage_once_per_lesson")]

    def __str__(self) -> str:
        return f"{self.lesson} n{self.number}"


class PartOpening(models.Model):
    """A part that the instructor has opened to a led class; once freed, everyone goes on alone in it."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="openings")
    part = models.CharField(max_length=60)
    opened_at = models.DateTimeField(default=timezone.now)
    freed_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "part"], name="part_opened_once")]

    def __str__(self) -> str:
        return f"{self.part} {self.opened_at:%F %T}"


class Vote(models.Model):
    """One round of one question, open from `opened_at` to `closed_at`."""

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="votes")
    activity = models.CharField(max_length=60)
    item = models.CharField(max_length=60)
    round = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    # Hands that were raised in the room, by choice: they are counted with the answers that were sealed.
    hands = models.JSONField(default=dict)
    by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stage", "activity", "item", "round"], name="vote_once_per_round"),
            models.UniqueConstraint(
                fields=["stage"], condition=models.Q(closed_at=None), name="vote_one_open_at_a_time"
            ),
            models.CheckConstraint(condition=models.Q(round__in=(1, 2)), name="vote_round_known"),
        ]

    def __str__(self) -> str:
        return f"{self.activity} {self.item} round {self.round}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class RevealOpening(models.Model):
    """An instructor's word that the class may see what is behind a question, from `opens_at` on.

    Until then, three seconds, it can be taken back.
    """

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="reveals")
    activity = models.CharField(max_length=60)
    item = models.CharField(max_length=60)
    opens_at = models.DateTimeField()
    by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "activity", "item"], name="reveal_opened_once")]

    def __str__(self) -> str:
        return f"{self.activity} {self.item} {self.opens_at:%F %T}"


class SkippedQuestion(models.Model):
    """A question that the instructor of a led class passes over: it counts as done for everybody, and can be answered.

    Without an `item` it is what is left to choose in an activity.
    """

    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="skips")
    activity = models.CharField(max_length=60)
    item = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "activity", "item"], name="question_skipped_once")]

    def __str__(self) -> str:
        return f"{self.activity} {self.item} {self.at:%F %T}"


class HelpGiven(models.Model):
    """An instructor's word that a call for help was answered. The same trouble again is a call of its own."""

    class Reason(models.TextChoices):
        # A run that they had asked for has failed.
        RUN = "run", _("the run failed")
        # Three checked tries at one step explained by the same slip.
        SLIP = "slip", _("the same slip three times")
        # Three checked tries at one step, whatever explains them.
        TRIES = "tries", _("three tries at one step")
        # Three votes in a row without an answer, not even a late one.
        VOTES = "votes", _("missed three votes in a row")
        # Five minutes without a move on a part that is open to them.
        STILL = "still", _("inactive for five minutes")

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="help_given")
    lesson = models.CharField(max_length=60)
    reason = models.CharField(max_length=5, choices=Reason.choices)
    # Which call it was: where and how often, since when, or which run.
    occasion = models.CharField(max_length=160)
    by = models.ForeignKey(Membership, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "lesson", "reason", "occasion"], name="help_once_per_call"),
            models.CheckConstraint(
                condition=models.Q(reason__in=("run", "slip", "tries", "votes", "still")), name="help_reason_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.occasion}"
