"""Parameters of a U-curve."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from experiments.kinds.base import Params, Ranges

SWEEP = {
    "polynomial": {"n_train": 30, "noise": 0.3, "complexities": list(range(1, 16)), "n_repeats": 200},
    "tree": {"n_train": 300, "noise": 0.2, "complexities": list(range(1, 16)), "n_repeats": 20},
    "knn": {
        "n_train": 300,
        "noise": 0.2,
        "complexities": [100, 60, 40, 30, 20, 15, 11, 9, 7, 5, 3, 1],
        "n_repeats": 20,
    },
}

# By model. The most repeats are what keeps the longest run under half a minute.
SWEEP_RANGES: dict[str, Ranges] = {
    "polynomial": {"n_train": (20, 200), "noise": (0, 1), "complexities": (1, 20), "n_repeats": (1, 500)},
    "tree": {"n_train": (100, 800), "noise": (0, 0.5), "complexities": (1, 20), "n_repeats": (1, 50)},
    "knn": {"n_train": (100, 800), "noise": (0, 0.5), "complexities": (1, 100), "n_repeats": (1, 20)},
}
# On one core, for one model on one draw, by the number of examples that it learns from.
SECONDS = {"polynomial": 1e-6, "tree": 2e-5, "knn": 5e-5}
POINTS_TO_SPARE = 5  # beyond the highest degree of a polynomial


class UCurve(Params):
    """Parameters of a sweep of a model's complexity. The defaults depend on the model."""

    model: Annotated[
        Literal["polynomial", "tree", "knn"],
        Field(description="polynomial, which learns noisy points; tree or knn, which learn digits"),
    ] = "polynomial"
    n_train: Annotated[int, Field(description="how many examples each draw learns from")]
    noise: Annotated[float, Field(description="how far points lie from the curve; the share of wrong labels")]
    complexities: Annotated[
        list[int],
        Field(min_length=3, max_length=20, description="degrees, depths, or numbers of neighbours from many to few"),
    ]
    n_repeats: Annotated[int, Field(description="how many draws")]

    @model_validator(mode="before")
    @classmethod
    def starts_as_its_model_does(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        model = given.get("model", "polynomial")
        return {**SWEEP[model if isinstance(model, str) and model in SWEEP else "polynomial"], **given}

    def ranges(self) -> Ranges:
        ranges = dict(SWEEP_RANGES[self.model])
        highest = max(self.complexities)
        if self.model == "polynomial" and highest <= ranges["complexities"][1]:
            least, most = ranges["n_train"]
            ranges["n_train"] = (max(least, highest + POINTS_TO_SPARE), most)
        return ranges

    def seconds(self) -> float:
        return SECONDS[self.model] * self.n_train * len(self.complexities) * self.n_repeats

    def objections(self) -> dict[str, str]:
        if self.complexities == sorted(set(self.complexities), reverse=self.model == "knn"):
            return {}
        if self.model == "knn":
            return {"complexities": _("list them from a large k to a small one, each once")}
        return {"complexities": _("list them from little capacity to much, each once")}
