"""What a lesson may contain: a closed schema, so that a misspelt word is an error and not a silence.

A lesson is a folder with `lesson.yaml` and the Markdown files it names. Whatever a student must not
see early is `Sealed`; `visible` leaves sealed fields out unless their moment has come.
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from lessons.maths import drawing
from lessons.maths.rates import OUTCOMES

T = TypeVar("T")
MARKDOWN_NAME = r"[a-z0-9_]+\.md"
NOTEBOOK_NAME = r"[a-z0-9_]+\.ipynb"


class SealedMark:
    """The mark that `Sealed` leaves on a field."""


Sealed = Annotated[T, SealedMark()]


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError(f"“{value}” is not a slug: use lower-case letters, digits and single hyphens")
    return value


def _markdown_file(value: str) -> str:
    if not re.fullmatch(MARKDOWN_NAME, value):
        raise ValueError(f"“{value}” is not the name of a Markdown file beside lesson.yaml")
    return value


def _notebook_file(value: str) -> str:
    if not re.fullmatch(NOTEBOOK_NAME, value):
        raise ValueError(f"“{value}” is not the name of a notebook (.ipynb) beside lesson.yaml")
    return value


def _exact(value: object) -> Fraction:
    if isinstance(value, Fraction):
        return value
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        if re.search(r"e[+-]?\d{3}", str(value), re.IGNORECASE):
            raise ValueError  # Fraction("1e999999999") would work for minutes
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"“{value}” is not a number; write 0.05, or a fraction such as 4/15") from None


Slug = Annotated[str, Field(max_length=60), AfterValidator(_slug)]
Line = Annotated[str, Field(min_length=1, max_length=300)]
Paragraph = Annotated[str, Field(min_length=1, max_length=900)]
# What a good answer has; whoever reads it ticks these.
Asks = Annotated[tuple[Line, ...], Field(max_length=4)]
MarkdownFile = Annotated[str, AfterValidator(_markdown_file)]
NotebookFile = Annotated[str, AfterValidator(_notebook_file)]
# A number as its author wrote it: 0.1 is exactly 1/10, and "4/15" stays a fraction.
Exact = Annotated[
    Fraction,
    BeforeValidator(_exact, json_schema_input_type=int | float | str),
    PlainSerializer(str, return_type=str),
]
Cell = Literal["errors", "products", "mean", "gradient", "w", "error_last"]


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# What a run can tell: where the error on new data is lowest, the accuracy and the recall of the model shown (in
# percent), which digit takes the starved one's images, and what a fix changes.
Measure = Literal["best", "accuracy", "recall", "absorber", "change"]
NUMBERS_MEASURED = ("best", "accuracy", "recall")
SPREAD = "spread"  # no single digit takes them
CHANGES = ("much", "little", "nothing", "worse")
OUTCOMES_MEASURED: dict[str, frozenset[str]] = {
    **dict.fromkeys(NUMBERS_MEASURED, frozenset()),
    "absorber": frozenset({*DIGITS, SPREAD}),
    "change": frozenset(CHANGES),
}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnyActivity(Strict):
    """What every activity has. An `extra` is for whoever has time; a part is done without it."""

    key: Slug
    title: Line
    extra: bool = False

    def for_member(self, seed: str, rule: str = "half") -> Self:
        """Give the activity as one member of a class with this gradient rule meets it."""
        return self

    @property
    def is_read(self) -> bool:
        """What is handed in here waits until an instructor has read it."""
        return False


class Reading(AnyActivity):
    """Something to read. Opening it is enough."""

    type: Literal["reading"]
    text: MarkdownFile


class Step(Strict):
    """One gradient step: which cells of the worksheet it asks for."""

    ask: Annotated[tuple[Cell, ...], Field(min_length=1)]
    say: Line

    @model_validator(mode="after")
    def asks_for_w_last(self) -> Self:
        if self.ask[-1] != "w" or len(set(self.ask)) != len(self.ask):
            raise ValueError("each step asks for its cells once, and for w last")
        return self


class Drawn(Strict):
    """Points drawn for each student alone, around a line through the origin."""

    n_points: Annotated[int, Field(ge=2, le=6)]
    x: tuple[Annotated[int, Field(ge=1, le=20)], Annotated[int, Field(ge=1, le=20)]]
    slope: tuple[Exact, Exact]
    noise: Annotated[Exact, Field(ge=0)]

    @model_validator(mode="after")
    def ranges_hold_enough(self) -> Self:
        if self.x[1] - self.x[0] + 1 < self.n_points:
            raise ValueError(f"between {self.x[0]} and {self.x[1]} there are fewer than {self.n_points} whole numbers")
        if self.slope[0] > self.slope[1]:
            raise ValueError("the slopes go from the smaller to the larger")
        return self


class HandSteps(AnyActivity):
    """Gradient descent by hand on a worksheet whose help fades from step to step.

    The points are the author's (`x` and `y`), or `drawn` for each student.
    """

    type: Literal["hand_steps"]
    x: Annotated[tuple[Exact, ...], Field(max_length=6)] = ()
    y: Annotated[tuple[Exact, ...], Field(max_length=6)] = ()
    drawn: Drawn | None = None
    start: Exact
    learning_rate: Exact
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=6)]
    intro: MarkdownFile | None = None
    closing: Sealed[MarkdownFile | None] = None

    @model_validator(mode="after")
    def points_come_in_pairs(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"x has {len(self.x)} values and y has {len(self.y)}: each point needs both")
        if self.drawn is None and len(self.x) < 2:
            raise ValueError("a worksheet needs two points at least: give x and y, or say how they are `drawn`")
        if self.drawn is not None and self.x:
            raise ValueError("the points are either given (x and y) or `drawn`, not both")
        return self

    def for_member(self, seed: str, rule: str = "half") -> Self:
        if self.drawn is None:
            return self
        x, y = drawing.draw_points(
            seed,
            n_points=self.drawn.n_points,
            x_range=self.drawn.x,
            slope_range=self.drawn.slope,
            noise=self.drawn.noise,
        )
        return self.model_copy(update={"x": x, "y": y})


class Choice(Strict):
    """One outcome to choose. `means` defines it.

    `shrinks_by` draws it: the run in which each step multiplies the distance to the best w by this.
    """

    key: Slug
    text: Line
    means: Line | None = None
    shrinks_by: Annotated[Exact, Field(ge=-3, le=1)] | None = None


class Option(Strict):
    """One answer to tap when looking back."""

    key: Slug
    text: Line


class LowestPoint(Strict):
    """A chart on which the number is the place of a curve's lowest point, to be dragged there."""

    x: Annotated[str, Field(min_length=1, max_length=60)]
    y: Annotated[str, Field(min_length=1, max_length=60)]


class Number(Strict):
    """A number to guess, with a slider and a field. With a `lowest_point` it is dragged on a chart."""

    min: Exact
    max: Exact
    step: Annotated[Exact, Field(gt=0)]
    unit: Annotated[str, Field(max_length=20)] = ""
    lowest_point: LowestPoint | None = None
    right: Sealed[Exact | None] = None
    # A guess as near as this counts as right when the room is asked to vote again.
    within: Sealed[Annotated[Exact, Field(ge=0)]] = Fraction(0)

    @model_validator(mode="after")
    def range_is_one(self) -> Self:
        if self.min + self.step > self.max:
            raise ValueError("min, max and step leave nothing to choose")
        if (self.max - self.min) / self.step > 1000:
            raise ValueError("a slider of more than 1000 steps cannot be set by hand: take a larger step")
        if self.right is not None and not self.min <= self.right <= self.max:
            raise ValueError(f"the right number {self.right} lies outside {self.min} to {self.max}")
        return self


class Question(Strict):
    """A question with its outcomes, and what is said afterwards to whoever chose which."""

    question: Line
    choices: Annotated[tuple[Choice, ...], Field(min_length=3, max_length=6)]
    right: Sealed[Slug]
    also: Sealed[tuple[Slug, ...]] = ()
    comments: Sealed[dict[Slug, Line]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def names_its_own_choices(self) -> Self:
        _check_choices(self.choices, (self.right,), self.also, self.comments)
        return self


class Figure(Strict):
    """A number that was shown, and what it counts; or a sentence alone where none was published."""

    figure: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    text: Line


class Bar(Strict):
    text: Annotated[str, Field(min_length=1, max_length=60)]
    value: Annotated[Exact, Field(ge=0)]
    harmed: bool = False


class Bars(Strict):
    """A small chart of one number for each group, from 0 to `max`."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    unit: Annotated[str, Field(max_length=12)] = ""
    max: Annotated[Exact, Field(gt=0)]
    values: Annotated[tuple[Bar, ...], Field(min_length=2, max_length=6)]

    @model_validator(mode="after")
    def bars_fit(self) -> Self:
        if tall := [bar.text for bar in self.values if bar.value > self.max]:
            raise ValueError(f"the axis ends at {self.max}, and these go beyond it: {', '.join(tall)}")
        return self


class Reveal(Strict):
    """What stands behind a sealed prediction."""

    text: Paragraph
    headline: Figure | None = None
    bars: Bars | None = None
    exposed: Paragraph | None = None
    fair: Paragraph | None = None
    sources: Annotated[tuple[Line, ...], Field(max_length=6)] = ()


class Item(Strict):
    """One question of a predict activity.

    It asks for a choice (and a `second` one) or a number. What is right is given (`right`, `number.right`), worked out
    (`rates`: what a learning rate does), or still to come (`run`: the activity whose run will tell).
    A `full` cycle goes on after the reveal: what did you see, which idea, and a `transfer` question.

    `measures` says what in the run's result is asked for; a `poll` asks for a decision on the run, and none is right.
    Where nobody leads, an item with `after` waits until that item is behind the member: its question, if nothing was
    sealed yet, else its reveal.
    """

    key: Slug
    title: Line
    question: Line
    note: Paragraph | None = None
    text: Paragraph | None = None
    cycle: Literal["quick", "full"] = "quick"
    minutes: Annotated[int, Field(ge=0, le=30)] = 0
    extra: bool = False
    # Met only in classes of this gradient rule; both, where it is not said.
    rule: Literal["half", "full"] | None = None
    votes: Literal[1, 2] = 1
    choices: Annotated[tuple[Choice, ...], Field(max_length=6)] = ()
    number: Number | None = None
    second: Question | None = None
    rates: Annotated[tuple[Annotated[Exact, Field(gt=0, le=2)], ...], Field(max_length=2)] = ()
    run: Slug | None = None
    # Which of the experiment's trials tells; its first, where it is not said.
    trial: Slug | None = None
    measures: Measure | None = None
    poll: bool = False
    after: Slug | None = None
    right: Sealed[Slug | None] = None
    also: Sealed[tuple[Slug, ...]] = ()
    comments: Sealed[dict[Slug, Line]] = Field(default_factory=dict)
    reveal: Sealed[Reveal | None] = None
    saw: Sealed[Question | None] = None
    ideas: Sealed[Annotated[tuple[Option, ...], Field(max_length=4)]] = ()
    convinced: Sealed[Annotated[tuple[Option, ...], Field(max_length=4)]] = ()
    transfer: Sealed[Item | None] = None

    @model_validator(mode="after")
    def asks_one_thing(self) -> Self:
        if bool(self.choices) == (self.number is not None):
            raise ValueError("an item has either choices or a number")
        if self.choices and len(self.choices) < (2 if self.poll else 3):
            raise ValueError("an item offers three to six choices, a poll two at least")
        if self.number is not None and self.second is not None:
            raise ValueError("a number has no second question")
        _check_choices(self.choices, (self.right,) if self.right else (), self.also, self.comments)
        return self

    @model_validator(mode="after")
    def has_one_answer(self) -> Self:
        is_worked_out = len(self.rates) == 1 and not self.number
        given = self.right is not None or (self.number is not None and self.number.right is not None)
        if [is_worked_out, given, self.run is not None].count(True) != 1:
            raise ValueError("say what is right in one way: `right`, one of `rates`, or the `run` that will tell")
        if is_worked_out and (unknown := sorted({choice.key for choice in self.choices} - set(OUTCOMES))):
            raise ValueError(f"no learning rate does these: {', '.join(unknown)}; there are {', '.join(OUTCOMES)}")
        if self.reveal is None:
            raise ValueError("an item needs its `reveal`")
        return self

    @model_validator(mode="after")
    def says_what_a_run_tells(self) -> Self:
        if self.run is None and (self.measures or self.poll or self.trial):
            raise ValueError("`measures`, `poll` and `trial` are about a `run`: name it")
        if self.run is not None and self.poll == (self.measures is not None):
            raise ValueError("an item with a `run` either says what it `measures` or is a `poll`")
        if self.poll and (self.number is not None or self.cycle == "full"):
            raise ValueError("a poll is a quick question with choices")
        if self.measures is not None and (self.number is not None) != (self.measures in NUMBERS_MEASURED):
            raise ValueError(f"{self.measures} is {'a number' if self.number is None else 'no number'}")
        if self.measures is not None and (unknown := sorted(set(self._keys()) - OUTCOMES_MEASURED[self.measures])):
            raise ValueError(f"no run does these: {', '.join(unknown)}")
        return self

    def _keys(self) -> tuple[str, ...]:
        return tuple(choice.key for choice in self.choices)

    @model_validator(mode="after")
    def goes_all_the_way(self) -> Self:
        if self.cycle == "full":
            missing = [name for name in ("ideas", "convinced", "transfer") if not getattr(self, name)]
            if self.number is not None and self.saw is None:
                missing.append("saw")
            if missing:
                raise ValueError(f"a full cycle needs {', '.join(missing)}")
        if self.transfer is not None and (self.cycle == "quick" or self.transfer.cycle == "full" or self.transfer.run):
            raise ValueError("a transfer is a quick item at the end of a full one, and has its answer")
        return self

    @property
    def waits(self) -> bool:
        """Nothing here can tell what is right: a run of the member's own has to."""
        return self.run is not None

    @property
    def comes_first(self) -> bool:
        """The run waits for this guess."""
        return self.waits and not self.poll


def _check_choices(
    choices: tuple[Choice, ...], right: tuple[str, ...], also: tuple[str, ...], comments: dict[str, str]
) -> None:
    keys = [choice.key for choice in choices]
    if len(set(keys)) != len(keys):
        raise ValueError("two choices have the same key")
    if unknown := sorted({*right, *also, *comments} - set(keys)):
        raise ValueError(f"these are not among the choices: {', '.join(unknown)}")


class Data(Strict):
    """The points and the start for items with `rates`."""

    x: Annotated[tuple[Exact, ...], Field(min_length=2, max_length=6)]
    y: Annotated[tuple[Exact, ...], Field(min_length=2, max_length=6)]
    start: Exact

    @model_validator(mode="after")
    def points_come_in_pairs(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"x has {len(self.x)} values and y has {len(self.y)}: each point needs both")
        if not any(self.x):
            raise ValueError("where every x is 0 no w is best, and no rate leads anywhere")
        return self


class Play(Strict):
    """A free slider over learning rates, once the core items are behind one."""

    max: Annotated[Exact, Field(gt=0, le=2)]
    step: Annotated[Exact, Field(gt=0)]


class Predict(AnyActivity):
    """Questions whose answers are sealed before anything is shown.

    `choices` are shared: an item names those it offers, or offers them all. With `choose` any so many items do.
    """

    type: Literal["predict"]
    intro: MarkdownFile | None = None
    closing: Sealed[MarkdownFile | None] = None
    choices: tuple[Choice, ...] = ()
    data: Data | None = None
    # A learning rate that is shown first, so that nobody guesses in the dark.
    worked: Annotated[Exact, Field(gt=0, le=2)] | None = None
    play: Play | None = None
    # A worksheet on the same data: until it is done, the worked run and the slider would give its answers away.
    after: Slug | None = None
    choose: Annotated[int, Field(ge=1, le=12)] | None = None
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=24)]

    @model_validator(mode="before")
    @classmethod
    def shared_choices_are_spelled_out(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(given.get("items"), list):
            return given
        shared = given.get("choices")
        choices = [each for each in shared if isinstance(each, dict)] if isinstance(shared, list) else []
        return {**given, "items": [_spelled_out(item, choices) for item in given["items"]]}

    @model_validator(mode="after")
    def items_fit(self) -> Self:
        keys = [item.key for item in self.every_item()]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"these items are there more than once: {', '.join(twice)}")
        unknown = sorted({item.after for item in self.every_item() if item.after} - set(keys))
        if unknown:
            raise ValueError(f"`after` names items that do not exist: {', '.join(unknown)}")
        if self.data is None and (self.worked or self.play or any(item.rates for item in self.every_item())):
            raise ValueError("learning rates need `data` to run on")
        for rule in ("half", "full"):
            core = [item for item in self.items_for(rule) if not item.extra]
            if len(core) < (self.choose or 1):
                raise ValueError(f"by the {rule} rule there are fewer items than one has to do")
        return self

    def every_item(self) -> tuple[Item, ...]:
        """All items, each followed by its transfer question."""
        return tuple(each for item in self.items for each in (item, item.transfer) if each is not None)

    def items_for(self, rule: str) -> tuple[Item, ...]:
        """The items that a class of this rule meets."""
        return tuple(item for item in self.items if item.rule in (None, rule))

    def for_member(self, seed: str, rule: str = "half") -> Self:
        return self.model_copy(update={"items": self.items_for(rule)})

    @property
    def depends_on_rule(self) -> bool:
        return any(item.rates or item.rule for item in self.every_item())


def _spelled_out(item: Any, shared: list[dict[str, Any]]) -> Any:
    """Put the shared choices that an item names in their place; all of them where it names nothing."""
    if not isinstance(item, dict):
        return item
    by_key = {choice.get("key"): choice for choice in shared}
    named = item.get("choices")
    if named is None and "number" not in item and shared:
        item = {**item, "choices": shared}
    elif isinstance(named, list):
        unknown = [each for each in named if isinstance(each, str) and each not in by_key]
        if unknown:
            raise ValueError(f"item “{item.get('key')}” names choices that are not shared: {', '.join(unknown)}")
        item = {**item, "choices": [by_key[each] if isinstance(each, str) else each for each in named]}
    if isinstance(item.get("transfer"), dict):
        item = {**item, "transfer": _spelled_out(item["transfer"], shared)}
    return item


Setting = int | float | str


def _as(kind: type[int] | type[float], text: str) -> int | float | None:
    try:
        return kind(text)
    except ValueError:
        return None


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
        """Give the option that was meant; what is none of them is given as a number if it is one, to be refused."""
        if sent is None:
            return self.start
        meant = next((option for option in self.options if str(option) == str(sent)), None)
        if meant is not None or not isinstance(sent, str):
            return sent if meant is None else meant
        return next((read for read in (_as(int, sent), _as(float, sent)) if read is not None), sent)

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
    kind: Literal["u_curve", "starvation", "tipping_point", "blame"]
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


class Explain(AnyActivity):
    """A question to be answered in one to three sentences of one's own, which an instructor reads."""

    type: Literal["explain"]
    question: Line
    asks: Asks = ()
    # The experiment whose run comes first.
    after: Slug | None = None

    @property
    def is_read(self) -> bool:
        return True


class SuppliedAnswer(Strict):
    """An answer to check for whoever has no assistant of their own, with the day on which it was written."""

    key: Slug
    dated: date
    question: Line
    answer: Paragraph


class SourceCheck(AnyActivity):
    """One claim of an AI assistant, held against two sources that do not copy one another; an instructor reads it."""

    type: Literal["source_check"]
    intro: MarkdownFile | None = None
    asks: Asks = ()
    answers: Annotated[tuple[SuppliedAnswer, ...], Field(max_length=8)] = ()

    @property
    def is_read(self) -> bool:
        return True

    @model_validator(mode="after")
    def answers_have_names(self) -> Self:
        keys = [answer.key for answer in self.answers]
        if len(set(keys)) != len(keys):
            raise ValueError("two answers have the same key")
        return self

    def answer(self, key: str) -> SuppliedAnswer | None:
        return next((answer for answer in self.answers if answer.key == key), None)


class Corpus(Strict):
    """The texts that a later session works with: how many words at least, in files that end in one of `types`."""

    what: Line
    min_words: Annotated[int, Field(ge=1, le=100_000_000)]
    types: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9]{1,8}$")], ...], Field(min_length=1, max_length=8)]


class FileCheck(AnyActivity):
    """A file of one's own, counted on one's own device. What is handed in is its figures, never the file."""

    type: Literal["file_check"]
    intro: MarkdownFile | None = None
    corpus: Corpus


Activity = Annotated[
    Reading | HandSteps | Predict | Experiment | Explain | SourceCheck | FileCheck, Field(discriminator="type")
]


class Part(Strict):
    """A station on the arc.

    `soon` marks one whose activities are still to come, `more_soon` one where some are. One with a `badge` has none: it
    shows how far that badge is earned. What is to be done before the next session is `homework`.
    """

    key: Slug
    title: Line
    line: Line
    minutes: Annotated[int, Field(ge=0, le=120)]
    prose: MarkdownFile
    soon: bool = False
    more_soon: bool = False
    badge: Slug | None = None
    homework: bool = False
    activities: tuple[Activity, ...] = ()

    @model_validator(mode="after")
    def has_something_to_do(self) -> Self:
        if (self.badge is not None) != (self.key == "badge") or (self.badge and self.activities):
            raise ValueError("the part with a `badge` has the key “badge” and no activities")
        if not self.badge and not self.soon and all(activity.extra for activity in self.activities):
            raise ValueError("a part without activities, extras apart, must say `soon: true`")
        return self


class Promise(Strict):
    """One line of “Today you will”; the words between ** are set in bold."""

    icon: Annotated[str, Field(max_length=8)]
    text: Line


class Law(Strict):
    number: Annotated[int, Field(ge=1)]
    text: Line
    explained: Line
    part: Slug | None = None


class Hero(Strict):
    eyebrow: Line
    text: Line


class Lesson(Strict):
    slug: Slug
    title: Line
    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
    hero: Hero
    today: Annotated[tuple[Promise, ...], Field(min_length=1, max_length=6)]
    arc: MarkdownFile
    parts: Annotated[tuple[Part, ...], Field(min_length=1, max_length=12)]
    laws: tuple[Law, ...] = ()
    sentence: Line
    # The session's work in plain Python, for students to take away from the first minute on: nothing sealed in it.
    notebook: NotebookFile | None = None

    @model_validator(mode="after")
    def runs_exist(self) -> Self:
        for item in self._waiting():
            experiment = self.experiment(item.run or "")
            if experiment is None or (item.trial and experiment.trial(item.trial) is None):
                missing = f"{item.run}/{item.trial}" if item.trial else item.run
                raise ValueError(f"item “{item.key}” waits for a run that is no experiment here: {missing}")
        return self

    def experiment(self, key: str) -> Experiment | None:
        """The experiment of this name."""
        every = (activity for part in self.parts for activity in part.activities)
        return next((each for each in every if isinstance(each, Experiment) and each.key == key), None)

    def guesses_before(self, run: str, trial: str) -> tuple[tuple[Predict, Item], ...]:
        """The questions to be answered before this trial of an experiment is run."""
        return tuple(
            (activity, item)
            for part in self.parts
            for activity in part.activities
            if isinstance(activity, Predict)
            for item in activity.items
            if item.comes_first and item.run == run and (item.trial == trial if item.trial else not item.extra)
        )

    def _waiting(self) -> list[Item]:
        every = [activity for part in self.parts for activity in part.activities if isinstance(activity, Predict)]
        return [item for activity in every for item in activity.every_item() if item.waits]

    @model_validator(mode="after")
    def keys_are_unique(self) -> Self:
        keys = [part.key for part in self.parts]
        for part in self.parts:
            own = [activity.key for activity in part.activities]
            if part.key in own:
                own.remove(part.key)  # one activity may bear the name of its own part
            keys += own
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"these keys are used more than once: {', '.join(twice)}")
        every = [activity for part in self.parts for activity in part.activities]
        afters = {each.after for each in every if isinstance(each, Predict | Experiment | Explain) and each.after}
        if missing := sorted(afters - {activity.key for activity in every}):
            raise ValueError(f"`after` names activities that do not exist: {', '.join(missing)}")
        unknown = sorted({law.part for law in self.laws if law.part} - {part.key for part in self.parts})
        if unknown:
            raise ValueError(f"a law names parts that do not exist: {', '.join(unknown)}")
        return self


def sealed_fields(model: type[BaseModel]) -> frozenset[str]:
    """Name the fields of a schema class that are marked `Sealed`."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if any(isinstance(mark, SealedMark) for mark in field.metadata)
    )


def visible(activity: BaseModel, *, unsealed: bool = False) -> dict[str, Any]:
    """Give an activity as plain data, without its sealed fields, at any depth, unless `unsealed`."""
    return activity.model_dump(mode="json", exclude=None if unsealed else _sealed_paths(activity))


def _sealed_paths(model: BaseModel) -> dict[str, Any]:
    sealed = sealed_fields(type(model))
    paths: dict[str, Any] = dict.fromkeys(sealed, True)
    for name, value in model:
        if name in sealed:
            continue
        if isinstance(value, BaseModel):
            paths[name] = _sealed_paths(value)
        elif isinstance(value, tuple):
            paths[name] = {i: _sealed_paths(item) for i, item in enumerate(value) if isinstance(item, BaseModel)}
    return {name: path for name, path in paths.items() if path}
