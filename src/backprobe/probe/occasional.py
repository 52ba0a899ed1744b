# SPDX-License-Identifier: Apache-2.0
"""Measurements too dear for every step: taken on one observed step in `EVERY`, on samples.

Each returns 0-d tensors on the device of its input; none of them waits for a device, except the
effective rank, whose decomposition runs on the host and which is left out on other devices.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

EVERY = 64
"""Observed steps between two such looks (the first is at the first step)."""
MAX_SIDE = 128
"""Rows and units of an output that its effective rank is computed from."""


def effective_rank(sample: Tensor) -> Tensor | None:
    """How many directions an output uses, as a share of those it could: 0 to 1.

    The exponential of the entropy of the normalised singular values (Roy and Vetterli 2007), over
    the smaller side of the centred matrix.

    Arguments:
        sample: [rows, units, inner], on the CPU.
    """
    if sample.device.type != "cpu":
        return None
    matrix = sample.detach()[:, :, 0].double()
    matrix = matrix[:MAX_SIDE, :MAX_SIDE]
    if min(matrix.shape) < 2 or not bool(torch.isfinite(matrix).all()):
        return None
    values = torch.linalg.svdvals(matrix - matrix.mean(dim=0))
    total = values.sum()
    if float(total) <= 0:
        return torch.zeros(())
    share = values[values > 0] / total
    return torch.exp(-(share * share.log()).sum()) / min(matrix.shape[0] - 1, matrix.shape[1])


def batchnorm_gap(module: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """How far a batch norm's running statistics are from those of the batch it is given.

    Returns:
        `bn_mean_gap`: RMS over channels of (batch mean - running mean) / running deviation; about
        1/sqrt(batch rows) where they agree. `bn_var_ratio`: geometric mean over channels of batch
        variance / running variance; 1 where they agree. Empty without running statistics.
    """
    mean, variance = getattr(module, "running_mean", None), getattr(module, "running_var", None)
    if not isinstance(mean, Tensor) or not isinstance(variance, Tensor) or x.dim() < 2:
        return {}
    with torch.no_grad():
        rows = x.detach().float().transpose(0, 1).reshape(x.shape[1], -1)
        if rows.shape[1] < 2 or rows.shape[0] != mean.numel():
            return {}
        spread = torch.sqrt(variance.float() + float(getattr(module, "eps", 1e-5)))
        gap = (rows.mean(dim=1) - mean.float()) / spread
        ratio = (rows.var(dim=1) + 1e-12).log() - (variance.float() + 1e-12).log()
        return {"bn_mean_gap": gap.square().mean().sqrt(), "bn_var_ratio": ratio.mean().exp()}


def second_moment_lag(gradient: Tensor, moment: Tensor, step: float, beta: float) -> Tensor:
    """RMS of gradient / sqrt(second moment), bias-corrected: about 1 while Adam keeps up.

    Spikes follow where the second moment under-estimates the gradient (Wortsman et al. 2023,
    arXiv:2304.13013, "RMS_t").

    Arguments:
        gradient, moment: the same sampled coordinates [k].
        step: steps that the moment has seen.
        beta: its decay rate.
    """
    corrected = moment.float() / (1 - beta ** max(1.0, step))
    return torch.sqrt((gradient.float().square() / (corrected + 1e-16)).mean())


def adam_state(
    optimizer: Any, group: dict[str, Any], parameter: Tensor
) -> tuple[Tensor, float, float] | None:
    """The second moment, its step count and its decay rate, where an optimizer keeps one.

    Arguments:
        optimizer: whose state is asked.
        group: of its groups the one that holds the parameter.
        parameter: which.
    """
    state = optimizer.state.get(parameter)
    if not state or "exp_avg_sq" not in state:
        return None
    step = state.get("step", 0)
    if isinstance(step, Tensor) and step.device.type != "cpu":
        return None
    betas = group.get("betas")
    return None if betas is None else (state["exp_avg_sq"], float(step), float(betas[1]))
