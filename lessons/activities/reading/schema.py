"""Reading: what it may contain."""

from __future__ import annotations

from typing import Literal

from lessons.authoring.base import AnyActivity, MarkdownFile


class Reading(AnyActivity):
    """Something to read. Opening it is enough."""

    type: Literal["reading"]
    text: MarkdownFile
