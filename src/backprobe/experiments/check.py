# SPDX-License-Identifier: Apache-2.0
"""`check`: the pre-flight of a model, its loss and its data, in under a minute."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from backprobe.experiments.batches import Batch, device_of, split, to_device
from backprobe.experiments.checks import (
    data,
    first_loss,
    independence,
    init,
    modes,
    overfit,
    rate,
    size,
    slips,
    targets,
)
from backprobe.experiments.checks.subject import MAX_ELEMENTS, Subject
from backprobe.experiments.checks.training import adam, train
from backprobe.experiments.keeping import Kept
from backprobe.experiments.objective import Criterion, Objective
from backprobe.experiments.watched import watched
from backprobe.records import Finding, Record
from backprobe.report.checks import Check, CheckTable

CHECKS: tuple[tuple[str, Callable[[Subject], list[Check]]], ...] = (
    ("finite-data", data.values),
    ("input-scale", data.scale),
    ("constant-features", data.features),
    ("duplicate-rows", data.rows),
    ("order", data.order),
    ("class-balance", targets.balance),
    ("target-scale", targets.numbers),
    ("size", size.size),
    ("init-signal", init.init),
    ("initial-loss", first_loss.first_loss),
    ("gradient-flow", init.gradients),
    ("sample-independence", independence.independence),
    ("overfit-one-batch", overfit.overfit),
    ("train-eval", modes.modes),
    ("zero-inputs", overfit.blank),
    ("learning-rate", rate.rate),
    ("architecture", slips.slips),
)
"""Name of the first line → what is asked, in the order of the table: cheap ones first."""
MOST_BATCHES = 64
WATCHED_STEPS = 40
"""Steps of the training that the rules look at."""


def check(
    model: nn.Module,
    loss_fn: Criterion | None = None,
    loader: Iterable[Any] | None = None,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    val_loader: Iterable[Any] | None = None,
    device: Any = None,
    seconds: float = 40.0,
) -> CheckTable:
    """Checks data, network, loss and learning rate before they are trained.

    Nothing of yours is changed: weights, buffers, optimizer, random streams and the loader's
    generators are put back bit for bit.

    Arguments:
        model: the network, as it will begin.
        loss_fn: takes output and target; None takes the loss that fits, see `LRFinder`.
        loader: training batches; a single batch `(x, y)` will do.
        optimizer: whose rate is judged; None leaves that out.
        val_loader: held-out batches, looked through for rows that are trained on.
        device: that batches are put on; by default the model's.
        seconds: after which no further experiment is begun.

    Returns:
        A table: print it, ask `.ok`, or `table["initial-loss"].measured`.

    Raises:
        TypeError: a model, loader or batch of no known kind.
        ValueError: the loader gives no batch.

    Example:
        >>> table = backprobe.check(model, nn.CrossEntropyLoss(), loader, optimizer)
        >>> assert table.ok, str(table)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is {type(model).__name__}; expected a torch.nn.Module")
    if loader is None:
        raise TypeError("check() needs batches: check(model, loss_fn, loader, optimizer)")
    began = time.monotonic()
    kept = Kept([model], optimizer, [], loader)
    place = device if device is not None else device_of(model)
    try:
        served = _served(loader, model, place)
        if not served:
            raise ValueError("the loader gives no batch; give one that has some")
        held = _served(val_loader, model, place) if val_loader is not None else []
        objective, why = _objective(model, loss_fn, served[0])
        rows = _rows(loader) or sum(batch.rows for batch in served)  # one pass at most
        if getattr(getattr(loader, "sampler", None), "replacement", False):
            rows = 0  # the same row may be served again within a pass
        subject = Subject(model, objective, served, held, optimizer, rows, why)
        subject.deadline = began + seconds
        subject.shuffles = _shuffles(loader)
        subject.findings, subject.record = _findings(subject)
        return made(subject, began)
    finally:
        kept.restore()


def made(subject: Subject, began: float, rules: bool = True) -> CheckTable:
    """The table of a subject; a check that fails by our own fault is skipped and says so.

    Arguments:
        subject: what is checked.
        began: when, by `time.monotonic`.
        rules: whether the lines of the rules are made here too.
    """
    found: list[Check] = []
    for name, ask in CHECKS:
        if ask is slips.slips and not rules:
            continue
        if subject.seconds_left <= 0 and ask in (
            overfit.overfit,
            overfit.blank,
            modes.modes,
            rate.rate,
        ):
            found.append(Check(name, "skipped", message="the time was up; give it more seconds"))
            continue
        try:
            found += [_plain(one) for one in ask(subject)]
        except Exception as error:  # noqa: BLE001  # one check must not cost the others
            why = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            found.append(Check(name, "skipped", message=f"it could not be made: {why}"))
    return CheckTable(tuple(found), time.monotonic() - began)


def _served(loader: Iterable[Any], model: nn.Module, device: Any) -> list[Batch]:
    """The first batches of a loader; a tuple or dict that is one batch itself is taken as it is."""
    if isinstance(loader, dict) or (
        isinstance(loader, tuple)
        and loader
        and all(isinstance(part, torch.Tensor) for part in loader)
    ):
        return [split(to_device(loader, device), model)]
    found: list[Batch] = []
    elements = 0
    for given in loader:
        batch = split(to_device(given, device), model)
        found.append(batch)
        elements += sum(one.numel() for one in batch.args if isinstance(one, torch.Tensor))
        if len(found) >= MOST_BATCHES or elements > MAX_ELEMENTS:
            break
    return found


def _objective(
    model: nn.Module, loss_fn: Criterion | None, batch: Batch
) -> tuple[Objective | None, str]:
    """The loss, or None and why there is none."""
    objective = Objective(model, loss_fn)
    kept = Kept([model])
    try:
        with torch.random.fork_rng([]), torch.no_grad():
            objective(batch)
    except ValueError as error:
        return None, str(error)
    finally:
        kept.restore_objects()
    return objective, ""


def _findings(subject: Subject) -> tuple[list[Finding] | None, Record | None]:
    """The rules over a short training, and its record; None where none can be made."""
    if subject.objective is None or not subject.trainable():
        return None, None
    steps = WATCHED_STEPS
    own = subject.optimizer
    make = None if own is not None and not isinstance(own, torch.optim.LBFGS) else adam(1e-3)

    def some() -> None:
        train(subject, subject.batches, make, steps, 0.15 * subject.seconds_left)

    with subject.fresh("train"):
        return watched(some)


def _rows(loader: Any) -> int:
    dataset = getattr(loader, "dataset", None)
    try:
        return len(dataset) if dataset is not None else 0
    except TypeError:  # an iterable dataset has no length
        return 0


def _shuffles(loader: Any) -> bool | None:
    sampler = getattr(loader, "sampler", None)
    return True if sampler is not None and "Random" in type(sampler).__name__ else None


def _plain(one: Check) -> Check:
    """Numbers that JSON takes."""
    value = one.measured
    if isinstance(value, float) and not math.isfinite(value):
        return replace(one, measured=str(value))
    return one
