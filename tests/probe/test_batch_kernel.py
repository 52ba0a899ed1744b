# SPDX-License-Identifier: Apache-2.0
"""What the compiled kernel counts of a batch is what torch counts."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from backprobe.probe import batches, predictions
from backprobe.probe.kernels import native
from backprobe.probe.lossgraph import LossReading

NAN, INFINITE = float("nan"), float("inf")


BATCHES: dict[str, Tensor] = {
    "normal": torch.randn(40, 50),
    "ids": torch.randint(0, 7, (64, 3)),
    "large": torch.randint(-(2**62), 2**62, (600,)),
    "double": torch.randn(2000).double(),
    "half": torch.randn(30).half(),
    "zeros": torch.tensor([0.0, -0.0, 1.0, INFINITE, -INFINITE, INFINITE]),
    "nan": torch.tensor([NAN, NAN, 1.0]),
    "alone": torch.tensor([NAN]),
    "bool": torch.tensor([True, False, True]),
    "bytes": torch.zeros(5, dtype=torch.uint8),
    "strided": torch.randn(8, 9).t(),
    "empty": torch.zeros(0, 4),
}


@pytest.mark.parametrize("name", BATCHES)
def test_repeats(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of floats and whole numbers, zeros of both signs, and what is not finite."""
    assert native.quick() is not None, "no C compiler: the kernel is not tested"
    counted = batches._repeated_here(BATCHES[name])
    monkeypatch.setattr(native, "quick", lambda: None)
    assert counted == batches._repeated_here(BATCHES[name])


@pytest.mark.parametrize("kind", ["normal", "equal", "nan", "ignored", "outside", "infinite"])
def test_classes_told_right(kind: str) -> None:
    """The first of equal scores counts, a NaN is the greatest, and ids may be ignored."""
    torch.manual_seed(0)
    scores, target = torch.randn(200, 13), torch.randint(0, 13, (200,))
    scores[torch.arange(200), target] += 1.5
    if kind == "equal":
        scores = scores.round()
    if kind == "nan":
        scores[torch.rand(200, 13) < 0.1] = NAN
    if kind == "infinite":
        scores[torch.rand(200, 13) < 0.2] = -INFINITE
    if kind == "ignored":
        target[::3] = -100
    if kind == "outside":
        target[::3] = 99
    reading = LossReading(kind="cross_entropy", log_probabilities=scores, target=target)
    expected = predictions.hits_of(reading)
    assert expected is not None
    assert predictions._counted(reading) == expected.tolist()
    assert 0 < expected[0] < expected[1]
