"""What each kind of run takes: complete parameters, or a sentence for each that is wrong."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.refusals import Refusal
from experiments import registry
from experiments.kinds.u_curve.params import SWEEP
from experiments.maths import TRAINING_IMAGES

pytestmark = pytest.mark.pure

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("model", "n_train", "noise", "complexities", "n_repeats", "digit", "kept", "fix", "restored")


def refused(kind: str, params: Any, seed: Any = 0) -> dict[str, list[str]]:
    with pytest.raises(Refusal) as refusal:
        registry.read(kind, params, seed)
    assert str(refusal.value.detail).startswith("This run cannot start. ")
    return dict(refusal.value.errors)


@pytest.mark.parametrize("kind", registry.names())
def test_what_a_kind_starts_with_is_what_its_function_starts_with(kind: str) -> None:
    takes = inspect.signature(registry.find(kind).load_compute()).parameters
    defaults = {name: takes[name].default for name in takes if name not in ("seed", "report")}

    params = registry.read(kind, {}, 0)

    assert params == {name: list(value) if isinstance(value, tuple) else value for name, value in defaults.items()}


@pytest.mark.parametrize("model", SWEEP)
def test_a_sweep_starts_as_its_model_does(model: str) -> None:
    assert registry.read("u_curve", {"model": model}, 0) == {"model": model, **SWEEP[model]}


@pytest.mark.parametrize(
    ("kind", "params", "errors"),
    [
        ("starvation", {"kept": 88}, {"kept": ["kept: from 0 to 87"]}),
        ("starvation", {"kept": 90, "digit": 0}, {"kept": ["kept: from 0 to 89"]}),
        (
            "starvation",
            {"kept": -1, "n_repeats": 51},
            {"kept": ["kept: from 0 to 87"], "n_repeats": ["n_repeats: from 1 to 50"]},
        ),
        ("starvation", {"digit": 10}, {"digit": ["digit: from 0 to 9"]}),
        ("starvation", {"kept": True}, {"kept": ["kept: a whole number"]}),
        ("starvation", {"kept": "5"}, {"kept": ["kept: a whole number"]}),
        ("starvation", {"model": "forest"}, {"model": ["model: one of svc, logistic, knn"]}),
        ("starvation", {"colour": 1}, {"colour": ["colour: this parameter does not exist"]}),
        ("starvation", {"fix": "restore", "restored": 83}, {"restored": ["restored: from 0 to 82"]}),
        ("starvation", {"fix": "restore"}, {"restored": ["restored: give back at least one example"]}),
        (
            "starvation",
            {"restored": 3},
            {"restored": ["restored: examples are given back only with the fix “restore”"]},
        ),
        (
            "starvation",
            {"fix": "reweight", "model": "knn"},
            {"fix": ["fix: nearest neighbours only count votes, so there is no weight to turn up"]},
        ),
        (
            "starvation",
            {"fix": "reweight", "kept": 0},
            {"fix": ["fix: with no example kept, there is none to give more weight to"]},
        ),
        ("tipping_point", {"kept": [0, 88]}, {"kept": ["kept: from 0 to 87"]}),
        ("tipping_point", {"kept": [5, 5]}, {"kept": ["kept: list them from few to many, each once"]}),
        ("tipping_point", {"kept": [5]}, {"kept": ["kept: at least 2 numbers"]}),
        ("tipping_point", {"kept": list(range(21))}, {"kept": ["kept: at most 20 numbers"]}),
        ("tipping_point", {"kept": 5}, {"kept": ["kept: a list of numbers"]}),
        ("tipping_point", {"n_repeats": 21}, {"n_repeats": ["n_repeats: from 1 to 20"]}),
        ("blame", {"kept": 88}, {"kept": ["kept: from 0 to 87"]}),
        ("u_curve", {"noise": 1.5}, {"noise": ["noise: from 0 to 1"]}),
        ("u_curve", {"noise": float("nan")}, {"noise": ["noise: from 0 to 1"]}),
        ("u_curve", {"noise": "much"}, {"noise": ["noise: a number"]}),
        ("u_curve", {"n_train": 19}, {"n_train": ["n_train: from 20 to 200"]}),
        ("u_curve", {"n_train": 24, "complexities": [1, 2, 20]}, {"n_train": ["n_train: from 25 to 200"]}),
        ("u_curve", {"complexities": [1, 2, 21]}, {"complexities": ["complexities: from 1 to 20"]}),
        (
            "u_curve",
            {"complexities": [3, 2, 1]},
            {"complexities": ["complexities: list them from little capacity to much, each once"]},
        ),
        (
            "u_curve",
            {"model": "knn", "complexities": [1, 2, 3]},
            {"complexities": ["complexities: list them from a large k to a small one, each once"]},
        ),
        ("u_curve", {"model": "tree", "n_repeats": 51}, {"n_repeats": ["n_repeats: from 1 to 50"]}),
        ("u_curve", {"model": ["tree"]}, {"model": ["model: one of polynomial, tree, knn"]}),
        ("u_curve", ["tree"], {"params": ["params: parameters by name"]}),
    ],
)
def test_what_is_wrong_is_said_with_what_is_allowed(kind: str, params: Any, errors: dict[str, list[str]]) -> None:
    assert refused(kind, params) == errors


@pytest.mark.parametrize("seed", [-1, 1_000_001, 1.0, True, "7", None])
def test_a_seed_is_a_whole_number_in_its_range(seed: Any) -> None:
    assert refused("blame", {}, seed) == {"seed": ["seed: a whole number from 0 to 1000000"]}


def test_an_unknown_kind_is_told_which_there_are() -> None:
    with pytest.raises(Refusal, match="Choose one of these: u_curve, starvation, tipping_point, blame"):
        registry.read("lottery", {}, 0)


def test_a_program_that_names_an_unknown_kind_is_told_its_name() -> None:
    with pytest.raises(LookupError, match="no kind of run 'lottery'"):
        registry.find("lottery")


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="a kind of run 'blame' already"):
        registry.register(registry.find("blame"))


def test_the_documentation_names_each_kind_with_each_parameter_in_a_few_words() -> None:
    said = registry.help_text()

    for kind in registry.kinds():
        assert f"- `{kind.name}`: {kind.about}" in said.splitlines()
    for name in NAMES:
        assert f"`{name}`: " in said
    assert "None" not in said


@settings(deadline=None)  # the first of a kind loads its parameters
@given(
    kind=st.sampled_from(sorted(registry.names())),
    params=JSON | st.dictionaries(st.sampled_from(NAMES), JSON),
    seed=JSON,
)
def test_whatever_is_sent_is_read_or_refused(kind: str, params: Any, seed: Any) -> None:
    with suppress(Refusal):
        complete = registry.read(kind, params, seed)
        assert registry.read(kind, complete, seed) == complete


@pytest.mark.parametrize("digit", range(10))
def test_the_most_that_can_be_kept_is_all_there_is(digit: int) -> None:
    most = TRAINING_IMAGES[digit]
    params = registry.read("starvation", {"digit": digit, "kept": most, "n_repeats": 1, "model": "knn"}, 0)

    found = registry.find("starvation").load_compute()(**params, seed=1_000_000).as_json()

    assert found["n_train_digit"] == most
    assert found["shown"] == found["baseline"]


@pytest.mark.parametrize(
    "params",
    [
        {"n_train": 25, "complexities": [1, 10, 20], "noise": 1, "n_repeats": 1},
        {"n_train": 200, "complexities": [1, 2, 20], "noise": 0, "n_repeats": 500},
        {"model": "tree", "n_train": 100, "complexities": [1, 10, 20], "noise": 0.5, "n_repeats": 1},
        {"model": "knn", "n_train": 100, "complexities": [100, 50, 1], "noise": 0.5, "n_repeats": 1},
        {"model": "knn", "n_train": 800, "complexities": [100, 50, 1], "noise": 0, "n_repeats": 1},
    ],
)
def test_what_lies_at_the_edge_of_a_sweep_can_be_computed(params: dict[str, Any]) -> None:
    complete = registry.read("u_curve", params, 0)

    found = registry.find("u_curve").load_compute()(**complete, seed=0).as_json()

    assert found["complexities"] == params["complexities"]
    assert all(value >= 0 for value in found["test"]["median"])


def test_the_same_run_has_one_fingerprint_however_it_is_spelled() -> None:
    short = registry.read("starvation", {}, 7)
    long = registry.read("starvation", {"n_repeats": 20, "kept": 5, "model": "svc", "digit": 8}, 7)

    assert registry.fingerprint("starvation", short, 7) == registry.fingerprint("starvation", long, 7)


def test_another_kind_seed_parameter_or_version_is_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    params = registry.read("blame", {}, 0)
    prints = [
        registry.fingerprint("blame", params, 0),
        registry.fingerprint("blame", params, 1),
        registry.fingerprint("starvation", params, 0),
        registry.fingerprint("blame", {**params, "kept": 6}, 0),
    ]
    monkeypatch.setattr(registry, "versions", lambda: {"numpy": "0", "scikit-learn": "0"})
    prints.append(registry.fingerprint("blame", params, 0))

    assert len(set(prints)) == 5


@pytest.mark.parametrize(
    ("kind", "fingerprint"),
    [
        ("u_curve", "0b3bb108417ccf7d92847c6863ff1c27a2ef57f5cb76cd13054f955e855d30c4"),
        ("starvation", "113620496efa57b2b6f8257944a5daa9e2676d4c8f8a6edf0fcaee64ba41b170"),
        ("tipping_point", "ac71999cfd545e34440e98e153001b9f9e6dc5ea1a0392807e07555466444ed0"),
        ("blame", "d941d07e329b94d66bc55f22f68d2bd9dcaf27df45b9d293bb9876ec9ea4c917"),
    ],
)
def test_a_fingerprint_stays_what_it_was_when_runs_were_stored_under_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, fingerprint: str
) -> None:
    monkeypatch.setattr(registry, "versions", lambda: {"numpy": "2.4.0", "scikit-learn": "1.9.0"})

    assert registry.fingerprint(kind, registry.read(kind, {}, 7), 7) == fingerprint
