# SPDX-License-Identifier: Apache-2.0
"""Which losses compare rows whose norm ran over the rows."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from backprobe.probe import lossgraph

ROWS, WIDTH = 7, 5


def told(loss: Tensor) -> tuple[int, int] | None:
    """Rows and width, where a loss compares such rows."""
    extra = lossgraph.read(loss.grad_fn, lambda _: True).extra
    return (extra["normed_rows"], extra["normed_width"]) if "normed_rows" in extra else None


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    """What a layer gives for two views of seven rows."""
    torch.manual_seed(0)
    weight = torch.randn(3, WIDTH, requires_grad=True)
    return torch.randn(ROWS, 3) @ weight, torch.randn(ROWS, 3) @ weight


def by_root(z: Tensor) -> Tensor:
    """Divided by the root of the sum of its columns' squares."""
    return z / z.pow(2).sum(0).sqrt().clamp(min=1e-8)


@pytest.mark.parametrize("along", [lambda z: normalize(z, dim=0), by_root])
def test_rows_normed_along_the_batch(pair: tuple[Tensor, Tensor], along: object) -> None:
    """Whatever compares them: a product of matrices, or a sum over the features."""
    assert callable(along)
    one, other = along(pair[0]), along(pair[1])
    both = torch.cat([one, other])
    targets = torch.arange(2 * ROWS)
    assert told(cross_entropy(both @ both.t() / 0.1, targets)) == (ROWS, WIDTH)
    assert told(torch.einsum("nd,md->nm", one, other).logsumexp(1).mean()) == (ROWS, WIDTH)
    assert told(-(one * other.detach()).sum(1).mean()) == (ROWS, WIDTH)
    assert told(-(one * other).sum(dim=-1).mean()) == (ROWS, WIDTH)
    queue = torch.randn(9, WIDTH)
    assert told((one @ queue.t()).logsumexp(1).mean()) == (ROWS, WIDTH)


def test_rows_normed_along_their_features(pair: tuple[Tensor, Tensor]) -> None:
    """The cosine of two rows."""
    one, other = (normalize(z, dim=1) for z in pair)
    assert told(cross_entropy(one @ other.t(), torch.arange(ROWS))) is None
    assert told(-(one * other).sum(1).mean()) is None


def test_columns_normed_along_the_batch(pair: tuple[Tensor, Tensor]) -> None:
    """Correlations of features over the batch, and rows given to a layer."""
    one, other = (normalize(z, dim=0) for z in pair)
    assert told((one.t() @ other).pow(2).sum()) is None
    assert told((one * other).sum(0).mean()) is None
    prototypes = torch.randn(WIDTH, 4, requires_grad=True)
    assert told((one @ prototypes).logsumexp(1).mean()) is None
