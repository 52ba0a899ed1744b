# SPDX-License-Identifier: Apache-2.0
"""Pictures that come back mirrored, with the very targets that they had before.

What is told of places in a picture has to be mirrored with it. Batches on a device are not looked
at, nor are pictures that an augmentation moves as well: no pixel of theirs lies where it lay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import hashes
from backprobe.probe import host as hosts

ROWS = 64
"""Pictures of a batch that are looked at: the first ones."""
MOST = 2048
"""Pictures that are kept."""
SIDE = 32
"""Pixels of a side that are kept, as many from either end."""
LEAST_SIDE = 8
MOST_CHANNELS = 4
MOST_OUTPUTS = 16
ALIKE = 0.8
"""Least correlation of a picture with what it was: brightness and some noise may differ."""
SURER = 0.2
"""By so much less it correlates with its mirror image, or the other way round."""

Picture = NDArray[np.float32]


@dataclass
class Tally:
    """What is known of the targets of one kind: a run may have several losses.

    Arguments:
        counts: pictures that came back as they were, mirrored left to right, upside down.
        others: those that are none of it.
        fits: of each batch rows, sum, squares and squared errors of each target.
    """

    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(3, np.int64))
    others: int = 0
    fits: list[NDArray[np.float64]] = field(default_factory=list)


class Mirrors:
    """Compares the pictures of rows whose targets come back.

    Arguments:
        tell: writes an event.
    """

    def __init__(self, tell: Any) -> None:
        self._tell = tell
        self._waiting: Tensor | None = None
        self._kept: dict[tuple[int, int], Picture] = {}
        self._tallies: dict[int, Tally] = {}

    def begin(self, x: Tensor) -> None:
        """Takes the inputs of a batch; its targets come with its loss."""
        self._waiting = x.detach()[:ROWS] if _pictures(x) else None

    def take(self, target: Tensor | None, output: Tensor | None, size: int) -> None:
        """Takes the targets of that batch.

        Arguments:
            target: what the loss was given.
            output: what it was compared with, where that is known.
            size: rows of the batch.
        """
        x, self._waiting = self._waiting, None
        if x is None or target is None or not hosts.near(target) or target.dim() == 0:
            return
        of_places = target.dim() > 2 and target.shape[-2:] == x.shape[-2:]
        numbers = target.is_floating_point() and (
            target.dim() == 1 or (target.dim() == 2 and target.shape[1] <= MOST_OUTPUTS)
        )
        if len(target) != size or not (of_places or numbers):
            return
        given = target.detach()[:ROWS]
        ids = hashes.rows(given)
        if ids is None:
            return
        known, times = np.unique(ids, return_counts=True)
        single = set(known[times == 1].tolist())  # a row is known by its target
        kind = 0 if of_places else given[0].numel()
        tally = self._tallies.setdefault(kind, Tally())
        masks = hosts.host(given.float()) if of_places else None
        for k, (key, picture) in enumerate(zip(ids.tolist(), _small(x), strict=True)):
            before = self._kept.get((kind, key))
            if key not in single:
                continue
            if before is not None:
                _compare(tally, before, picture, None if masks is None else masks[k])
            elif len(self._kept) < MOST:
                self._kept[kind, key] = picture
        if kind and output is not None and output.numel() == target.numel():
            tally.fits.append(_fit(target, output))

    def finish(self) -> None:
        """Tells how often a picture came back as it was (`same`) and mirrored, by the axis.

        `others`: pictures that are neither; of classes, say, a target has many.

        `of_places`: whether the targets are pictures too; `explained`: else the share of each
        target's variance that the later batches' outputs explain.
        """
        for kind, tally in self._tallies.items():
            if not tally.counts[1:].any():
                continue
            later = tally.fits[len(tally.fits) // 2 :]
            explained: list[float] = []
            if later:
                count, total, square, left = np.sum(later, axis=0)
                spread = square - total * total / np.maximum(count, 1.0)
                explained = [float(x) for x in 1.0 - left / np.maximum(spread, 1e-12)]
            same, across, upright = (int(x) for x in tally.counts)
            self._tell(
                "mirrored-inputs",
                same=same,
                others=tally.others,
                across=across,
                upright=upright,
                of_places=kind == 0,
                explained=explained,
            )


def _compare(tally: Tally, before: Picture, now: Picture, mask: NDArray[Any] | None) -> None:
    """Counts one picture that came back."""
    turned = [now, now[:, ::-1], now[::-1]]
    alike = [float((before * each).mean()) for each in turned]
    best = int(np.argmax(alike))
    if alike[best] < ALIKE or alike[best] - max(np.delete(alike, best)) < SURER:
        tally.others += 1
    elif mask is None or not best or not np.array_equal(mask, np.flip(mask, -best)):
        tally.counts[best] += 1  # of a mask that is the same either way nothing is told


def _fit(target: Tensor, output: Tensor) -> NDArray[np.float64]:
    """Rows, sum, squares and squared errors [4, targets]."""
    given = hosts.host(target.detach().reshape(len(target), -1).double())
    left = hosts.host(output.detach().reshape(len(target), -1).double()) - given
    count = np.full(given.shape[1], float(len(given)))
    return np.stack([count, given.sum(axis=0), (given * given).sum(axis=0), (left * left).sum(0)])


def _pictures(x: Tensor) -> bool:
    usual = type(x) is Tensor and x.layout == torch.strided and x.is_floating_point()
    if not usual or x.dim() != 4 or not hosts.near(x):
        return False
    return x.shape[1] <= MOST_CHANNELS and min(x.shape[2:]) >= LEAST_SIDE


def _small(x: Tensor) -> NDArray[np.float32]:
    """Pictures [rows, side, side] of mean 0 and deviation 1, all channels in one."""
    grey = hosts.host(x.float()).mean(axis=1)
    for axis in (1, 2):
        length = grey.shape[axis]
        if length > SIDE:
            half = np.linspace(0, (length - 1) / 2, SIDE // 2).astype(np.int64)
            grey = np.take(grey, np.concatenate([half, length - 1 - half[::-1]]), axis=axis)
    grey = grey - grey.mean(axis=(1, 2), keepdims=True)
    deviation = np.sqrt(np.square(grey).mean(axis=(1, 2), keepdims=True))
    return np.asarray(grey / np.maximum(deviation, 1e-12), np.float32)
