"""Validate lessons and say what is wrong with them, with file, activity, field and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lessons import catalogue
from lessons.authoring.lint import core_minutes
from lessons.authoring.loader import LessonError, load


class Command(BaseCommand):
    help = "Validate one lesson folder, or all lessons."
    requires_system_checks: list[str] = []  # an author's lesson can be checked before the site is set up

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="a lesson's folder; without it, all lessons")

    def handle(self, *args: Any, path: Path | None = None, **options: Any) -> None:
        folders = [path] if path else catalogue.folders()
        problems = [problem for folder in folders for problem in self._check(folder, notes_on=path)]
        if not problems and not path:
            problems = self._check_together()
        if problems:
            raise CommandError("\n".join(problems))

    def _check(self, folder: Path, notes_on: Path | None) -> list[str]:
        try:
            loaded = load(folder)
        except LessonError as error:
            return [str(problem) for problem in error.problems]
        lesson = loaded.lesson
        n_parts = len(lesson.parts)
        parts = f"{n_parts} part{'' if n_parts == 1 else 's'}"
        found = catalogue.lint(loaded)
        if not found.faults:
            self.stdout.write(f"{lesson.slug}: {parts}, {core_minutes(lesson)} core minutes, ok")
        for warning in found.warnings:
            self.stdout.write(self.style.WARNING(f"  warning: {warning}"))
        for note in found.notes if folder == notes_on else ():
            self.stdout.write(f"  note: {note}")
        return [f"{folder / 'lesson.yaml'}: {fault}" for fault in found.faults]

    def _check_together(self) -> list[str]:
        try:
            catalogue.load_all()
        except LessonError as error:
            return [str(problem) for problem in error.problems]
        return []
