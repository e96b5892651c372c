"""What journeys have done to a running Downhill's own data, and ask of it; imported by `Running.ask`."""

from __future__ import annotations

import time
import uuid
from functools import cache

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client
from django.utils import timezone

from classroom import services
from classroom.models import Cohort, Membership, Role, User
from experiments.models import Run, RunRequest, RunState
from lessons import catalogue, pacing, reviews
from lessons import services as lesson_services
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import Prediction, Submission
from tests import pupils
from tests.lessons import runs

PASSWORD = "downhill"
# Everybody's runs have the same seeds, so that each is computed once in a session.
SEEDS = {"u-curve-run": 77, "bias-run": 149}


@cache
def _hashed() -> str:
    """The password as it is stored; hashing it takes longer than all else about a student."""
    return make_password(PASSWORD)


def _person(username: str, name: str, cohort: Cohort, role: Role = Role.STUDENT) -> Membership:
    user = User.objects.create(username=username, display_name=name.title(), password=_hashed())
    return services.enrol(user, cohort, role)


def register(username: str, name: str) -> None:
    """Put somebody new into the demo class."""
    _person(username, name, Cohort.objects.get(slug="demo"))


def led_class(slug: str, leader: str, *students: str) -> str:
    """Open a class that is led, with its people; give its join code."""
    cohort = services.open_cohort(slug=slug, name=slug.title(), pace="led")
    _person(leader, leader, cohort, Role.INSTRUCTOR)
    for student in students:
        _person(student, student, cohort)
    return str(cohort.join_code)


def end_class(leader: str) -> None:
    """End the class that somebody leads."""
    pacing.end_class(_student(leader)[0])


def crowded(slug: str, leader: str) -> None:
    """Open a led class of 36 who are here: 13 share a run that failed, and four lost the minus three times."""
    lesson = catalogue.get("data-rules-everything")
    assert lesson is not None
    led_class(slug, leader, *(f"{slug}{n:02d}" for n in range(1, 37)))
    leads = Membership.objects.select_related("cohort", "user").get(user__username=leader)
    pacing.free_part(leads, lesson, "u-curve")
    students = list(Membership.objects.filter(cohort=leads.cohort, role=Role.STUDENT).select_related("cohort", "user"))
    with transaction.atomic():  # failed before a worker hears of it
        for student in students[:13]:
            runs.guess(student, lesson, "lowest")
            (run,) = runs.ask(student, lesson, seed=36036)
        why = "The worker stopped 3 times during this run, so we gave up. Start it again, or ask for less."
        Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, failure=why, finished_at=timezone.now())
    for student in students[-4:]:
        for n in range(3):
            answer = {**pupils.STEPS[0], "w": f"-0.746{n + 1}"}
            lesson_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=1, answer=answer)
    Membership.objects.filter(cohort=leads.cohort).update(last_active_at=timezone.now())


def session(username: str) -> str:
    """Log somebody in; give what their browser would keep of it."""
    browser = Client()
    browser.force_login(User.objects.get(username=username))
    return str(browser.cookies["sessionid"].value)


def _student(username: str) -> tuple[Membership, LoadedLesson]:
    lesson = catalogue.get("data-rules-everything")
    assert lesson is not None
    return Membership.objects.select_related("cohort", "user").get(user__username=username), lesson


def _run(student: Membership, lesson: LoadedLesson, activity: str) -> None:
    """Ask for the run of an experiment, and wait until the worker has carried it out."""
    for run in runs.ask(student, lesson, activity, seed=SEEDS[activity]):
        deadline = time.monotonic() + 60
        while Run.objects.get(pk=run.pk).state != RunState.DONE:
            assert time.monotonic() < deadline, f"{activity}: not done"
            time.sleep(0.1)


def step_through(username: str) -> None:
    """Have somebody take the three steps by hand."""
    student, lesson = _student(username)
    for step, answer in enumerate(pupils.STEPS, start=1):
        lesson_services.submit(student, lesson, "by-hand", client_id=uuid.uuid4(), step=step, answer=answer)


def guess_three_rates(username: str) -> None:
    """Have somebody seal and look at the first three rates, and the question alone that follows; 0.4 is left."""
    student, lesson = _student(username)
    for item, choice in (("half-a", "settles"), ("half-b", "zigzags"), ("half-c", "bounces"), ("half-edge", "parted")):
        pupils.seal(student, lesson, "rates", item, choice)
        sealing.open_reveal(student, lesson, "rates", item)
        if item == "half-c":
            sealing.reconcile(student, lesson, "rates", item, saw="bounces", idea="pattern")


def sweep(username: str) -> None:
    """Have somebody guess where the bottom is, and run the polynomials."""
    student, lesson = _student(username)
    pupils.seal(student, lesson, "u-curve-guess", "lowest", 11)
    _run(student, lesson, "u-curve-run")


def starve(username: str) -> None:
    """Have somebody seal the three guesses about bias, and run the starved model."""
    student, lesson = _student(username)
    runs.guess(student, lesson, *runs.BEFORE_THE_RUN)
    _run(student, lesson, "bias-run")


def look_at_the_harm(username: str) -> None:
    """Have somebody look at all that a starved model shows, from the headline to who takes the 8s."""
    runs.look_at_the_harm(*_student(username))


def almost_there(username: str) -> None:
    """Have somebody do all that a badge asks for, but for what an instructor has to read."""
    student, lesson = _student(username)
    step_through(username)
    pupils.write(student, lesson)
    pupils.measure(student, lesson)


def approve(username: str) -> None:
    """Have the demo class's instructor approve what somebody wrote."""
    sent = Submission.objects.get(membership__user__username=username, activity="u-curve-explain")
    leader = Membership.objects.get(user__username="instructor", cohort=sent.membership.cohort)
    reviews.decide(leader, sent.pk, decision="approved", met=[True] * 3, comment="")


def predictions(username: str) -> str:
    sealed = Prediction.objects.filter(membership__user__username=username).order_by("id")
    return " ".join(f"{each.item}.{each.round}:{each.choice}:{each.counts}" for each in sealed)


def runs_of(username: str) -> str:
    asked = RunRequest.objects.filter(membership__user__username=username).select_related("run").order_by("id")
    return " ".join(f"{each.context}:{each.run.seed}:{each.run.state}" for each in asked)


def submissions(username: str) -> str:
    sent = Submission.objects.filter(membership__user__username=username).order_by("id")
    return " ".join(f"{each.step}:{each.answer.get('w')}" for each in sent)


def class_with_rule(slug: str, rule: str, student: str) -> None:
    """Open a class with this gradient rule, with one student."""
    cohort = services.open_cohort(slug=slug, name=slug.title(), gradient_rule=rule)
    _person(student, student, cohort)
