# SPDX-License-Identifier: Apache-2.0
"""Passes over a loader that end early are told from whole ones."""

from __future__ import annotations

import torch
from torch.utils.data import DataLoader

from backprobe.probe.passes import Passes


def told(passes: Passes, loader: DataLoader[int], drawn: int, times: int) -> list[tuple[int, int]]:
    """What is told over so many passes of so many batches each."""
    found: list[tuple[int, int]] = []
    for _ in range(times):
        iterator = iter(loader)
        for _ in range(min(drawn, len(loader))):
            next(iterator)
            passes.served(iterator, lambda *cut: found.append(cut))
    return found


def loader() -> DataLoader[int]:
    """Ten batches."""
    return DataLoader(torch.arange(40), batch_size=4)  # type: ignore[arg-type]


def test_passes_that_all_end_early_are_told_once() -> None:
    """After the third of them, with the batches that were drawn and that there are."""
    passes = Passes()
    assert told(passes, loader(), 4, 3) == []
    assert told(passes, loader(), 4, 5) == [(4, 10)]


def test_single_batches_take_longer_to_be_a_habit() -> None:
    """One of each new iterator is also a way to draw them."""
    assert told(Passes(), loader(), 1, 11) == []
    assert told(Passes(), loader(), 1, 30) == [(1, 10)]


def test_whole_passes_are_none() -> None:
    """Nor is a last pass that is cut."""
    assert told(Passes(), loader(), 10, 6) == []
    passes = Passes()
    assert told(passes, loader(), 10, 6) + told(passes, loader(), 4, 1) == []
