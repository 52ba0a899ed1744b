# SPDX-License-Identifier: Apache-2.0
"""Data sets' random transforms are left out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points

ATTRIBUTES = ("transform", "transforms", "target_transform", "joint_transform")
"""Where data sets keep what they do to a row; `transforms` of a `Compose` is its list."""
TRIES = 6
"""Applications to one input: a coin of 1/2 goes unnoticed once in 32 times."""


class BypassAugmentation(Treatment):
    """Serves rows without the random transforms of their data set.

    Suits when: it is asked whether an augmentation harms: a flip that turns a 6 into a 9, noise
    larger than the signal. A step of `dataset.transform` (or of the list of its `Compose`) is left
    out where repeated applications to one input differ and give its shape and type back; fixed
    steps such as a normalisation stay, and so does a random crop that changes the size. What the
    script does in `__getitem__` or in its loop is out of reach. `undo` puts the steps back.
    """

    NAME = "bypass-augmentation"
    WAITS = "a row of a data set that has a `transform`"

    def install(self, points: Points) -> None:
        """Wraps the transforms of each data set that a loader is made of."""
        self.points = points
        self._kept: list[tuple[Any, str, Any]] = []
        original: Any = DataLoader.__init__
        self._original = original
        treatment = self

        def __init__(self_: Any, dataset: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            for one in _data_sets(dataset):
                treatment._wrap(one)
            original(self_, dataset, *args, **kwargs)

        DataLoader.__init__ = __init__  # type: ignore[method-assign, assignment]

    def _wrap(self, owner: Any) -> None:
        for name in ATTRIBUTES:
            step = vars(owner).get(name) if hasattr(owner, "__dict__") else None
            if isinstance(step, (list, tuple)):
                made: Any = type(step)(self._bypassed(one) for one in step)
            elif callable(step) and not isinstance(step, _Bypass):
                if isinstance(vars(step).get("transforms") if _plain(step) else None, list):
                    self._wrap(step)
                    continue
                made = self._bypassed(step)
            else:
                continue
            self._kept.append((owner, name, step))
            setattr(owner, name, made)

    def _bypassed(self, step: Any) -> Any:
        if isinstance(step, _Bypass) or not callable(step):
            return step
        return _Bypass(step, lambda: self.points.report.apply(self.text, _name(step)))

    def undo(self) -> None:
        """Puts the steps back."""
        DataLoader.__init__ = self._original  # type: ignore[method-assign]
        for owner, name, step in reversed(self._kept):
            setattr(owner, name, step)


class _Bypass:
    """One step that is left out once it is known to be random."""

    def __init__(self, step: Any, tell: Any) -> None:
        self.step = step
        self.tell = tell
        self.random: bool | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) != 1 or kwargs:
            return self.step(*args, **kwargs)
        if self.random is None:
            self.random = self._is_random(args[0])
            if self.random:
                self.tell()
        return args[0] if self.random else self.step(args[0])

    def _is_random(self, row: Any) -> bool:
        results = [self.step(copy.deepcopy(row)) for _ in range(TRIES)]
        if any(_kind(result) != _kind(row) for result in results):
            return False
        return any(not _same(results[0], result) for result in results[1:])


def _data_sets(dataset: Any) -> Iterator[Any]:
    """A data set and those that it is made of."""
    yield dataset
    for name in ("dataset", "datasets"):
        inner = getattr(dataset, name, None)
        for one in inner if isinstance(inner, (list, tuple)) else [inner]:
            if one is not None and one is not dataset:
                yield from _data_sets(one)


def _plain(step: Any) -> bool:
    return hasattr(step, "__dict__")


def _name(step: Any) -> str:
    return str(getattr(step, "__name__", type(step).__name__))


def _kind(value: Any) -> object:
    if isinstance(value, (Tensor, np.ndarray)):
        return type(value), value.shape, value.dtype
    return type(value), getattr(value, "size", None), getattr(value, "mode", None)


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, Tensor):
        return torch.equal(first, second)
    return bool(np.array_equal(np.asarray(first), np.asarray(second)))


build = BypassAugmentation
