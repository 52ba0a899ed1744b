# SPDX-License-Identifier: Apache-2.0
"""Models that are trained one after the other, as in a search: each is let go, none is confused."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.probe.numbers import Numbers

from .conftest import Watch


def step(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Trains a network on one batch."""
    x = torch.randn(16, 8)
    loss = nn.functional.mse_loss(net(x), x.sum(1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def network(width: int = 6) -> nn.Sequential:
    """Four tensors."""
    return nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Linear(width, 1))


def trained(net: nn.Module, steps: int) -> list[weakref.ref[Any]]:
    """Weak references to its tensors, after so many steps of an optimizer that is gone then."""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        step(net, optimizer)
    return [weakref.ref(parameter) for parameter in net.parameters()]


def living(references: list[weakref.ref[Any]]) -> int:
    """How many of them are still there."""
    return sum(reference() is not None for reference in references)


def test_tensors_are_freed_with_their_model(watch: Watch) -> None:
    """At most the last one's are kept, until the next optimizer steps."""
    counts = []

    def train() -> None:
        made: list[weakref.ref[Any]] = []
        for _ in range(5):
            made += trained(network(), 20)
            gc.collect()
            counts.append(living(made))

    record = watch(train)
    assert max(counts) <= 4
    assert len(record.optimizers) == 5
    assert record.steps.numbers("step").size == 100


def test_a_tensor_at_the_address_of_another_has_its_own_number() -> None:
    """The tensors here never move: what is told is that the model that they were of is gone."""
    numbers, tensors = Numbers(), [torch.zeros(1) for _ in range(3)]
    for number, tensor in enumerate(tensors):
        numbers.of[id(tensor)] = number
        numbers.left.append(id(tensor))
    model = nn.Module()
    model.kept = nn.Parameter(tensors[1])
    numbers.of[id(model.kept)] = 3
    numbers.left.append(id(model.kept))
    numbers.held = lambda: [tensors[2]]
    numbers.sweep([weakref.ref(model)])
    assert set(numbers.of.values()) == {2, 3}
    assert all(numbers.ever(id(tensor)) for tensor in tensors)
    numbers.renew(id(tensors[0]))
    assert not numbers.ever(id(tensors[0]))
    del model
    numbers.held = tuple
    numbers.sweep([])
    assert numbers.of == {}


def test_each_optimizer_holds_the_tensors_of_its_own_model(watch: Watch) -> None:
    """Whatever lay at their addresses before."""

    def train() -> None:
        for _ in range(12):
            trained(network(), 4)
            gc.collect()

    record = watch(train)
    roots = {module.index: module.root for module in record.modules}
    for optimizer in record.optimizers:
        mine = [p for p in record.parameters if p.optimizer == optimizer.index]
        assert len(mine) == 4
        assert len({roots[p.module] for p in mine}) == 1


def test_an_optimizer_keeps_the_numbers_of_a_part_whose_model_is_gone(watch: Watch) -> None:
    """The head is thrown away; the body is trained on by the same optimizer, then by another."""

    def train() -> None:
        body, head = nn.Linear(8, 8), nn.Linear(8, 1)
        whole = nn.Sequential(body, head)
        optimizer = torch.optim.SGD(whole.parameters(), lr=0.01)
        for _ in range(3):
            step(whole, optimizer)
        del whole
        gc.collect()
        again = nn.Sequential(body, nn.Linear(8, 1))
        for _ in range(3):
            step(again, optimizer)
        trained(again, 3)

    record = watch(train)
    shapes = [p.shape for p in record.parameters]
    assert shapes.count((8, 8)) == 1


def test_a_lone_tensor_keeps_its_number_beyond_its_optimizer(watch: Watch) -> None:
    """Another one takes it over."""

    def train() -> None:
        lone = nn.Parameter(torch.zeros(3))
        for _ in range(2):
            optimizer = torch.optim.SGD([lone], lr=0.1)
            for _ in range(3):
                loss: Tensor = ((lone - 1.0) ** 2).sum()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            del optimizer
            gc.collect()

    record = watch(train)
    assert len(record.parameters) == 1
    assert record.parameters[0].optimizer == 1


def test_what_was_frozen_by_the_end_of_its_optimizer_is_told(watch: Watch) -> None:
    """Though it is gone at the end of the run."""

    def train() -> None:
        net = network()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(3):
            step(net, optimizer)
        for parameter in net[0].parameters():
            parameter.requires_grad = False
        optimizer = torch.optim.SGD(net[2].parameters(), lr=0.01)
        gc.collect()
        for _ in range(3):
            step(net, optimizer)

    [event] = watch(train).named("frozen-later")
    assert event.data["parameters"] == [0, 1]
