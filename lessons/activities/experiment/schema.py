"""Experiment: which runs it offers, and what of each can be set."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

import experiments.registry
from classroom.refusals import Refusal
from lessons.activities.predict.schema import guesses_before
from lessons.authoring.base import (
    AnyActivity,
    Asks,
    Line,
    Loc,
    MarkdownFile,
    Misplaced,
    Paragraph,
    Sealed,
    Slug,
    Strict,
    shaped,
)
from lessons.authoring.lesson import Lesson
from lessons.authoring.near import did_you_mean, listed

Setting = int | float | str


def _known(kind: str) -> str:
    known = experiments.registry.names()
    if kind not in known:
        raise ValueError(f"there is no kind of run “{kind}”{did_you_mean(kind, known) or f'; write {listed(known)}'}")
    return kind


class Knob(Strict):
    """One setting of a run that whoever starts it chooses: the parameter's name, and what is offered for it."""

    name: Annotated[str, shaped("[a-z_]{1,30}", "is not the name of a parameter")]
    label: Line
    options: Annotated[tuple[Setting, ...], Field(min_length=2, max_length=12)]
    start: Setting
    # How an option reads; the option itself, where nothing is said.
    names: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(max_length=12)] = ()

    @model_validator(mode="after")
    def offers_what_it_starts_with(self) -> Self:
        if self.start not in self.options:
            raise Misplaced(f"{self.start} is not among the options", "start")
        if self.names and len(self.names) != len(self.options):
            raise ValueError(f"{self.name} has {len(self.options)} options and {len(self.names)} names")
        return self

    def read(self, sent: Any) -> Any:
        """Give the option that was meant; what is none of them is given as it was sent."""
        if sent is None:
            return self.start
        return next((option for option in self.options if str(option) == str(sent)), sent)

    def named(self) -> tuple[tuple[Setting, str], ...]:
        return tuple(zip(self.options, self.names or map(str, self.options), strict=True))


class Trial(Strict):
    """One way to run an experiment: a kind of run with its parameters, some of which are `knobs`.

    With `beside` each run is compared with one of the same seed in which these parameters are different: the model
    before it was mended.
    """

    key: Slug
    title: Line
    text: Paragraph | None = None
    kind: Annotated[str, AfterValidator(_known)]
    params: dict[str, Setting | tuple[Setting, ...]] = Field(default_factory=dict)
    knobs: Annotated[tuple[Knob, ...], Field(max_length=4)] = ()
    beside: dict[str, Setting] = Field(default_factory=dict)

    def spelled_out(self, settings: dict[str, Any]) -> dict[str, Any]:
        """The parameters of a run with these settings of the knobs; where nothing is set, as a knob starts."""
        own = {name: list(value) if isinstance(value, tuple) else value for name, value in self.params.items()}
        return {**own, **{knob.name: knob.read(settings.get(knob.name)) for knob in self.knobs}}

    def faults(self) -> Iterator[tuple[Loc, str]]:
        """What no run of it could start with, and where: its parameters, what it is compared with, and every option."""
        told: set[str] = set()
        for says, name, at in self._refused({}, self.beside):
            told.add(name)
            yield at, says
        for number, knob in enumerate(self.knobs):
            for place, option in enumerate(knob.options):
                for says, name, __ in self._refused({knob.name: option}, {}):
                    if name not in told:
                        yield ("knobs", number, "options", place), f"with {option}, {says}"

    def _refused(self, settings: dict[str, Any], beside: dict[str, Setting]) -> Iterator[tuple[str, str, Loc]]:
        """What is said against a run: the sentence, the parameter, and where that is written."""
        own = self.spelled_out(settings)
        known = experiments.registry.find(self.kind).load_params().model_fields
        places: dict[str, Loc] = {name: ("params", name) for name in self.params}
        places |= {knob.name: ("knobs", number, "name") for number, knob in enumerate(self.knobs)}
        for params, found in ((own, places), ({**own, **beside}, places | {name: ("beside", name) for name in beside})):
            try:
                experiments.registry.read(self.kind, params, 0)
            except Refusal as refused:
                for name, (says, *__) in refused.errors.items():
                    why = says.removeprefix(f"{name}: ")
                    more = f"; here it is {params.get(name)}" if name in known else did_you_mean(name, known)
                    yield why + more, name, found.get(name, ("params",))
                return


class Experiment(AnyActivity):
    """Runs that members start themselves. It is done when a run of its first trial is.

    The guesses that name it (`run`) are sealed first. With `conclude` a conclusion in one's own words belongs to it,
    which an instructor reads.
    """

    type: Literal["experiment"]
    intro: MarkdownFile | None = None
    closing: Sealed[MarkdownFile | None] = None
    # The experiment whose run comes first.
    after: Slug | None = None
    trials: Annotated[tuple[Trial, ...], Field(min_length=1, max_length=8)]
    conclude: Line | None = None
    asks: Asks = ()

    @model_validator(mode="after")
    def asks_about_a_conclusion(self) -> Self:
        if self.asks and self.conclude is None:
            raise ValueError("`asks` say what a conclusion needs: add `conclude`")
        return self

    @property
    def rubric(self) -> tuple[str, ...]:
        return self.asks

    def waits_for(self, lesson: Lesson) -> Collection[str]:
        guesses = guesses_before(lesson, self.key, self.trials[0].key)
        return {*super().waits_for(lesson), *(activity.key for activity, __ in guesses)}

    def faults(self, lesson: Lesson) -> Iterator[tuple[Loc, str]]:
        if lesson.activity(self.after) and experiment_of(lesson, self.after) is None:
            yield ("after",), f"“{self.after}” is no experiment"
        for number, trial in enumerate(self.trials):
            yield from ((("trials", number, *at), says) for at, says in trial.faults())

    @property
    def comes_after(self) -> str | None:
        return self.after

    @property
    def trial_keys(self) -> tuple[str, ...]:
        return tuple(trial.key for trial in self.trials)

    @property
    def is_read(self) -> bool:
        return self.conclude is not None

    @model_validator(mode="after")
    def trials_have_names(self) -> Self:
        keys = [trial.key for trial in self.trials]
        if len(set(keys)) != len(keys):
            raise ValueError("two trials have the same key")
        return self

    def trial(self, key: str) -> Trial | None:
        return next((trial for trial in self.trials if trial.key == key), None)


def experiment_of(lesson: Lesson, key: str | None) -> Experiment | None:
    """The experiment of this key, if the lesson has it."""
    found = lesson.activity(key)
    return found if isinstance(found, Experiment) else None
