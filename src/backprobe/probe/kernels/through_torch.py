# SPDX-License-Identifier: Apache-2.0
"""The kernel's numbers through torch operations: for GPUs, and where nothing can be compiled.

Every function returns a tensor on the device of its input and never waits for the device.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def six(x: Tensor) -> Tensor:
    """Mean, RMS, min, max over the finite elements, then the fractions zero and non-finite.

    Arguments:
        x: floating point, any shape, at least one element.

    Returns:
        float32 [6]; the first four are NaN where no element is finite.
    """
    x = x.detach().reshape(-1)
    x = x.double() if x.device.type == "cpu" else x.float()
    finite = torch.isfinite(x)
    count = finite.sum()
    safe = torch.where(finite, x, 0)
    none = torch.where(count > 0, 0.0, math.nan)
    return torch.stack(
        [
            safe.sum() / count,
            torch.sqrt((safe * safe).sum() / count),
            torch.where(finite, x, math.inf).amin() + none,
            torch.where(finite, x, -math.inf).amax() + none,
            (x == 0).double().mean(),
            1 - count / x.numel(),
        ]
    ).float()


def cosine(now: Tensor, then: Tensor) -> Tensor:
    """Cosine of two samples [k] as a 0-d tensor; NaN where one of them is zero."""
    return (now * then).sum() / torch.sqrt((now * now).sum() * (then * then).sum())


def bins(sample: Tensor, count: int) -> Tensor:
    """Histogram [count] of a float32 sample over the record's fixed bins (see record.md)."""
    sample = sample.detach().reshape(-1).float()
    bits = sample.view(torch.int32)
    exponent = ((bits >> 23) & 255) - 127
    mantissa = bits & 0x7FFFFF
    negative = bits < 0
    e = exponent.clamp(max=23)
    where = torch.where(negative, 23 - e, 108 + e)
    where = torch.where(exponent < -40, torch.where(negative, 64, 67), where)
    where = torch.where(exponent == -127, torch.where(mantissa == 0, 66, 65), where)
    special = torch.where(mantissa != 0, 132, torch.where(negative, 133, 134))
    where = torch.where(exponent == 128, special, where)
    where = where.long()  # not `bincount`, which waits for the device to learn its size
    return torch.zeros(count, device=sample.device).index_add_(
        0, where, torch.ones_like(where, dtype=torch.float32)
    )


def nine(x: Tensor, low: float, high: float, unit_max: Tensor | None, sure: bool) -> Tensor:
    """Signals of one layer's output.

    Arguments:
        x: sample [rows, units, inner].
        low, high: beyond them an element is saturated; low > high means there is no such thing.
        sure: whether enough batches were seen to call a unit dead.
        unit_max: running maximum [units] of a rectifier's units, updated in place, or None.

    Returns:
        float32 [9]: mean rms min max zero nonfinite batch_std saturated dead.
    """
    x = x.detach()
    wide = x.double() if x.device.type == "cpu" else x.float()
    by_unit = wide.transpose(0, 1).reshape(x.shape[1], -1)
    nothing = torch.full((), math.nan, device=x.device)
    spread = (
        torch.sqrt(by_unit.var(dim=1, unbiased=False).mean()) if by_unit.shape[1] > 1 else nothing
    )
    saturated = ((wide <= low) | (wide >= high)).double().mean() if low <= high else nothing
    dead = nothing
    if unit_max is not None:
        torch.maximum(unit_max, by_unit.amax(dim=1).float(), out=unit_max)
        dead = (unit_max <= 0).double().mean() if sure else nothing
    return torch.cat([six(x), torch.stack([spread, saturated, dead]).float()])
