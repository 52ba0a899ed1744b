# SPDX-License-Identifier: Apache-2.0
"""One line that calls `backward` for several networks: one after the other, or by turns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from backprobe.records import Record
from backprobe.signals.losses import main_loss

from .conftest import Watch
from .test_asked import record_of

STEPS = 60


def update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """As scripts share it."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def network(outputs: int) -> nn.Sequential:
    """Six inputs, so many outputs."""
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, outputs))


def fit(net: nn.Module, error: Callable[[Tensor], Tensor]) -> None:
    """Trains a network by an optimizer of its own."""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(STEPS):
        update(optimizer, error(net(torch.randn(16, 6))))


def squared(output: Tensor) -> Tensor:
    """From 1."""
    return nn.functional.mse_loss(output, torch.ones_like(output))


def classes(output: Tensor) -> Tensor:
    """All of the first."""
    return nn.functional.cross_entropy(output, torch.zeros(len(output), dtype=torch.int64))


def kinds_of_rows(record: Record) -> list[str]:
    """Kind of the loss of each step, ? where it is not known."""
    kinds = {loss.index: loss.kind for loss in record.losses}
    which = record.steps.numbers("loss_index")
    return [kinds.get(int(k), "?") for k in np.nan_to_num(which, nan=-1.0)]


def one_after_the_other() -> None:
    """A regression, then classes."""
    fit(network(6), squared)
    fit(network(3), classes)


def test_a_second_network_has_a_loss_of_its_own(watch: Watch) -> None:
    """Each row is of the loss that it was, but for the very first of another."""
    record = watch(one_after_the_other)
    assert [loss.kind for loss in record.losses] == ["mse", "cross_entropy"]
    told = kinds_of_rows(record)
    assert told[:STEPS] == ["mse"] * STEPS
    assert told[STEPS + 1 :] == ["cross_entropy"] * (STEPS - 1)
    assert told[STEPS] in ("?", "cross_entropy")


def test_the_run_is_about_the_last_one_where_few_steps_are_observed() -> None:
    """The value of each of its steps is known."""
    record = record_of(one_after_the_other, 0.0005)
    main = main_loss(record)
    assert main.loss is not None
    assert main.loss.kind == "cross_entropy"
    assert len(main.value) >= STEPS - 1


def test_folds_share_one_loss(watch: Watch) -> None:
    """The same network anew, with the same loss."""

    def train() -> None:
        for _ in range(3):
            fit(network(3), classes)

    record = watch(train)
    assert [loss.kind for loss in record.losses] == ["cross_entropy"]
    assert kinds_of_rows(record).count("cross_entropy") >= 3 * STEPS - 2


def test_a_loss_comes_back_with_a_third_network(watch: Watch) -> None:
    """One training after another: none takes turns."""

    def train() -> None:
        fit(network(6), squared)
        fit(network(3), classes)
        fit(network(6), squared)

    told = kinds_of_rows(watch(train))
    assert told[2 * STEPS + 1 :] == ["mse"] * (STEPS - 1)


def by_turns() -> None:
    """An actor and a critic."""
    actor, critic = network(3), network(1)
    of_actor = torch.optim.Adam(actor.parameters(), lr=0.01)
    of_critic = torch.optim.Adam(critic.parameters(), lr=0.01)
    for _ in range(STEPS):
        x = torch.randn(16, 6)
        update(of_critic, squared(critic(x)))
        update(of_actor, classes(actor(x)))


def test_losses_that_take_turns_at_one_line_are_told_apart(watch: Watch) -> None:
    """Where a step is observed."""
    told = kinds_of_rows(watch(by_turns))
    assert told[2:] == ["mse", "cross_entropy"] * (STEPS - 1)


def test_where_they_are_not_observed_nobody_knows_which_it_is() -> None:
    """So that no row is counted as another loss's."""
    record = record_of(by_turns, 0.0005)
    told = kinds_of_rows(record)
    assert "?" in told[50:]
    steps = record.steps.numbers("step").astype(int)
    wrong = [
        kind
        for step, kind in zip(steps.tolist(), told, strict=True)
        if kind not in ("?", ("mse", "cross_entropy")[step % 2])
    ]
    assert len(wrong) <= 1
