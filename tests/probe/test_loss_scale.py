# SPDX-License-Identifier: Apache-2.0
"""A factor in front of a loss, however autograd keeps it."""

import pytest
import torch
from torch.nn import functional

from backprobe.probe.lossgraph import read


@pytest.mark.parametrize(
    ("scaled", "scale"),
    [
        (lambda loss: loss / 4, 0.25),
        (lambda loss: loss * torch.tensor(3.0), 3.0),
        (lambda loss: torch.ops.aten.mul.Scalar(loss, 0.5), 0.5),  # kept as a number, not a tensor
        (lambda loss: torch.ops.aten.div.Scalar(loss, 2), 0.5),
    ],
)
def test_factor_is_read_and_stepped_through(scaled: object, scale: float) -> None:
    """The loss below is found, and the factor that its value is divided by."""
    x = torch.randn(4, 3, requires_grad=True)
    loss = scaled(functional.mse_loss(x, torch.zeros(4, 3)))  # type: ignore[operator]
    reading = read(loss.grad_fn, readable=lambda _: True)
    assert reading.kind == "mse"
    assert reading.scale == pytest.approx(scale)
    assert reading.terms == 1
