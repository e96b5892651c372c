"""A file counted on its owner's device, as a type of activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from lessons.activities.base import ActivityType, ActivityView, AsSent, Media, Sent, Verdict
from lessons.activities.file_check import grade, page
from lessons.activities.file_check.page import CorpusSheet
from lessons.activities.file_check.schema import FileCheck
from lessons.standings import Standing


class FileCheckType(ActivityType[FileCheck]):
    schema = FileCheck
    standing = Standing[grade.FileMemory]
    template = "activities/file_check/page.html"
    media = Media(css=("activities/file_check/corpus.css",), js=("activities/file_check/corpus.js",))

    def page(self, view: ActivityView) -> CorpusSheet:
        return page.page(view)

    def grade(self, sent: Sent) -> Verdict:
        return grade.grade(sent)

    def note(self, activity: FileCheck, standing: Standing[Any], slip: str) -> Sequence[str]:
        return (_("file to pick"),)

    def remark(self, standing: Standing[Any]) -> str:
        return _("no file yet") if standing.memory.none else ""

    def as_sent(self, activity: FileCheck, answer: Mapping[str, Any], reply: Mapping[str, Any]) -> AsSent:
        says = _("No file yet.") if answer.get("none") else _("A file of %(n)d words.") % {"n": answer["words"]}
        return AsSent(text=says)
