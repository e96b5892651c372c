"""Gradient descent by hand: what a worksheet may contain."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lessons.activities.hand_steps.maths import points
from lessons.authoring.base import AnyActivity, Exact, Line, MarkdownFile, Misplaced, Sealed, Strict

Cell = Literal["errors", "products", "mean", "gradient", "w", "error_last"]


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
            raise Misplaced(f"x has {len(self.x)} values and y has {len(self.y)}: each point needs both", "y")
        if self.drawn is None and len(self.x) < 2:
            raise ValueError("a worksheet needs two points at least: give x and y, or say how they are `drawn`")
        if self.drawn is not None and self.x:
            raise ValueError("the points are either given (x and y) or `drawn`, not both")
        return self

    def for_member(self, seed: str, rule: str = "half") -> Self:
        if self.drawn is None:
            return self
        x, y = points.draw_points(
            seed,
            n_points=self.drawn.n_points,
            x_range=self.drawn.x,
            slope_range=self.drawn.slope,
            noise=self.drawn.noise,
        )
        return self.model_copy(update={"x": x, "y": y})
