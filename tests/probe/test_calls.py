# SPDX-License-Identifier: Apache-2.0
"""Compiled calls tell exactly what Python tells without them."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import nn

from backprobe.probe import entry
from backprobe.probe.kernels import calls
from backprobe.probe.outputs import SIGNALS as OUTPUTS
from backprobe.probe.parameters import ParameterSet
from backprobe.probe.parameters_late import SIGNALS as PARAMETERS
from backprobe.probe.recorder import STEP_COLUMNS
from backprobe.records import Record
from tests.probe.settings import Watch

STEPS = 60
TIMES = {"time", "seconds"}
Odd = Callable[[nn.Module, torch.optim.Optimizer, int], None]


def nothing(*_: object) -> None:
    """A training like any other."""


def moved(net: nn.Module, _: torch.optim.Optimizer, number: int) -> None:
    """Weights that get other memory, or lie in it otherwise."""
    if number == 30:
        for parameter in net.parameters():
            parameter.data = parameter.data.clone()
    if number == 40:
        net.get_parameter("head.weight").data = (
            net.get_parameter("head.weight").data.t().clone().t()
        )


def frozen(net: nn.Module, _: torch.optim.Optimizer, number: int) -> None:
    """Layers that get no gradients for a while."""
    net.get_submodule("stem").requires_grad_(not 30 <= number < 40)


def scheduled(_: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> None:
    """A rate, and later another setting, that change."""
    if number > 25:
        optimizer.param_groups[0]["lr"] *= 0.9
    if number == 45:
        optimizer.param_groups[0]["weight_decay"] = 0.1


def broken(net: nn.Module, _: torch.optim.Optimizer, number: int) -> None:
    """A weight that is no number, for one step."""
    head: Any = net.get_submodule("head")
    if number in (40, 41):
        with torch.no_grad():
            head.bias[0] = float("nan") if number == 40 else 0.0


def grown(net: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> None:
    """A layer that is another one from a step on."""
    if number == 35:
        optimizer.param_groups[0]["params"] = optimizer.param_groups[0]["params"][:-2]
        net.register_module("head", nn.Linear(16, 4))
        optimizer.add_param_group({"params": list(net.get_submodule("head").parameters())})
        gc.collect()


def network() -> nn.Module:
    """Layers as modules alone: functional activations are looked at now and then, by the clock."""
    layers = {
        "stem": nn.Linear(8, 16),
        "norm": nn.BatchNorm1d(16),
        "relu": nn.ReLU(),
        "block": nn.Sequential(nn.LayerNorm(16), nn.Linear(16, 16), nn.Tanh(), nn.Dropout(0.1)),
        "head": nn.Linear(16, 4),
    }
    return nn.Sequential(OrderedDict(layers))


def train(odd: Odd, rows: Callable[[int], int]) -> tuple[Callable[[], None], nn.Module]:
    """Steps on random data, before each of which something may happen."""
    torch.manual_seed(0)
    net = network()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)

    def loop() -> None:
        for number in range(STEPS):
            odd(net, optimizer, number)
            x, y = torch.randn(rows(number), 8), torch.randint(0, 4, (rows(number),))
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad(set_to_none=number % 20 != 10)
            loss.backward()
            optimizer.step()

    return loop, net


def alike(record: Record, other: Record) -> None:
    """Every number that does not tell the time is the same."""
    for each in (record, other):
        assert each.named("failure") == ()
    for name in STEP_COLUMNS:
        if name not in TIMES:
            assert np.array_equal(record.steps[name], other.steps[name], equal_nan=True), name
    for series, twin, names in (
        (record.parameters_series, other.parameters_series, PARAMETERS),
        (record.outputs, other.outputs, OUTPUTS),
    ):
        assert series.step.tolist() == twin.step.tolist()
        assert series.index.tolist() == twin.index.tolist()
        for name in names:
            assert np.array_equal(series.values[name], twin.values[name], equal_nan=True), name


def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the compiled calls away."""
    monkeypatch.setattr(calls, "_library", lambda: None)


def steady(_: int) -> int:
    """As many rows in each batch."""
    return 6


def uneven(number: int) -> int:
    """A last batch that is smaller."""
    return 3 if number % 7 == 6 else 6


@pytest.mark.parametrize("rows", [steady, uneven])
@pytest.mark.parametrize("odd", [nothing, moved, frozen, scheduled, broken, grown])
def test_python_tells_the_same(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, odd: Odd, rows: Callable[[int], int]
) -> None:
    """Of a training that is observed in full."""
    assert calls._library() is not None, "no C compiler: compiled calls are not tested"
    compiled = watch(*train(odd, rows))
    without(monkeypatch)
    alike(compiled, watch(*train(odd, rows)))


def test_layers_are_followed_without_the_interpreter(watch: Watch) -> None:
    """Python's hook is called for the root alone once nothing is new."""
    loop, net = train(nothing, steady)
    asked: list[int] = []

    def counted() -> None:
        probe = entry.current()
        assert probe is not None
        measure = probe.forward._layers.measure

        def told(module: nn.Module, args: Any, output: Any) -> None:
            asked.append(probe.state.step)
            measure(module, args, output)

        probe.forward._layers.measure = told  # type: ignore[method-assign]
        loop()

    watch(counted, net)
    assert asked.count(5) > 0
    quiet = [step for step in range(20, STEPS) if step not in asked]
    assert len(quiet) > (STEPS - 20) / 2


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_gradients_that_python_must_look_at(dtype: torch.dtype) -> None:
    """Strided and sparse ones; those that are gone are read as none."""
    given = [nn.Parameter(torch.randn(6, 4).to(dtype)) for _ in range(3)]
    found = []
    for compiled in (True, False):
        measured = ParameterSet(given, range(3))
        assert measured.reading is not None
        if not compiled:
            measured.reading = None  # as where nothing could be compiled
        rows = []
        for gradients in (
            [torch.ones(6, 4, dtype=dtype), torch.ones(4, 6, dtype=dtype).t(), None],
            [torch.full((6, 4), 2.0, dtype=dtype), None, torch.zeros(6, 4, dtype=dtype)],
            [None, None, None],
        ):
            for parameter, gradient in zip(given, gradients, strict=True):
                parameter.grad = gradient
            measured.before(False)
            measured.after(False)
            assert measured.block is not None
            rows.append((measured.squares, measured.block.row.copy(), measured.checked_none()))
        found.append(rows)
    for (squares, row, gone), (others, twin, left) in zip(*found, strict=True):
        assert squares == others
        assert gone == left
        assert np.array_equal(row, twin, equal_nan=True)
