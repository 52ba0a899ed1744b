# SPDX-License-Identifier: Apache-2.0
"""Unit tests of networks: each asserts one thing that must hold of a network that can be trained.

They change nothing: weights, buffers and random streams are put back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from backprobe.experiments.batches import device_of, split, to_device
from backprobe.experiments.check import check
from backprobe.experiments.checks import first_loss, independence, init, overfit
from backprobe.experiments.checks.subject import Subject
from backprobe.experiments.keeping import Kept
from backprobe.experiments.objective import Criterion, Objective
from backprobe.report.checks import Check, CheckTable


def assert_trains(
    model: nn.Module, loss_fn: Criterion | None, batch: Any, seconds: float = 20.0
) -> None:
    """Asserts that a gradient reaches every layer and that one batch can be learned by heart.

    Arguments:
        model: the network.
        loss_fn: takes output and target; None takes the loss that fits.
        batch: `(x, y)` or a dict.
        seconds: for the training.

    Raises:
        AssertionError: with what was measured, what was expected, and the likely reason.
    """
    _assert(model, loss_fn, batch, (init.gradients, overfit.overfit), seconds)


def assert_gradients_flow(model: nn.Module, loss_fn: Criterion | None, batch: Any) -> None:
    """Asserts that a finite gradient reaches every trainable parameter.

    Raises:
        AssertionError: with the parameters that get none.
    """
    _assert(model, loss_fn, batch, (init.gradients,))


def assert_samples_independent(model: nn.Module, batch: Any) -> None:
    """Asserts that in eval mode the output of a row does not depend on the rows beside it.

    Raises:
        AssertionError: with how far it is moved.
    """
    _assert(model, None, batch, (independence.independence,))


def assert_initial_loss(model: nn.Module, loss_fn: Criterion | None, batch: Any) -> None:
    """Asserts that the untrained network's loss is what no opinion gives, such as ln C.

    Raises:
        AssertionError: with the loss, what was expected, and why.
    """
    _assert(model, loss_fn, batch, (first_loss.first_loss,))


def assert_healthy(
    model: nn.Module,
    loss_fn: Criterion | None,
    loader: Iterable[Any],
    optimizer: torch.optim.Optimizer | None = None,
    *,
    allow: Iterable[str] = (),
    strict: bool = False,
    seconds: float = 40.0,
) -> CheckTable:
    """Asserts that no check of the whole pre-flight fails.

    Arguments:
        model, loss_fn, loader, optimizer, seconds: as of `backprobe.check`.
        allow: names of checks that may fail.
        strict: whether a warning fails too.

    Returns:
        The table.

    Raises:
        AssertionError: with the table.
    """
    table = check(model, loss_fn, loader, optimizer, seconds=seconds)
    graver = ("fail", "warn") if strict else ("fail",)
    bad = [one for one in table if one.status in graver and one.name not in tuple(allow)]
    if bad:
        raise AssertionError(f"{', '.join(one.name for one in bad)} not passed\n{table}")
    return table


def _assert(
    model: nn.Module,
    loss_fn: Criterion | None,
    batch: Any,
    asked: tuple[Callable[[Subject], list[Check]], ...],
    seconds: float = 20.0,
) -> None:
    given = split(to_device(batch, device_of(model)), model)
    kept = Kept([model])
    try:
        subject = Subject(model, Objective(model, loss_fn), [given])
        subject.deadline = time.monotonic() + seconds
        for ask in asked:
            for one in ask(subject):
                if one.status in ("fail", "warn"):
                    raise AssertionError(
                        f"{one.name}: {one.measured}, expected {one.expected}. {one.message}"
                    )
    finally:
        kept.restore()
