# SPDX-License-Identifier: Apache-2.0
"""Blocks give back every row and histogram once, in order, while they are still being filled."""

from __future__ import annotations

from collections import deque

import numpy as np
import torch

from backprobe.probe.blocks import Block
from backprobe.probe.kernels import native
from backprobe.probe.outputs import ROOM, SIGNALS, Outputs
from backprobe.probe.parameters import ParameterSet
from backprobe.records import Place


def parameter(seed: int) -> torch.nn.Parameter:
    """Twenty numbers with a gradient."""
    generator = torch.Generator().manual_seed(seed)
    found = torch.nn.Parameter(torch.randn(20, generator=generator))
    found.grad = torch.randn(20, generator=generator)
    return found


def step(measured: ParameterSet, number: int, histograms: bool, blocks: deque[Block]) -> None:
    """One step of an optimizer that subtracts 1."""
    measured.before(histograms)
    with torch.no_grad():
        for tensor in measured.parameters:
            tensor.sub_(1.0)
    measured.after(histograms)
    measured.commit(number, histograms, blocks)


def test_every_row_is_taken_once() -> None:
    """Over more steps than a block holds, taken now and then, nothing is lost or told twice."""
    measured = ParameterSet([parameter(0), parameter(1)], [7, 9])
    blocks: deque[Block] = deque()
    steps: list[int] = []
    updates: list[float] = []
    histograms = 0
    for number in range(1200):
        step(measured, number, number % 3 == 0, blocks)
        if number % 170 == 0 or number == 1199:
            for block in list(blocks):
                taken = block.take()
                if taken is not None:
                    steps += taken[0].tolist()
                    updates += taken[1][:, :, 11].ravel().tolist()
                for found in block.take_histograms():
                    assert set(found.index.tolist()) == {7, 9}
                    assert len(found.length) == len(found.step) == len(found.quantity)
                    assert found.length.sum() == len(found.bins) == len(found.counts)
                    assert found.counts.sum() == 20 * len(found.step)
                    histograms += len(found.step)
    assert len(blocks) > 1
    assert [block.closed for block in blocks] == [True] * (len(blocks) - 1) + [False]
    assert steps == list(range(1200))
    assert np.allclose(updates, 1.0, rtol=1e-5)
    assert histograms == 400 * 2 * 3


def test_a_step_that_is_not_committed_leaves_nothing() -> None:
    """A row and histograms that were measured and not completed are written over."""
    measured = ParameterSet([parameter(0)], [0])
    blocks: deque[Block] = deque()
    measured.before(True)
    assert not blocks
    step(measured, 4, True, blocks)
    (block,) = blocks
    taken = block.take()
    assert taken is not None
    assert taken[0].tolist() == [4]
    (found,) = block.take_histograms()
    assert found.quantity.tolist() == [0, 1, 2]
    assert block.take() is None


def test_dropped_rows_are_not_given() -> None:
    """Of the steps that wait only the wanted one is left, with its histograms."""
    measured = ParameterSet([parameter(0)], [0])
    blocks: deque[Block] = deque()
    for number in range(3):
        step(measured, number, True, blocks)
    (block,) = blocks
    block.drop(1)
    step(measured, 3, True, blocks)
    taken = block.take()
    assert taken is not None
    assert taken[0].tolist() == [1, 3]
    found = list(block.take_histograms())
    assert np.concatenate([part.step for part in found]).tolist() == [1] * 3 + [3] * 3
    assert sum(int(part.counts.sum()) for part in found) == 2 * 3 * 20


def test_a_closure_reads_the_gradients_again() -> None:
    """What LBFGS's last closure left is what counts, beside the weights from before the step."""
    tensor = parameter(0)
    measured = ParameterSet([tensor], [0])
    measured.before(True)
    weight = tensor.detach().clone()
    with torch.no_grad():
        tensor.mul_(2.0)
    tensor.grad = torch.full((20,), 4.0)
    measured.gradients(True)
    measured.after(True)
    assert measured.block is not None
    row = measured.block.row[0]
    assert row[:4].tolist() == [4.0] * 4
    assert np.isclose(row[6], weight.mean(), rtol=1e-5)
    assert np.isclose(row[11], weight.pow(2).mean().sqrt(), rtol=1e-5)
    gradient, before, _ = measured.block.waiting()
    assert gradient[110] == 20
    assert before.sum() == 20


def test_places_that_come_in_the_middle_of_a_step() -> None:
    """A place that is new when the block has no more room moves the step to a wider one."""
    outputs = Outputs()
    blocks: deque[Block] = deque()
    x = torch.randn(4, 8)
    for number in range(ROOM + 3):
        outputs.add(Place(number, f"layer{number}", "Linear"), False).measure(x, True)
        if number == 10:
            outputs.commit(0, blocks)
            for meter in outputs.meters:
                meter.measure(x, True)
    outputs.commit(1, blocks)
    rows = [(block.index, *taken) for block in blocks if (taken := block.take()) is not None]
    steps = [int(number) for _, taken, _ in rows for number in taken]
    assert steps == [0, 1]
    for (index, _, values), measured in zip(rows, (11, ROOM + 3), strict=True):
        given = ~np.isnan(values[0, :, 5])
        assert index[given].tolist() == list(range(measured))
        assert values.shape[2] == len(SIGNALS)
        assert np.allclose(values[0, given, 0], x.mean(), rtol=1e-4)
    found = [part for block in blocks for part in block.take_histograms()]
    assert [len(part.index) for part in found] == [11, ROOM + 3]
    assert all(int(part.bins.max()) < native.BINS for part in found)
