"""Misclassified images of the starved digit: as they are, or each stamped with what it was read as."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.experiment.pictures.charts.images import Image, images_of
from lessons.activities.measures import Result

# Shares of the time that the drawing takes: the images come one by one, then a silence, then the stamps.
IMAGES_TAKE, STAMPS_BEGIN = 0.6, 0.85


@dataclass(frozen=True)
class Beat:
    """One image, when it appears and when its stamp does, as shares of the time that all of it takes."""

    image: Image
    begins: float
    stamp_begins: float = STAMPS_BEGIN


@dataclass(frozen=True)
class MisclassifiedImages:
    """Misclassified images of the starved digit. `title` goes on after their number, `n`.

    Only those that are stamped have beside them those of the baseline, from which nothing is taken away.
    """

    n: int
    title: str
    is_stamped: bool
    images: tuple[Beat, ...]
    summary: str
    baseline_title: str
    baseline: tuple[Image, ...]


def misclassified_images(shown: Result, baseline: Result, digit: int, *, is_stamped: bool) -> MisclassifiedImages:
    """Collect every image of the starved digit that was read as something else, in the same order either way."""
    misread = images_of(shown, digit, is_stamped=is_stamped)
    before = images_of(baseline, digit, is_stamped=is_stamped)
    n_all, n = sum(shown["confusion"][digit]), len(misread)
    if not n:
        title = _("real %(digit)ds were read as something else by this model")
    elif is_stamped:
        title = ngettext(
            "real %(digit)d, and what this model called it", "real %(digit)ds, and what this model called them", n
        )
    else:
        title = ngettext(
            "real %(digit)d that this model did not recognise", "real %(digit)ds that this model did not recognise", n
        )
    return MisclassifiedImages(
        n=n,
        title=title % {"digit": digit},
        is_stamped=is_stamped,
        images=tuple(
            Beat(image, round((i + 1) / (n + 1) * (IMAGES_TAKE if is_stamped else 1), 3))
            for i, image in enumerate(misread)
        ),
        summary=ngettext(
            "This model misread %(n)d of %(all)d real %(digit)ds. With all its %(digit)ds it misread %(before)d.",
            "This model misread %(n)d of %(all)d real %(digit)ds. With all its %(digit)ds it misread %(before)d.",
            n,
        )
        % {"n": n, "all": n_all, "digit": digit, "before": len(before)},
        baseline_title=_("Misread by the same model with all its %(digit)ds") % {"digit": digit},
        baseline=before if is_stamped else (),
    )
