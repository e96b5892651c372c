"""Validate lessons and say what is wrong with them, with file, line, part, activity and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lessons import catalogue
from lessons.authoring.lint import core_minutes
from lessons.authoring.loader import load
from lessons.authoring.source import LessonError


class Command(BaseCommand):
    help = "Validate one lesson folder, all in a folder, or all lessons."
    requires_system_checks: list[str] = []  # an author's lesson can be checked before the site is set up

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="a lesson's folder, or one of lessons; without it, all")

    def handle(self, *args: Any, path: Path | None = None, **options: Any) -> None:
        folders = (catalogue.folders(path) or [path]) if path else catalogue.folders()
        problems = [problem for folder in folders for problem in self._check(folder, notes_on=path)]
        if not problems and not path:
            problems = [str(problem) for each in catalogue.broken() for problem in each.problems]
        if problems:
            raise CommandError("\n".join(problems))

    def _check(self, folder: Path, notes_on: Path | None) -> list[str]:
        """Check one lesson. What has to be mended comes first, and nothing is noted before it is."""
        try:
            loaded = load(folder)
        except LessonError as error:
            return [str(problem) for problem in error.problems]
        lesson = loaded.lesson
        n_parts = len(lesson.parts)
        parts = f"{n_parts} part{'' if n_parts == 1 else 's'}"
        found = catalogue.lint(loaded)
        warnings = [f"  warning: {warning}" for warning in found.warnings]
        if found.faults:
            return [*(f"{folder / fault}" for fault in found.faults), *warnings]
        self.stdout.write(f"{lesson.slug}: {parts}, {core_minutes(lesson)} core minutes, ok")
        for warning in warnings:
            self.stdout.write(self.style.WARNING(warning))
        for note in found.notes if folder == notes_on else ():
            self.stdout.write(f"  note: {note}")
        return []
