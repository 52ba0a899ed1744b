# SPDX-License-Identifier: Apache-2.0
"""Which loss fits an output and a target, and how batches are told apart."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backprobe.experiments.batches import Supply, split
from backprobe.experiments.objective import Objective, fitting

LOGITS = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
CLASSES = torch.tensor([0, 1, 2, 3, 0, 1])
BITS = torch.tensor([0, 1, 1, 0, 1, 0])
NUMBERS = torch.linspace(-2, 2, 6)


@pytest.mark.parametrize(
    ("output", "target", "loss"),
    [
        (LOGITS, CLASSES, F.cross_entropy(LOGITS, CLASSES)),
        (LOGITS.log_softmax(1), CLASSES, F.cross_entropy(LOGITS, CLASSES)),
        (LOGITS.softmax(1), CLASSES, F.cross_entropy(LOGITS, CLASSES)),
        (
            LOGITS[None].expand(2, 6, 4),
            CLASSES[None].expand(2, 6),
            F.cross_entropy(LOGITS, CLASSES),
        ),
        (
            LOGITS[:, :1],
            BITS,
            F.binary_cross_entropy_with_logits(LOGITS[:, 0], BITS.float()),
        ),
        (
            LOGITS[:, :1].sigmoid(),
            BITS.float(),
            F.binary_cross_entropy_with_logits(LOGITS[:, 0], BITS.float()),
        ),
        (LOGITS[:, :1], NUMBERS, F.mse_loss(LOGITS[:, 0], NUMBERS)),
    ],
)
def test_the_loss_that_fits(output: Tensor, target: Tensor, loss: Tensor) -> None:
    """By shapes, by types, and by whether a softmax or sigmoid was there already."""
    assert float(fitting(output, target)(output, target)) == pytest.approx(float(loss), rel=1e-5)


@pytest.mark.parametrize(
    ("output", "target"),
    [(LOGITS, NUMBERS), (LOGITS, None), ((LOGITS, LOGITS), CLASSES), (LOGITS, LOGITS[:, :2])],
)
def test_nothing_is_guessed_where_it_is_not_sure(output: Any, target: Any) -> None:
    """The error names both and says what to give."""
    with pytest.raises(ValueError, match=r"no loss is sure to fit .* give one"):
        fitting(output, target)


def test_a_loss_that_is_no_number_is_refused() -> None:
    """As with reduction="none"."""
    model = nn.Linear(3, 4)
    with pytest.raises(ValueError, match=r"gave \(6,\); expected one number"):
        Objective(model, nn.CrossEntropyLoss(reduction="none"))((torch.randn(6, 3), CLASSES))


def test_batches_are_told_apart() -> None:
    """Tuples, dicts, several inputs, tensors alone; strings are none."""
    x, y = torch.zeros(3, 2), torch.zeros(3)
    assert split((x, y)).target is y
    assert split([x, x, y]).args == (x, x)
    assert split({"a": x, "labels": y}).kwargs == {"a": x}
    assert split(x).target is x
    assert split((x, y)).rows == 3
    with pytest.raises(TypeError, match="a batch is str"):
        split("batch")


def test_a_loader_without_batches_is_told() -> None:
    """And one that can't be iterated."""
    with pytest.raises(ValueError, match="gave 0 batches"):
        Supply([]).next()
    with pytest.raises(TypeError, match="can't be iterated"):
        Supply(3)  # type: ignore[arg-type]
