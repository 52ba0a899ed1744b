# SPDX-License-Identifier: Apache-2.0
"""Which softmaxes lie between hidden layers, and which are meant as shares."""

from __future__ import annotations

import pytest

from backprobe.records import Operation, Record, Run
from backprobe.rules.signal.hidden_softmax import _between

SHAPE = (32, 16)


def found(dim: int, *after: tuple[str, tuple[int, ...]]) -> tuple[int, int, int]:
    """What is said of a softmax behind a layer, before these operations and their inputs."""
    first = Operation(0, "linear", module=0, inputs=(-1,), shape=SHAPE)
    softmax = Operation(1, "softmax", module=9, inputs=(0,), shape=SHAPE, arguments={"dim": dim})
    rest = (
        Operation(k, name, module=k, inputs=inputs, shape=SHAPE)
        for k, (name, inputs) in enumerate(after, 2)
    )
    return _between(Record(run=Run("r"), graph=(first, softmax, *rest)), softmax)


@pytest.mark.parametrize("dim", [1, -1])
def test_between_two_layers(dim: int) -> None:
    """Its layers and its width, also through a dropout."""
    assert found(dim, ("linear", (1,))) == (0, 2, 16)
    assert found(dim, ("dropout", (1,)), ("linear", (2,))) == (0, 3, 16)


@pytest.mark.parametrize(
    "after",
    [
        [("mul", (1, -1))],  # a gate
        [("matmul", (1, -1))],  # an attention
        [("linear", (1,)), ("mul", (1, -1))],  # both
        [("linear", (1,)), ("add", (2, -1))],  # a memory beside a shortcut
        [],  # the output
    ],
)
def test_shares_of_something(after: list[tuple[str, tuple[int, ...]]]) -> None:
    """They multiply, are the output, or are read beside a shortcut."""
    assert found(1, *after) == (-1, -1, 0)


def test_over_the_rows() -> None:
    """That is another fault."""
    assert found(0, ("linear", (1,))) == (-1, -1, 0)
