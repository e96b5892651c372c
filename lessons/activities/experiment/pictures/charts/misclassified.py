"""Misclassified images of the starved digit, each with what it was read as."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.experiment.pictures.charts.images import Image, images_of
from lessons.activities.measures import Result


@dataclass(frozen=True)
class MisclassifiedImages:
    """Misclassified images of the starved digit, beside those of the baseline, from which nothing is taken away."""

    title: str
    images: tuple[Image, ...]
    summary: str
    baseline_title: str
    baseline: tuple[Image, ...]


def misclassified_images(shown: Result, baseline: Result, digit: int) -> MisclassifiedImages:
    """Collect every image of the starved digit that was read as something else."""
    misread = tuple(image for image in images_of(shown) if image.truth == digit)
    before = tuple(image for image in images_of(baseline) if image.truth == digit)
    n_all = sum(shown["confusion"][digit])
    title = ngettext(
        "The %(n)d real %(digit)d that this model read as something else",
        "The %(n)d real %(digit)ds that this model read as something else",
        len(misread),
    ) % {"n": len(misread), "digit": digit}
    if not misread:
        title = _("This model read every real %(digit)d of the test rightly") % {"digit": digit}
    return MisclassifiedImages(
        title=title,
        images=misread,
        summary=ngettext(
            "%(n)d of %(all)d real %(digit)ds was read as something else; with all its %(digit)ds the same model "
            "misread %(before)d of %(all)d.",
            "%(n)d of %(all)d real %(digit)ds were read as something else; with all its %(digit)ds the same model "
            "misread %(before)d of %(all)d.",
            len(misread),
        )
        % {"n": len(misread), "all": n_all, "digit": digit, "before": len(before)},
        baseline_title=_("Misread by the same model with all its %(digit)ds") % {"digit": digit},
        baseline=before,
    )
