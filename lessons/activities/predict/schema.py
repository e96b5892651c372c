"""Questions to predict: what each may contain."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from lessons.activities.measures import NUMBERS_MEASURED, OUTCOMES_MEASURED, Measure
from lessons.activities.predict.maths.rates import OUTCOMES
from lessons.authoring.base import (
    AnyActivity,
    Exact,
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
from lessons.authoring.references import circle_in, waiting

# Leads from a DOI to what it names. Nothing asks this address but a student who follows a link.
DOI = "https://doi.org/"
MISSED = "{n}"  # in what was seen: of 100, how many the member's own run got wrong


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


class Source(Strict):
    """A source in words, and where to open it: its DOI, or else its address. The wall has room for its `short` name."""

    text: Line
    short: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    doi: Annotated[str, shaped(r"10\.\d{4,9}/\S{1,200}", "is not a DOI, such as 10.1119/1.1707018")] | None = None
    url: Annotated[str, shaped(r"https:/{2}\S{1,300}", "is not an address that begins with https")] | None = None

    @model_validator(mode="after")
    def leads_somewhere(self) -> Self:
        if (self.doi is None) == (self.url is None):
            raise ValueError("a source is a link: give its `doi`, or its `url`")
        return self

    @property
    def link(self) -> str:
        return self.url or f"{DOI}{self.doi}"


class Reveal(Strict):
    """The answer to a sealed prediction.

    `exposed` says what would have shown it, `fair` what can be said on the other side. What only some will read is
    `more`, behind a fold.
    """

    text: Paragraph
    headline: Figure | None = None
    bars: Bars | None = None
    exposed: Paragraph | None = None
    fair: Paragraph | None = None
    more: Paragraph | None = None
    sources: Annotated[tuple[Source, ...], Field(max_length=6)] = ()


class Item(Strict):
    """One question of a predict activity.

    It asks for a choice (and a `second` one) or a number. What is right is given (`right`, `number.right`), worked out
    (`rates`: what a learning rate does), or still to come (`run`: the activity whose run will tell).
    A `full` cycle goes on after the reveal: what did you see, which idea, and a `transfer` question. What is right to
    have seen may name the run's own number, `{n}`: of 100, how many it got wrong.

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
            least = "a poll needs 2" if self.poll else "a question needs 3"
            raise Misplaced(f"has {len(self.choices)}, and {least} at least", "choices")
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

    @model_validator(mode="after")
    def names_a_number_that_a_run_tells(self) -> Self:
        if self.saw is None or not (named := {choice.key for choice in self.saw.choices if MISSED in choice.text}):
            return self
        if self.measures not in ("accuracy", "recall") or named != {self.saw.right}:
            raise ValueError(f"{MISSED} is for what students should have seen, where a run measures accuracy or recall")
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
    def n_words_behind(self) -> int:
        """How many words are read when it is revealed, before the fold."""
        shown = self.reveal
        if shown is None:
            return 0
        said = (shown.headline.text if shown.headline else "", shown.text, shown.exposed or "", shown.fair or "")
        return sum(len(each.split()) for each in said)

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
    for name, named in (("right", right), ("also", also), ("comments", comments)):
        for each in named:
            if each not in keys:
                near = did_you_mean(each, keys) or f"; write {listed(keys)}"
                raise Misplaced(f"“{each}” is not among the choices{near}", name)


class Data(Strict):
    """The points and the start for items with `rates`."""

    x: Annotated[tuple[Exact, ...], Field(min_length=2, max_length=6)]
    y: Annotated[tuple[Exact, ...], Field(min_length=2, max_length=6)]
    start: Exact

    @model_validator(mode="after")
    def points_come_in_pairs(self) -> Self:
        if len(self.x) != len(self.y):
            raise Misplaced(f"x has {len(self.x)} values and y has {len(self.y)}: each point needs both", "y")
        if not any(self.x):
            raise ValueError("where every x is 0 no w is best, and no rate leads anywhere")
        return self


class Play(Strict):
    """A free slider over learning rates, once the core items are behind one."""

    max: Annotated[Exact, Field(gt=0, le=2)]
    step: Annotated[Exact, Field(gt=0)]


class Predict(AnyActivity):
    """Questions whose answers are sealed before anything is shown.

    `choices` are shared: an item names those it offers, or offers them all. With `choose` any so many items do. The
    `note` is shown above their list, and the `note` of an item is its line there.
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
    note: Paragraph | None = None
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
        if self.data is None and (self.worked or self.play or any(item.rates for item in self.every_item())):
            raise ValueError("learning rates need `data` to run on")
        for rule in ("half", "full"):
            core = [item for item in self.items_for(rule) if not item.extra]
            if len(core) < (self.choose or 1):
                raise ValueError(f"by the {rule} rule there are fewer items than one has to do")
        return self

    @property
    def comes_after(self) -> str | None:
        return self.after

    @property
    def votables(self) -> tuple[Item, ...]:
        return self.items

    @property
    def n_to_choose(self) -> int:
        return self.choose or 0

    def faults(self, lesson: Lesson) -> Iterator[tuple[Loc, str]]:
        for number, item in enumerate(self.items):
            if item.waits:
                measuring = lesson.activity(item.run)
                trials = measuring.trial_keys if measuring else ()
                if not trials or (item.trial and item.trial not in trials):
                    missing = f"{item.run}/{item.trial}" if item.trial else item.run
                    near = did_you_mean(item.run, [each.key for each in lesson.activities if each.trial_keys])
                    at = ("items", number, "trial" if trials else "run")
                    yield at, f"waits for a run that is no experiment here: {missing}{near}"
        keys = [item.key for item in self.every_item()]
        for number, item in enumerate(self.items):
            if item.after and item.after not in keys:
                yield ("items", number, "after"), f"there is no item “{item.after}”{did_you_mean(item.after, keys)}"
        if circle := circle_in({item.key: [item.after] if item.after else [] for item in self.every_item()}):
            numbers = [item.key for item in self.items]
            place: Loc = ("items", numbers.index(circle[0]), "after") if circle[0] in numbers else ("items",)
            yield place, f"nobody could ever begin: {waiting(circle)}"

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


def guesses_before(lesson: Lesson, run: str, trial: str) -> tuple[tuple[Predict, Item], ...]:
    """The questions to be answered before this trial of an experiment is run."""
    return tuple(
        (activity, item)
        for activity in lesson.activities
        if isinstance(activity, Predict)
        for item in activity.items
        if item.comes_first and item.run == run and (item.trial == trial if item.trial else not item.extra)
    )
