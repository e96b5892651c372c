"""Bars of recall and accuracy before a fix and after, with their spread over the repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lessons.activities.experiment.pictures.charts.recall import of_100
from lessons.activities.measures import Result
from lessons.drawing.bars import BarChart, BarRow


@dataclass(frozen=True)
class BeforeAfter:
    """Recall of the starved digit and accuracy, before a fix and after: two bars each."""

    summary: str
    here: str
    spread: str
    recall: BarChart
    accuracy: BarChart


def before_after_chart(before: Result, after: Result, digit: int) -> BeforeAfter:
    """Put what a fix changed side by side, means over the repeats with their spread."""
    recalls = [each["recall"][str(digit)] for each in (before, after)]
    accuracies = [each["accuracy"] for each in (before, after)]
    n_repeats = len(accuracies[0]["values"])
    return BeforeAfter(
        summary=f"{_recall_says(recalls, digit)} {_accuracy_says(accuracies)}",
        here=_here_says([each["shown"]["recall"][str(digit)] for each in (before, after)]) if n_repeats > 1 else "",
        spread=ngettext(
            "Measured once.", "Means over %(n)d models; ± is their spread, one standard deviation.", n_repeats
        )
        % {"n": n_repeats},
        recall=_two_bars(_("recall for %(digit)d, of 100") % {"digit": digit}, recalls, 0, "", is_harmed=True),
        accuracy=_two_bars(_("accuracy over all digits"), accuracies, 1, "\u00a0%", is_harmed=False),
    )


def change(before: Result, after: Result, digit: int) -> int:
    """Whole 8s of a hundred that a fix gained over all repeats, by the numbers that stand at the bars."""
    was, now = (int(of_100(each["recall"][str(digit)]["mean"])) for each in (before, after))
    return now - was


def _recall_says(recalls: Sequence[Result], digit: int) -> str:
    before, after = (of_100(each["mean"]) for each in recalls)
    same = [a == b for a, b in zip(recalls[0]["values"], recalls[1]["values"], strict=True)]
    told = {"digit": digit, "before": before, "after": after, "same": sum(same), "n": len(same)}
    if len(same) == 1:
        return _("Recall for %(digit)d: %(before)s of 100 before, %(after)s after.") % told
    if all(same):
        return (
            _("Nothing changed over %(n)d models: recall for %(digit)d is %(before)s of 100 before and after.") % told
        )
    if sum(same) > len(same) / 2:
        says = _(
            "Over %(n)d models recall for %(digit)d is %(before)s of 100 before, %(after)s after. "
            "In %(same)d of them nothing changed."
        )
        return says % told
    return _("Over %(n)d models recall for %(digit)d is %(before)s of 100 before, %(after)s after.") % told


def _here_says(recalls: Sequence[float]) -> str:
    """The same for the one model whose bars and images are shown elsewhere."""
    before, after = map(of_100, recalls)
    return _("In the first one, the model you saw: %(before)s before, %(after)s after.") % {
        "before": before,
        "after": after,
    }


def _accuracy_says(accuracies: Sequence[Result]) -> str:
    before, after = (_percent(each["mean"]) for each in accuracies)
    return _("Accuracy: %(before)s\u00a0%% before, %(after)s\u00a0%% after.") % {"before": before, "after": after}


def _two_bars(name: str, figures: Sequence[Result], places: int, unit: str, *, is_harmed: bool) -> BarChart:
    rows = tuple(
        BarRow(
            when,
            f"{100 * each['mean']:.{places}f}{unit} ± {100 * each['sd']:.{places}f}",
            round(100 * each["mean"], 1),
            is_harmed=is_harmed,
        )
        for when, each in zip((_("before"), _("after")), figures, strict=True)
    )
    return BarChart(name, "; ".join(f"{row.text}: {row.label}" for row in rows), rows)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
