# SPDX-License-Identifier: Apache-2.0
"""Blocks without gradients: those of an evaluation are told from a moving average's."""

from __future__ import annotations

from types import CodeType

import pytest
from torch.nn import functional

from backprobe.probe import named_losses
from backprobe.probe.evaluation import Phase
from backprobe.probe.guard import Guard
from backprobe.probe.named_losses import VAIN, NamedLosses

TORCHS = functional.mse_loss


def block() -> CodeType:
    """Of some function."""
    return block.__code__


def wrapped(losses: NamedLosses, line: int) -> bool:
    """Whether losses are looked at in a block of that line in which no model is evaluated."""
    losses.prepare((block(), line))
    found = functional.mse_loss is not TORCHS
    losses.close()
    assert functional.mse_loss is TORCHS
    return found


def test_a_line_in_vain_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another line is not, and one that holds an evaluation never is."""
    # Whatever was compiled in this process before: then they are not wrapped at all.
    monkeypatch.setattr(named_losses, "compiles", lambda: False)
    losses = NamedLosses(Guard(print), bool)
    assert [wrapped(losses, 10) for _ in range(VAIN + 2)] == [True] * VAIN + [False] * 2
    assert wrapped(losses, 11)
    for _ in range(VAIN + 2):
        losses.prepare((block(), 12))
        losses.begin(Phase(0))
        assert functional.mse_loss is not TORCHS
        losses.end()
        losses.close()
        assert functional.mse_loss is TORCHS
