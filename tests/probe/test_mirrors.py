# SPDX-License-Identifier: Apache-2.0
"""Pictures that come back mirrored with the targets that they had."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from backprobe.probe.mirrors import Mirrors

ROWS = 40


def facts(pictures: list[Tensor], targets: list[Tensor], outputs: Tensor | None = None) -> Any:
    """What is told of two batches."""
    told: dict[str, Any] = {}
    mirrors = Mirrors(lambda _, **data: told.update(data))
    for x, y in zip(pictures, targets, strict=True):
        mirrors.begin(x)
        mirrors.take(y, outputs, ROWS)
    mirrors.finish()
    return told


@pytest.mark.parametrize(("axis", "name"), [(3, "across"), (2, "upright")])
@pytest.mark.parametrize("side", [16, 75])
def test_mirrored_pictures_are_counted_by_their_axis(axis: int, name: str, side: int) -> None:
    """Brighter or darker, of any size."""
    torch.manual_seed(0)
    x, y = torch.randn(ROWS, 3, side, side), torch.randn(ROWS, 2)
    told = facts([x, 1.3 * x.flip(axis) + 0.2], [y, y], torch.zeros(ROWS, 2))
    assert told[name] == ROWS
    assert told["same"] == told["others"] == 0
    assert told["explained"] == pytest.approx([0.0, 0.0], abs=0.1)


def test_nothing_is_told_where_targets_move_too_or_pictures_do_not() -> None:
    """A mask that is mirrored with its picture, one that is the same either way, a plain return."""
    torch.manual_seed(0)
    x, masks = torch.randn(ROWS, 1, 16, 16), torch.rand(ROWS, 1, 16, 16).round()
    assert facts([x, x.flip(3)], [masks, masks.flip(3)]) == {}
    even = masks + masks.flip(3)
    assert facts([x, x.flip(3)], [even, even]) == {}
    assert facts([x, x], [masks, masks]) == {}
    assert facts([x, x.flip(3)], [masks, masks])["of_places"]


def test_targets_that_many_rows_have_tell_no_row() -> None:
    """Classes in one place of several."""
    x = torch.randn(ROWS, 1, 16, 16)
    classes = torch.eye(4)[torch.arange(ROWS) % 4]
    assert facts([x, x.flip(3)], [classes, classes]) == {}
