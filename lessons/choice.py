"""Choice of lessons for a class, as the forms of an admin and of an instructor offer it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lessons import catalogue

MOST_TOLD = 3  # of the faults of one lesson; check_content tells all


def lessons(chosen: Iterable[str]) -> list[tuple[str, str]]:
    """Lessons to choose from, by slug. One that was chosen stays, even if its files cannot be used at the moment."""
    known = {slug: loaded.lesson.title for slug, loaded in catalogue.all_lessons().items()}
    away = _("%(slug)s (cannot be opened right now)")
    return list({**known, **{slug: away % {"slug": slug} for slug in chosen if slug not in known}}.items())


def what_is_wrong() -> SafeString:
    """What is wrong with the files of lessons, for whoever can repair them or tell their author.

    Escaped here: the admin site takes the help of a field for HTML, and this quotes what authors write.
    """
    return format_html_join("\n", "{}", ((_said(each),) for each in catalogue.broken()))


def _said(broken: catalogue.Broken) -> str:
    # A file is named from its folder on: where that lies on the server is nobody's matter here.
    files = [replace(each, file=each.file.relative_to(broken.folder.parent)) for each in broken.problems[:MOST_TOLD]]
    if broken.is_kept:
        says = _("“%(slug)s” is in use as it was before its last change, which has a fault: %(problems)s.")
    else:
        says = _("“%(slug)s” cannot be used: %(problems)s.")
    return says % {"slug": broken.slug, "problems": "; ".join(map(str, files)).rstrip(".?")}
