"""Experiment: which runs it offers, and what of each can be set."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

import experiments.registry
from lessons.authoring.base import AnyActivity, Asks, Line, MarkdownFile, Paragraph, Sealed, Slug, Strict
from lessons.authoring.lesson import Lesson

Setting = int | float | str


def _known(kind: str) -> str:
    if kind not in experiments.registry.names():
        raise ValueError(f"there is no kind of run “{kind}”; there are {', '.join(experiments.registry.names())}")
    return kind


class Knob(Strict):
    """One setting of a run that whoever starts it chooses: the parameter's name, and what is offered for it."""

    name: Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")]
    label: Line
    options: Annotated[tuple[Setting, ...], Field(min_length=2, max_length=12)]
    start: Setting
    # How an option reads; the option itself, where nothing is said.
    names: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=40)], ...], Field(max_length=12)] = ()

    @model_validator(mode="after")
    def offers_what_it_starts_with(self) -> Self:
        if self.start not in self.options:
            raise ValueError(f"{self.name} starts with {self.start}, which is not among its options")
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
