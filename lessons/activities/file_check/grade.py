"""Taking a file's figures: it is counted and fingerprinted in the browser, and never uploaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field

from classroom.refusals import Refusal
from lessons.activities.base import Sent, Verdict
from lessons.activities.file_check.schema import FileCheck
from lessons.standings import Memory

MOST = 10**15  # bytes, words or lines; what a browser can count exactly

ENCODINGS = ("utf-8", "utf-16le", "utf-16be", "windows-1252")


class FileMemory(Memory):
    """The figures of the file that counts, whether it was picked twice, and whether there is none yet."""

    file: dict[str, Any] = Field(default_factory=dict)
    is_confirmed: bool = False
    none: bool = False


def grade(sent: Sent) -> Verdict:
    """Keep a file's figures, or that there is no file yet. Done is whoever has one with enough words."""
    activity: FileCheck = sent.activity
    raw, standing = sent.answer, sent.standing
    if isinstance(raw, Mapping) and str(raw.get("none", "")).lower() in ("1", "true"):
        return Verdict(answer={"none": True}, accepted=True, is_done=False, memory=FileMemory(none=True))
    file = read(activity, raw)
    before = standing.memory.file
    is_same = before.get("fingerprint") == file["fingerprint"]
    is_enough = file["words"] >= activity.corpus.min_words
    if not is_enough and before and before["words"] >= activity.corpus.min_words:
        says = _("This file has %(n)d words of %(wanted)d. We keep the longer one from before.")
        said = says % {"n": file["words"], "wanted": activity.corpus.min_words}
        raise Refusal(said, errors={"words": [said]})
    memory = FileMemory(file=file, is_confirmed=is_same)
    return Verdict(answer=dict(file), accepted=is_enough, is_done=is_enough, memory=memory)


def read(activity: FileCheck, raw: Any) -> dict[str, Any]:
    """Read a file's figures: ``{"bytes", "words", "lines", "encoding", "fingerprint", "type"}``.

    Raises
    ------
    Refusal
        With a sentence for what is missing or cannot be.
    """
    if not isinstance(raw, Mapping):
        raise Refusal(
            _("A file check is an object with the figures of a file."), errors={"answer": [_("not an object")]}
        )
    errors: dict[str, list[str]] = {}
    file: dict[str, Any] = {}
    for name in ("bytes", "words", "lines"):
        sent = str(raw.get(name, ""))
        if not re.fullmatch(r"[0-9]{1,16}", sent) or int(sent) > MOST:
            errors[name] = [_("Pick your file first. Your own device counts it.")]
        else:
            file[name] = int(sent)
    file["fingerprint"] = str(raw.get("fingerprint", "")).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", file["fingerprint"]):
        errors["fingerprint"] = [_("A fingerprint is 64 characters that your browser works out from the file.")]
    file["encoding"] = str(raw.get("encoding", ""))
    if file["encoding"] not in ENCODINGS:
        errors["encoding"] = [_("This is not plain text. Save it as a text file (UTF-8) first.")]
    file["type"] = str(raw.get("type", "")).lower()
    if file["type"] not in activity.corpus.types:
        said = _("Pick a file that ends in %(types)s.")
        errors["type"] = [said % {"types": ", ".join(f".{each}" for each in activity.corpus.types)}]
    if not errors and (file["words"] > file["bytes"] or file["lines"] > file["bytes"] + 1):
        errors["words"] = [_("No file has more words than bytes.")]
    if errors:
        raise Refusal(next(iter(errors.values()))[0], errors=errors)
    return file
