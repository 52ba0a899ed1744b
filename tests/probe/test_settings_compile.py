# SPDX-License-Identifier: Apache-2.0
"""Compiled programs: as many graphs and breaks as without the probe, and the same losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo as dynamo
import torch.nn.functional as F  # as users write it
from torch import Tensor, fx, nn
from torch._dynamo.utils import counters

from backprobe.probe import budget
from tests.probe.settings import Net, Training, Watch, batch, twice

pytestmark = [
    # torch's own, at the first import of Inductor and of its tables
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    # Dynamo asks each input for its gradient, also those that are no leaves
    pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor"),
]
COMPILED = "a compiled region: layer outputs inside it are not measured"


@pytest.fixture(autouse=True)
def _fresh_dynamo() -> Iterator[None]:
    dynamo.reset()
    yield
    dynamo.reset()


class Graphs:
    """A backend that counts what it is given and runs it as it is."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, graph: fx.GraphModule, _: Any) -> Callable[..., Any]:
        self.count += 1
        return graph.forward


def training(way: str, fullgraph: bool) -> Callable[[], tuple[Training, list[nn.Module]]]:
    """A short training with one evaluation in it, compiled in one of the ways people do."""

    def make() -> tuple[Training, list[nn.Module]]:
        dynamo.reset()
        counters.clear()
        backend = Graphs()
        net = Net()
        optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
        step: Callable[[], Any] = optimizer.step
        model: Callable[[Tensor], Tensor] = net
        if way == "torch.compile(model)":
            model = torch.compile(net, backend=backend, fullgraph=fullgraph)
        elif way == "model.compile()":
            net.compile(backend=backend, fullgraph=fullgraph)
        elif way == "submodule.compile()":
            for block in net.blocks:
                block.compile(backend=backend, fullgraph=fullgraph)
        elif way == "compiled optimizer step":
            step = torch.compile(optimizer.step, backend=backend)

        def loss_of(x: Tensor, y: Tensor) -> Tensor:
            return F.cross_entropy(model(x), y)

        if way == "compiled loss function":
            loss_of = torch.compile(loss_of, backend=backend, fullgraph=fullgraph)

        def step_of(x: Tensor, y: Tensor) -> Tensor:
            optimizer.zero_grad()
            loss = loss_of(x, y)
            loss.backward()
            step()
            return loss

        if way == "compiled training step":
            step_of = torch.compile(step_of, backend=backend)

        def train() -> Any:
            losses = []
            for count in (8, 4):
                net.train()
                losses += [step_of(*batch()).item() for _ in range(count)]
                net.eval()
                with torch.no_grad():
                    losses.append(loss_of(*batch()).item())
            return losses, backend.count, sum(counters["graph_break"].values())

        return train, [net]

    return make


@pytest.mark.parametrize(
    "way",
    [
        "torch.compile(model)",
        "model.compile()",
        "submodule.compile()",
        "compiled loss function",
    ],
)
@pytest.mark.parametrize(("fullgraph", "thinned"), [(False, False), (True, True)])
def test_compiled_forward(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, way: str, fullgraph: bool, thinned: bool
) -> None:
    """No graph more, no break, no warning; every step's gradients, weights, updates and loss."""
    if thinned:  # steps that are not observed must not cost a compilation either
        turn = iter(range(1000))
        monkeypatch.setattr(budget.Budget, "next", lambda _: next(turn) % 3 != 2)
    found = twice(watch, training(way, fullgraph))
    record, (losses, graphs, breaks) = found.record, found.watched
    assert (graphs, breaks) == (2, 0)
    assert COMPILED in record.blind_spots
    assert np.allclose(record.steps["loss"], losses[:8] + losses[9:13], rtol=1e-5)
    assert len(record.optimizers) == 1
    seen = record.parameters_series
    assert len(seen.step) == (8 if thinned else 12)
    assert (seen.values["update_rms"] > 0).all()
    assert (np.nan_to_num(seen.values["grad_rms"]) > 0).all()
    if way != "compiled loss function":  # there no module is called from outside a graph
        assert (record.steps["samples"][record.steps["observed"] > 0] == 6).all()
        assert len(record.evaluations) == 2
    if way == "submodule.compile()":
        assert {place.name for place in record.places} == {"stem", "norm", "head"}


@pytest.mark.parametrize("way", ["compiled optimizer step", "compiled training step"])
def test_compiled_step(watch: Watch, way: str) -> None:
    """Where Dynamo breaks the graph anyway its pieces stay as many, and the step is seen."""
    make = training(way, False)

    def without_breaks() -> tuple[Training, list[nn.Module]]:
        train, models = make()
        return lambda: train()[:2], models  # where it breaks the reasons are told differently

    found = twice(watch, without_breaks)
    record, (losses, graphs) = found.record, found.watched
    assert graphs == (1 if "optimizer" in way else 2)
    assert np.allclose(record.steps["loss"], losses[:8] + losses[9:13], rtol=1e-5)
    assert np.allclose(record.steps["lr"], 0.01)
    assert (record.steps["optimizer"] == 0).all()
    assert (record.steps["carried"][1:] == 0).all()
    assert record.losses[0].kind == "cross_entropy"
    assert (record.parameters_series.values["update_rms"] > 0).all()


@pytest.mark.slow
def test_inductor(watch: Watch) -> None:
    """The default backend, as nanoGPT uses it: bf16 autocast around a compiled model."""

    def make() -> tuple[Training, list[nn.Module]]:
        dynamo.reset()
        counters.clear()
        net = Net()
        model = torch.compile(net)
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)

        def train() -> Any:
            losses = []
            for _ in range(4):
                x, y = batch()
                with torch.autocast("cpu", torch.bfloat16):
                    loss = F.cross_entropy(model(x), y)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses, counters["stats"]["unique_graphs"], dict(counters["graph_break"])

        return train, [net]

    found = twice(watch, make)
    assert found.watched[1:] == (1, {})
    assert np.allclose(found.record.steps["loss"], found.watched[0], rtol=1e-5)
    assert (found.record.parameters_series.values["update_rms"] > 0).all()
