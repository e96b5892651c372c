"""`manage.py rehearse`: a synthetic class plays the lesson, so that its instructor can practise."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from classroom.models import Cohort, Membership, Rehearsal, Role
from classroom.refusals import Refusal
from classroom.selectors import by_students
from lessons.models import PartProgress
from rehearsal import services

SAYS_EVERY = 10  # seconds


class Command(BaseCommand):
    help = "Let a synthetic class play the lesson. The worker of `manage.py up` does the runs of its experiments."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cohort", default="demo", help="the class whose lesson, rule and instructor it takes")
        parser.add_argument("--students", type=int, default=40)
        parser.add_argument("--speed", type=int, default=5, help="seconds of class in one second")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same class")
        parser.add_argument("--led", action="store_true", help="wait for the instructor to lead")
        parser.add_argument("--minutes", type=float, default=0, help="stop playing after this many minutes")
        parser.add_argument("--delete", metavar="SLUG", help="delete this rehearsal, or all of them with “all”")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["delete"]:
            self._delete(options["delete"])
            return
        rehearsal = self._begin(options)
        self.stdout.write(f"{rehearsal.cohort.name}: /c/{rehearsal.cohort.slug}/class/ (log in as its instructor)")
        try:
            self._play(rehearsal, options["minutes"])
        except KeyboardInterrupt:
            services.end(rehearsal)
        self.stdout.write(f"Ended. Delete it with: manage.py rehearse --delete {rehearsal.cohort.slug}")

    def _begin(self, options: dict[str, Any]) -> Rehearsal:
        cohort = Cohort.objects.filter(slug=options["cohort"]).first()
        if cohort is None:
            raise CommandError(f"There is no class “{options['cohort']}”.")
        instructor = Membership.objects.filter(cohort=cohort, role=Role.INSTRUCTOR).select_related("user").first()
        if instructor is None:
            raise CommandError(f"“{cohort.name}” has no instructor who could rehearse.")
        instructor.cohort = cohort
        try:
            return services.begin(
                instructor,
                n_students=options["students"],
                speed=options["speed"],
                seed=options["seed"],
                is_led=options["led"],
            )
        except Refusal as refusal:
            raise CommandError(str(refusal.detail)) from refusal

    def _play(self, rehearsal: Rehearsal, minutes: float) -> None:
        """Play until it is over; a worker that plays the same rehearsal takes turns with this."""
        began = said = time.monotonic()
        while Rehearsal.objects.filter(pk=rehearsal.pk, ended_at=None).exists():
            services.play_due(rehearsal.pk)
            if time.monotonic() - said > SAYS_EVERY:
                said = time.monotonic()
                self.stdout.write(self._line(rehearsal, said - began))
            if minutes and time.monotonic() - began > 60 * minutes:
                services.end(rehearsal)
            time.sleep(0.2)

    def _line(self, rehearsal: Rehearsal, seconds: float) -> str:
        rows = PartProgress.objects.filter(by_students(rehearsal.cohort))
        counts = rows.values_list("part", "state").annotate(n=Count("pk")).order_by("part")
        parts = ", ".join(f"{part} {state} {n}" for part, state, n in counts)
        return f"{seconds * rehearsal.speed / 60:.0f} min of the class: {parts or 'nobody has started'}"

    def _delete(self, slug: str) -> None:
        found = Rehearsal.objects.all() if slug == "all" else Rehearsal.objects.filter(cohort__slug=slug)
        if slug != "all" and not found.exists():
            raise CommandError(f"There is no rehearsal “{slug}”.")
        for rehearsal in found:
            name = str(rehearsal)
            services.delete(rehearsal)
            self.stdout.write(f"Deleted {name}.")
