# SPDX-License-Identifier: Apache-2.0
"""Passes over a loader that end early are told from whole ones."""

from __future__ import annotations

import torch
from torch.utils.data import DataLoader

from backprobe.probe.passes import Ends, Passes


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


def test_an_iterator_that_has_ended_is_told_when_it_is_asked_again_and_again() -> None:
    """Not of its own end, nor of one look more; where a batch comes in between, from the start."""
    ends, found = Ends(), list[int]()
    one, other = iter(loader()), iter(loader())
    for iterator in (one, one, one, other, other):
        ends.ended(iterator, found.append)
    ends.served()
    ends.ended(other, found.append)
    assert found == []
    for _ in range(9):
        ends.ended(other, found.append)
    assert found == [3, 4, 8]
