"""Choice of lessons for a class, as the forms of an admin and of an instructor offer it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from lessons import catalogue


def lessons(chosen: Iterable[str]) -> list[tuple[str, str]]:
    """Lessons to choose from, by slug. One that was chosen stays, even if its files cannot be used at the moment."""
    known = {slug: loaded.lesson.title for slug, loaded in catalogue.all_lessons().items()}
    away = _("%(slug)s (cannot be opened right now)")
    return list({**known, **{slug: away % {"slug": slug} for slug in chosen if slug not in known}}.items())


def what_is_wrong() -> str:
    """What is wrong with the files of lessons, for whoever can repair them or tell their author."""
    return " ".join(_said(each) for each in catalogue.broken())


def _said(broken: catalogue.Broken) -> str:
    problems = "; ".join(map(str, broken.problems))
    if broken.is_kept:
        says = _("“%(slug)s” is in use as it was before its last change, which has a fault: %(problems)s.")
    else:
        says = _("“%(slug)s” cannot be used: %(problems)s.")
    return says % {"slug": broken.slug, "problems": problems.rstrip(".?")}
