"""What journeys have done to a running Downhill's own data, and ask of it; imported by `Running.ask`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from datetime import timedelta
from functools import cache

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client
from django.utils import timezone

from classroom import services
from classroom.models import Cohort, Membership, Role, User
from experiments.models import Run, RunRequest, RunState
from lessons import catalogue, pacing, reviews, voting
from lessons import services as lesson_services
from lessons.activities.predict import sealing
from lessons.authoring.loader import LoadedLesson
from lessons.models import PartOpening, Prediction, RevealOpening, Submission
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
    return _class(slug, "led", leader, students)


def small_class(slug: str, leader: str, *students: str) -> str:
    """Open a class in which everyone works at their own pace, with few people: the demo's grows with each journey."""
    return _class(slug, "self", leader, students)


def _class(slug: str, pace: str, leader: str, students: Iterable[str]) -> str:
    cohort = services.open_cohort(slug=slug, name=slug.title(), pace=pace)
    _person(leader, leader, cohort, Role.INSTRUCTOR)
    for student in students:
        _person(student, student, cohort)
    return str(cohort.join_code)


def end_class(leader: str) -> None:
    """End the class that somebody leads."""
    pacing.end_class(_student(leader)[0])


def remove(leader: str, student: str) -> None:
    """Take a student out of the class, and keep them out."""
    services.remove(_student(leader)[0], _student(student)[0], keep_out=True)


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


def evening(slug: str, leader: str, size: str = "36") -> None:
    """Have a class vote, run and look as on an evening; who takes the 8s is voted on and sealed, 0.4 not asked."""
    led_class(slug, leader)
    cohort = Cohort.objects.get(slug=slug)
    lead, lesson = Membership.objects.get(cohort=cohort, role=Role.INSTRUCTOR), _lesson()
    n_students = int(size)
    students = [_person(f"{slug}-{i}", f"pupil {i}", cohort) for i in range(n_students)]

    def vote(activity: str, item: str, *said: object, round_: int = 1, second: str = "") -> None:
        voting.open_vote(lead, lesson, activity, item)
        for student, choice in zip(students, said, strict=False):
            student.refresh_from_db()
            pupils.seal(student, lesson, activity, item, choice, round_=round_, second=second)
        voting.close_vote(lead, lesson, activity, item)

    rates = ("settles", "zigzags", "bounces", "explodes", "crawls", "one-jump")
    mixed = [rates[i * i % 6] for i in range(n_students)]
    vote("rates", "half-a", *mixed)
    vote("rates", "half-b", *mixed[:4])
    vote("rates", "half-c", *mixed)
    vote("rates", "half-c", *["bounces" if i % 3 else said for i, said in enumerate(mixed)], round_=2)
    vote("u-curve-guess", "lowest", *[1 + (4 + i * i) % 15 for i in range(n_students)])
    vote("bias-guess", "headline", *[(55 + 7 * i) % 101 for i in range(n_students)])
    vote("bias-guess", "recall", *[(11 * i) % 101 for i in range(n_students)])
    vote("bias-guess", "absorber", *[("one", "three", "five", "nine", "spread")[i % 5] for i in range(n_students)])
    for student in students[:8]:
        for activity in SEEDS:
            runs.ask(student, lesson, activity, seed=SEEDS[activity])
    _wait_for(students[0].run_requests.values_list("run", flat=True))
    for case in ("text-detectors", "reoffending-scores", "childcare-benefits"):
        item = lesson.find_activity("cases")[1].votable(case)
        groups = item.second.choices
        vote("cases", case, *[item.choices[i % 4].key for i in range(20)], second=groups[0].key)
        voting.reveal(lead, lesson, "cases", case)
    for item in ("half-a", "half-b", "half-c"):
        voting.reveal(lead, lesson, "rates", item)
    voting.reveal(lead, lesson, "u-curve-guess", "lowest")
    for item in ("headline", "recall"):
        voting.reveal(lead, lesson, "bias-guess", item)
    RevealOpening.objects.filter(stage__cohort=cohort).update(opens_at=timezone.now())


def open_at_once(slug: str, activity: str, item: str) -> None:
    """Reveal a question of a class without the three seconds."""
    lead = Membership.objects.get(cohort__slug=slug, role=Role.INSTRUCTOR)
    voting.reveal(lead, _lesson(), activity, item)
    RevealOpening.objects.filter(stage__cohort=lead.cohort).update(opens_at=timezone.now())


def show_first_page(slug: str) -> None:
    """Put the way in on the wall of a class."""
    voting.show(Membership.objects.get(cohort__slug=slug, role=Role.INSTRUCTOR), _lesson(), "", "")


def fall_behind(slug: str, leader: str) -> None:
    """Open everything up to the rates, as if that had been two hours ago."""
    pacing.open_part(_student(leader)[0], _lesson(), "rates")
    openings = PartOpening.objects.filter(stage__cohort__slug=slug)
    openings.update(opened_at=timezone.now() - timedelta(hours=2))


def touch(slug: str) -> None:
    """Make the pages of a class ask for everything again."""
    services.touch(Cohort.objects.get(slug=slug))


def session(username: str) -> str:
    """Log somebody in; give what their browser would keep of it."""
    browser = Client()
    browser.force_login(User.objects.get(username=username))
    return str(browser.cookies["sessionid"].value)


def _lesson() -> LoadedLesson:
    lesson = catalogue.get("data-rules-everything")
    assert lesson is not None
    return lesson


def _student(username: str) -> tuple[Membership, LoadedLesson]:
    return Membership.objects.select_related("cohort", "user").get(user__username=username), _lesson()


def _run(student: Membership, lesson: LoadedLesson, activity: str) -> None:
    """Ask for the run of an experiment, and wait until the worker has carried it out."""
    _wait_for([run.pk for run in runs.ask(student, lesson, activity, seed=SEEDS[activity])])


def _wait_for(asked: Iterable[uuid.UUID]) -> None:
    for run in asked:
        deadline = time.monotonic() + 60
        while Run.objects.get(pk=run).state != RunState.DONE:
            assert time.monotonic() < deadline, f"{run}: not done"
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
