"""What a member's own run tells about the questions that were waiting for it, and the picture that it draws."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

import experiments.selectors
from classroom.models import Membership
from experiments.models import Run, RunState
from lessons.activities.experiment.pictures import curves, digits
from lessons.activities.experiment.schema import Experiment, Trial, experiment_of
from lessons.activities.measures import DIGITS, SPREAD, Measured, Picture, Truth
from lessons.activities.predict.schema import Item
from lessons.authoring.lesson import Lesson
from lessons.run_context import RunContext

Result = Mapping[str, Any]
Pair = tuple[Run, Run | None]  # a run, and the one that it is compared with

LEAST_SHARE = Fraction(1, 3)  # of the misread images, for one digit to be the one that takes them
# Points of recall that count as a change, and as much of one.
LITTLE, MUCH = 3, 15


@dataclass(frozen=True)
class RunPicture(Picture):
    """What a reveal draws from a run."""

    figure: str = ""
    baseline: str = ""
    u_curve: curves.UCurveChart | None = None
    recall: digits.RecallChart | None = None
    confusion: digits.Confusion | None = None
    wall: digits.Wall | None = None
    before_after: digits.BeforeAfter | None = None
    tipping: digits.Tipping | None = None
    blame: digits.Blame | None = None


def contexts_of(lesson: str, activity: str, trial: str) -> list[str]:
    """What the runs of a trial, and those they are compared with, were asked for."""
    own = RunContext(lesson, activity, trial)
    return [str(own), str(own.beside)]


def told(membership: Membership, lesson: Lesson, questions: Iterable[Item]) -> dict[str, Measured]:
    """What the member's first finished run of each trial tells, by question. One query, or none.

    A question whose run is not done yet is not among them.
    """
    wanted = {item.key: (item, *_run_of(lesson, item)) for item in questions}
    done = done_runs(membership, lesson, {(each.key, trial.key) for __, each, trial in wanted.values()})
    found = {}
    for key, (item, experiment, trial) in wanted.items():
        pairs = done.get((experiment.key, trial.key), ())
        if pair := next((pair for pair in pairs if pair[1] or not trial.beside), None):
            found[key] = Measured(_truth(item, *pair), *pair, picture=functools.partial(picture, item, *pair))
    return found


def done_runs(
    membership: Membership, lesson: Lesson, trials: Collection[tuple[str, str]], *, with_results: bool = True
) -> dict[tuple[str, str], list[Pair]]:
    """A member's finished runs of these (experiment, trial), the first asked for first, each with its companion."""
    if not trials:
        return {}
    contexts = [context for trial in trials for context in contexts_of(lesson.slug, *trial)]
    asked = experiments.selectors.requests_of(membership, contexts, with_results=with_results)
    done = [(RunContext.parse(each.context), each.run) for each in asked if each.run.state == RunState.DONE]
    found: dict[tuple[str, str], list[Pair]] = {}
    for context, run in done:
        if context is None or context.is_beside:
            continue
        key = context.activity, context.trial
        others = [other for of, other in done if of == context.beside]
        found.setdefault(key, []).append((run, companion_of(_trial(lesson, *key), run, others)))
    return found


def companion_of(trial: Trial, run: Run, others: Iterable[Run]) -> Run | None:
    """The run that this one is compared with: the same seed, and what the trial says besides."""
    params = {**run.params, **trial.beside}
    return next((other for other in others if other.seed == run.seed and other.params == params), None)


def _run_of(lesson: Lesson, item: Item) -> tuple[Experiment, Trial]:
    experiment = experiment_of(lesson, item.run)
    if experiment is None:
        raise ValueError(f"item {item.key} waits for {item.run}, which is no experiment")
    return experiment, _trial(lesson, experiment.key, item.trial or experiment.trials[0].key)


def _trial(lesson: Lesson, experiment: str, key: str) -> Trial:
    found = experiment_of(lesson, experiment)
    trial = found.trial(key) if found else None
    if trial is None:
        raise ValueError(f"{experiment} has no trial {key}")
    return trial


def _truth(item: Item, run: Run, beside: Run | None) -> Truth:
    result = _result(run)
    if item.measures == "best":
        return Truth(number=Fraction(result["best"]))
    if item.measures == "accuracy":
        return Truth(number=_percent(result["shown"]["accuracy"], 1))
    if item.measures == "recall":
        return Truth(number=_percent(recall_of(run), 0))
    if item.measures == "absorber":
        return Truth(_absorbers(result["absorbed"], {choice.key for choice in item.choices}))
    if item.measures == "change" and beside is not None:
        return Truth(frozenset({_change(mean_recall_of(run) - mean_recall_of(beside))}))
    return Truth()


def recall_of(run: Run) -> float:
    """The recall of the starved digit in the model shown."""
    return float(_result(run)["shown"]["recall"][str(run.params["digit"])])


def mean_recall_of(run: Run) -> float:
    """The same over all repeats."""
    return float(_result(run)["recall"][str(run.params["digit"])]["mean"])


def _result(run: Run) -> Result:
    return run.result or {}


def _percent(share: float, places: int) -> Fraction:
    return Fraction(f"{100 * share:.{places}f}")


def _absorbers(absorbed: Mapping[str, float], offered: Collection[str]) -> frozenset[str]:
    """The digit that takes most of the misread images, over all repeats; none, if it takes less than a third.

    Two that take equally many are both right.
    """
    shares = {digit: round(share or 0, 9) for digit, share in absorbed.items()}
    most = max(shares.values())
    if SPREAD in offered and most < round(float(LEAST_SHARE), 9):
        return frozenset({SPREAD})
    return frozenset(DIGITS[int(digit)] for digit, share in shares.items() if share == most)


def _change(points: float) -> str:
    gained = round(100 * points, 9)
    if gained <= -LITTLE:
        return "worse"
    if gained < LITTLE:
        return "nothing"
    return "little" if gained < MUCH else "much"


def evidence(run: Run, beside: Run | None) -> dict[str, Any]:
    """What a run measured, short enough to stand in a member's progress."""
    if run.kind != "starvation":
        return {"run": str(run.pk)}
    after = _figures(run)
    if beside is None:
        return {"digit": run.params["digit"], **after}
    return {"digit": run.params["digit"], "before": _figures(beside), "after": after}


def _figures(run: Run) -> dict[str, Any]:
    return {"run": str(run.pk), "accuracy": _result(run)["accuracy"]["mean"], "recall": mean_recall_of(run)}


def picture_of_run(run: Run, beside: Run | None) -> Picture:
    """Draw a run by itself, beside the one it is compared with."""
    result = _result(run)
    if run.kind == "u_curve":
        chart = curves.u_curve_chart(result, noise=run.params["noise"])
        return RunPicture("activities/experiment/pictures/best.html", run, u_curve=chart)
    if run.kind == "tipping_point":
        return RunPicture("activities/experiment/pictures/tipping_point.html", run, tipping=digits.tipping(result))
    if run.kind == "blame":
        return RunPicture("activities/experiment/pictures/blame.html", run, blame=digits.blame(result))
    digit, shown, baseline = run.params["digit"], result["shown"], result["baseline"]
    if beside is not None:
        both = digits.before_after(_result(beside), result, digit)
        return RunPicture("activities/experiment/pictures/change.html", run, before_after=both)
    return replace(
        _headline(run, "activities/experiment/pictures/starvation.html"),
        recall=digits.recall_chart(shown, baseline, digit=digit),
        confusion=digits.confusion(shown, digit),
        wall=digits.wall(shown, baseline, digit),
    )


def _headline(run: Run, template: str) -> RunPicture:
    figure, baseline = (f"{100 * _result(run)[which]['accuracy']:.1f} %" for which in ("shown", "baseline"))
    return RunPicture(template, run, figure=figure, baseline=baseline)


def picture(item: Item, run: Run, beside: Run | None, guess: Fraction | None) -> Picture:
    """Draw what a member's run tells about a question, beside what they had said."""
    result, digit = _result(run), run.params.get("digit", 0)
    said = float(guess) if guess is not None else None
    template = f"activities/experiment/pictures/{item.measures or 'poll'}.html"
    if item.measures == "best":
        chart = curves.u_curve_chart(result, noise=run.params["noise"], guess=said)
        return RunPicture(template, run, u_curve=chart)
    if item.measures == "change" and beside is not None:
        return RunPicture(template, run, before_after=digits.before_after(_result(beside), result, digit))
    shown, baseline = result["shown"], result["baseline"]
    drawn = _headline(run, template)
    if item.measures == "recall":
        return replace(drawn, recall=digits.recall_chart(shown, baseline, digit=digit, predicted=said))
    if item.measures == "absorber":
        return replace(drawn, confusion=digits.confusion(shown, digit), wall=digits.wall(shown, baseline, digit))
    return drawn


def newest_pictures(
    student: Membership, lesson: Lesson, experiment: Experiment, trials: Iterable[Trial]
) -> Iterator[Picture]:
    """The student's newest run of each of these trials, drawn."""
    done = done_runs(student, lesson, {(experiment.key, trial.key) for trial in trials})
    for runs in done.values():
        yield picture_of_run(*runs[-1])


def says_recall(found: Mapping[str, Any]) -> str:
    """What was measured before a mend and after, in a few words."""
    if "before" not in found:
        return ""
    return _("recall for %(digit)s: %(before)d of 100 before, %(after)d after") % {
        "digit": found["digit"],
        "before": round(100 * found["before"]["recall"]),
        "after": round(100 * found["after"]["recall"]),
    }
