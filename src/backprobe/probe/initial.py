# SPDX-License-Identifier: Apache-2.0
"""What a parameter was before its first update: the facts that an audit of the init needs."""

from __future__ import annotations

import numpy as np
import torch

from backprobe.probe.host import freed, host

MAX_ROWS = 512
MAX_COLUMNS = 256
MAX_ELEMENTS = 1 << 20
"""Larger tensors are described from a strided sample of so many elements."""


def facts(parameter: torch.Tensor) -> dict[str, float]:
    """Mean, std, extremes, zeros (fraction) and distinct rows of a tensor, read on the CPU.

    `rows` and `distinct_rows` count rows along dimension 0 (output units of a linear or
    convolution), bitwise, over at most 512 rows and their first 256 elements.
    A tensor that can't be read (meta, sharded, sparse) gives an empty dict.
    """
    if (
        parameter.device.type == "meta"
        or freed(parameter)
        or parameter.numel() == 0
        or parameter.layout != torch.strided
    ):
        return {}
    if type(parameter.data) is not torch.Tensor or not parameter.is_floating_point():
        return {}
    with torch.no_grad():
        flat = parameter.detach().reshape(-1)
        if flat.numel() > MAX_ELEMENTS:
            flat = flat[:: flat.numel() // MAX_ELEMENTS]
        values = host(flat.float())
        found = {
            "mean": float(values.mean(dtype=np.float64)),
            "std": float(values.std(dtype=np.float64)),
            "min": float(values.min()),
            "max": float(values.max()),
            "zeros": float((values == 0).mean()),
        }
        if parameter.dim() >= 2 and parameter.shape[0] > 1:
            rows = parameter.detach()[:MAX_ROWS].reshape(min(MAX_ROWS, parameter.shape[0]), -1)
            matrix = np.ascontiguousarray(host(rows[:, :MAX_COLUMNS].float()))
            found["rows"] = float(matrix.shape[0])
            found["distinct_rows"] = float(len({row.tobytes() for row in matrix}))
    return found
