"""`manage.py doctor`: what is wrong with this installation, and what to do."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from downhill import __version__, doctor


class Command(BaseCommand):
    help = "Say what is wrong with this installation, and what to do. Ends with 1 if something is broken."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        found = doctor.examine()
        findings = [finding for each in found.values() for finding in each]
        if options["json"]:
            by_check = {name: [asdict(finding) for finding in each] for name, each in found.items()}
            self.stdout.write(json.dumps({"version": __version__, "checks": by_check}, indent=1, ensure_ascii=False))
        else:
            for finding in findings:
                mark = _("Broken") if finding.level == "broken" else _("Warning")
                self.stdout.write(f"{mark}: {finding.says}\n  {finding.remedy}")
            self.stdout.write(self._sum(len(found), len(findings)))
        if any(finding.level == "broken" for finding in findings):
            sys.exit(1)

    def _sum(self, looked: int, n: int) -> str:
        if not n:
            return _("Downhill %(version)s: looked at %(n)d things, and all is well.") % {
                "version": __version__,
                "n": looked,
            }
        return _("Downhill %(version)s: looked at %(n)d things.") % {"version": __version__, "n": looked}
