# SPDX-License-Identifier: Apache-2.0
"""One sweep: the rate rises from step to step while the network trains, until the loss diverges."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.experiments.batches import Supply, to_device
from backprobe.experiments.objective import Objective


@dataclass
class Setting:
    """How a sweep is made.

    Arguments:
        rates: of the first group, one a step.
        smooth: weight of a new loss in the average that divergence is told by; 0 is none.
        diverge: the sweep ends where the average is so many times its best, or, of losses that
            can be negative, has risen by so many times what it fell.
        accumulation: batches a step; their losses are averaged.
        device: that batches are put on, None to leave them.
        scaler: of mixed precision, the sweep's own; or None.
        autocast: arguments of `torch.autocast`; None is full precision.
        non_blocking: of the copies to the device.
        seen: told of each point's rate and loss.
    """

    rates: Sequence[float]
    smooth: float = 0.05
    diverge: float = 5.0
    accumulation: int = 1
    device: Any = None
    scaler: Any = None
    autocast: dict[str, Any] | None = None
    non_blocking: bool = False
    seen: Callable[[float, float], None] | None = None


@dataclass
class Points:
    """What a sweep measured.

    Arguments:
        lr: rate of the first group at each step.
        loss: loss before that step, as measured.
        end: why it ended: "whole", "diverged" or "not finite".
    """

    lr: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    end: str = "whole"


def sweep(
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    supply: Supply,
    setting: Setting,
    held_out: Iterable[Any] | None = None,
) -> Points:
    """Trains over the rates; the objects are left as the sweep left them.

    Every group's rate is scaled by the same factor, so that their proportion stays. In distributed
    training all ranks see the mean loss, and so end at the same step. A step that a scaler skips
    because of a gradient that is not finite is repeated with the next batch, and no point.

    Arguments:
        objective: gives a batch's loss.
        optimizer: of its model.
        supply: batches.
        setting: how.
        held_out: batches whose mean loss is measured instead of the training loss.
    """
    points, average, best = Points(), math.nan, math.inf
    factors = proportions(optimizer)
    skipped = 0
    position = 0
    while position < len(setting.rates):
        rate = setting.rates[position]
        for group, factor in zip(optimizer.param_groups, factors, strict=True):
            _set(group, rate * factor)
        loss, stepped = _step(objective, optimizer, supply, setting)
        if not stepped and skipped < 2 * len(setting.rates):
            skipped += 1
            continue
        position += 1
        if held_out is not None:
            loss = _mean_loss(objective, held_out, setting)
        loss = agreed(loss, objective.model)
        points.lr.append(rate)
        points.loss.append(loss)
        if setting.seen is not None:
            setting.seen(rate, loss)
        if not math.isfinite(loss):
            points.end = "not finite"
            break
        new = loss if setting.smooth <= 0 or math.isnan(average) else None
        average = (
            loss if new is not None else setting.smooth * loss + (1 - setting.smooth) * average
        )
        best = min(best, average)
        if diverged(points.loss, average, best, setting.diverge):
            points.end = "diverged"
            break
    optimizer.zero_grad(set_to_none=True)
    return points


def diverged(losses: Sequence[float], average: float, best: float, times: float) -> bool:
    """Whether a smoothed loss is beyond any use.

    A multiple of the best means nothing for losses that can be negative: there the rise counts,
    in units of the fall.
    """
    if min(losses) > 0:
        return average > times * best
    fall = losses[0] - best
    return fall > 0 and average - best > times * fall


def proportions(optimizer: torch.optim.Optimizer) -> list[float]:
    """Each group's rate over the first one's; 1 where a rate of 0 says nothing."""
    rates = [
        float(group.get("lr", 0.0) or group.get("initial_lr", 0.0))
        for group in optimizer.param_groups
    ]
    if not rates or rates[0] <= 0:
        return [1.0 for _ in rates]
    return [rate / rates[0] if rate > 0 else (0.0 if rates[0] > 0 else 1.0) for rate in rates]


def _set(group: dict[str, Any], rate: float) -> None:
    if isinstance(group.get("lr"), Tensor):
        group["lr"].fill_(rate)  # a compiled or captured step reads this very tensor
    else:
        group["lr"] = rate


def _step(
    objective: Objective, optimizer: torch.optim.Optimizer, supply: Supply, setting: Setting
) -> tuple[float, bool]:
    """One optimizer step; the mean loss of its batches, and whether the scaler let it happen."""
    optimizer.zero_grad(set_to_none=True)
    total = 0.0
    for _ in range(setting.accumulation):
        batch = to_device(supply.next(), setting.device, setting.non_blocking)
        with _precision(setting, objective.model):
            loss = objective(batch)
        total += float(loss.detach())
        if not math.isfinite(total):
            return total, True
        scaled = loss / setting.accumulation
        (scaled if setting.scaler is None else setting.scaler.scale(scaled)).backward()
    if setting.scaler is None:
        optimizer.step(_closure(objective, optimizer, batch) if _needs_closure(optimizer) else None)
        return total / setting.accumulation, True
    before = setting.scaler.get_scale()
    setting.scaler.step(optimizer)
    setting.scaler.update()
    return total / setting.accumulation, setting.scaler.get_scale() >= before


def _needs_closure(optimizer: torch.optim.Optimizer) -> bool:
    return isinstance(optimizer, torch.optim.LBFGS)


def _closure(objective: Objective, optimizer: torch.optim.Optimizer, batch: Any) -> Any:
    def again() -> Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = objective(batch)
        loss.backward()
        return loss

    return again


def _precision(setting: Setting, model: nn.Module) -> Any:
    if setting.autocast is None:
        return nullcontext()
    first = next(model.parameters(), None)
    kind = "cpu" if first is None else first.device.type
    return torch.autocast(**{"device_type": kind, **setting.autocast})


def _mean_loss(objective: Objective, batches: Iterable[Any], setting: Setting) -> float:
    model = objective.model
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    total, rows = 0.0, 0
    try:
        with torch.no_grad():
            for given in batches:
                with _precision(setting, model):
                    batch, output = objective.forward(to_device(given, setting.device))
                    loss = objective.loss_of(batch, output)
                total += float(loss) * max(1, batch.rows)
                rows += max(1, batch.rows)
    finally:
        for module, mode in modes:
            module.training = mode
    return total / rows if rows else math.nan


def agreed(loss: float, model: nn.Module) -> float:
    """The mean of a loss over the ranks of distributed training; the loss itself elsewhere."""
    if not distributed(model):
        return loss
    first = next(model.parameters())
    value = torch.tensor([loss], dtype=torch.float64 if first.device.type != "mps" else None)
    value = value.to(first.device)
    torch.distributed.all_reduce(value)
    return float(value) / torch.distributed.get_world_size()


def distributed(model: nn.Module) -> bool:
    """Whether the ranks of this process group train one model together."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return False
    if torch.distributed.get_world_size() == 1:
        return False
    parallel = isinstance(model, nn.parallel.DistributedDataParallel)
    return parallel or any(hasattr(one, "full_tensor") for one in model.parameters())


def own_scaler(scaler: Any) -> Any:
    """A scaler like the user's, whose scale a sweep may drive down."""
    return None if scaler is None else copy.deepcopy(scaler)
