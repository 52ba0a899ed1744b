# SPDX-License-Identifier: Apache-2.0
"""Sweeps: an agent calls a function with one set of values after another, on this machine."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest

import backprobe as wandb
from backprobe.face.sweep import draws

pytestmark = pytest.mark.usefixtures("store_directory")

GRID = {
    "method": "grid",
    "metric": {"name": "loss", "goal": "minimize"},
    "parameters": {"lr": {"values": [0.3, 0.1, 0.2]}, "depth": {"value": 2}},
}


def train() -> None:
    """What a user's function does: begins a run, reads its config, logs."""
    with wandb.init(config={"lr": 9.0, "seed": 1}) as run:
        run.log({"loss": run.config.lr * 2})


def test_a_grid_is_walked() -> None:
    """Each combination is one run, whose config the sweep overrules; the best is found."""
    made = wandb.sweep(GRID, project="digits")
    wandb.agent(made, function=train)
    found = wandb.Api().sweep(f"me/digits/{made}")
    assert [run.config["lr"] for run in found.runs] == [0.2, 0.1, 0.3]
    assert {run.project for run in found.runs} == {"digits"}
    assert found.runs[0].config == {"lr": 0.2, "seed": 1, "depth": 2}
    best = found.best_run()
    assert best is not None
    assert best.summary["loss"] == 0.2
    assert best.sweep_name == made


def test_count_bounds_and_goes_on() -> None:
    """`count` runs, and another call goes on behind them."""
    made = wandb.sweep(GRID)
    wandb.agent(made, train, count=1)
    wandb.agent(made, train, count=5)
    assert len(wandb.Api().sweep(made).runs) == 3


def test_a_run_that_fails_does_not_end_the_sweep(capsys: pytest.CaptureFixture[str]) -> None:
    """Its traceback is shown, its run is failed, and the next begins; but not without end."""
    tried = []

    def sometimes() -> None:
        run = wandb.init()
        tried.append(run.config.lr)
        if run.config.lr == 0.3:
            raise ArithmeticError("too large")
        run.log({"loss": 1})

    made = wandb.sweep(GRID)
    wandb.agent(made, sometimes)
    assert tried == [0.3, 0.1, 0.2]
    assert "ArithmeticError: too large" in capsys.readouterr().err
    states = [run.state for run in wandb.Api().sweep(made).runs]
    assert states == ["finished", "finished", "failed"]

    def never() -> None:
        raise ArithmeticError("always")

    endless = wandb.sweep({"method": "random", "parameters": {"lr": {"min": 0.0, "max": 1.0}}})
    wandb.agent(endless, never)
    assert "3 runs failed and none went well" in capsys.readouterr().err


def test_a_program_gets_the_values_as_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep with `program` needs no function."""
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text("import sys; open('seen', 'a').write(' '.join(sys.argv[1:]) + ';')")
    wandb.agent(wandb.sweep({"program": "train.py", **GRID}))
    assert Path("seen").read_text() == ("--lr=0.3 --depth=2;--lr=0.1 --depth=2;--lr=0.2 --depth=2;")


def test_draws_keep_to_their_limits_and_leave_the_random_stream() -> None:
    """Every distribution of W&B's, nested parameters, and no number of the script's is used."""
    spec: dict[str, Any] = {
        "method": "random",
        "parameters": {
            "n": {"min": 1, "max": 4},
            "x": {"min": 0.5, "max": 2.5},
            "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
            "e": {"distribution": "log_uniform", "min": -3, "max": 0},
            "i": {"distribution": "inv_log_uniform_values", "min": 0.1, "max": 10},
            "q": {"distribution": "q_uniform", "min": 0, "max": 10, "q": 5},
            "g": {"distribution": "normal", "mu": 100, "sigma": 0.1},
            "l": {"distribution": "log_normal"},
            "b": {"distribution": "beta", "a": 2, "b": 2},
            "c": {"values": ["adam", "sgd"], "probabilities": [1.0, 0.0]},
            "net": {"parameters": {"width": {"values": [8, 16]}}},
        },
    }
    before = random.getstate()
    found = list(itertools.islice(draws(spec, "seed"), 200))
    assert random.getstate() == before
    assert found == list(itertools.islice(draws(spec, "seed"), 200))
    assert {row["n"] for row in found} == {1, 2, 3, 4}
    assert {row["q"] for row in found} == {0, 5, 10}
    assert {row["c"] for row in found} == {"adam"}
    assert {row["net"]["width"] for row in found} == {8, 16}
    limits = {"x": (0.5, 2.5), "lr": (1e-4, 0.1), "e": (0.04, 1), "i": (0.1, 10), "b": (0, 1)}
    for name, (low, high) in limits.items():
        assert low <= min(row[name] for row in found) <= max(row[name] for row in found) <= high
    assert 99 < sum(row["g"] for row in found) / len(found) < 101
    assert min(row["l"] for row in found) > 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "expects {'method'"),
        ({"method": "guess", "parameters": {}}, "expected one of"),
        ({"method": "grid", "parameters": {"lr": {"min": 0.1, "max": 1.0}}}, "a grid needs"),
        ({"method": "random", "parameters": {"lr": {"min": "a", "max": 1}}}, "can't be drawn"),
        ({"method": "random", "parameters": {"lr": 3}}, "must be a dict"),
    ],
)
def test_what_can_not_be_meant_is_said(given: dict[str, Any], message: str) -> None:
    """At once, not when the agent comes to it."""
    with pytest.raises(wandb.UsageError, match=message):
        wandb.sweep(given)


def test_an_unknown_sweep_and_an_agent_without_work() -> None:
    """Each says what is missing."""
    with pytest.raises(wandb.CommError, match="no sweep 'abc'"):
        wandb.agent("abc", train)
    with pytest.raises(wandb.UsageError, match="give a function"):
        wandb.agent(wandb.sweep(GRID))
