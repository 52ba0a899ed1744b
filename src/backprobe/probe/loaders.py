# SPDX-License-Identifier: Apache-2.0
"""The data loaders in use, and the tensors of the batch that was served last."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import WeightedRandomSampler, dataloader

from backprobe.probe.guard import Guard
from backprobe.probe.passes import Ends, Passes

SEARCHES = 3
"""Batches in which the target is looked for by value: on a device each one waits for it."""
ROUNDING = 1e-4
"""Of the largest target: what float32 loses of it in two differences, and more."""
MOST_DRAWN = 1 << 16
"""Of a sampler's weights so many are looked at."""
MOST_GROUPS = 64

_waiting: tuple[int, dict[str, Any], list[weakref.ref[Tensor]]] | None = None
"""The batch before the first forward: its data set's id, its loader's facts, its tensors. The
iterator itself may be gone by then (`next(iter(loader))`)."""


class Loaders:
    """Sees each batch as the user's loop takes it; keeps weak references only.

    Arguments:
        event: writes a fact of the record.
        guard: what disables this collector when it fails.
        changed: called when another data set than before serves a batch.
    """

    def __init__(
        self, event: Callable[..., None], guard: Guard, changed: Callable[[], None]
    ) -> None:
        self._event = event
        self._changed = changed
        self.guard = guard
        self._known: dict[int, int] = {}
        self.current = -1
        self.last: list[weakref.ref[Tensor]] = []
        self.target_position: int | None = None
        self._searches = 0
        self._passes: dict[int, Passes] = {}
        self._ends = Ends()
        if _waiting is not None:
            self._serve(*_waiting)

    def served(self, iterator: Any, batch: Any) -> None:
        """Notes a batch that a loader's iterator gave."""
        self._ends.served()
        key = id(getattr(iterator, "_dataset", None))
        facts = {} if key in self._known else describe(iterator)
        self._serve(key, facts, [weakref.ref(tensor) for tensor in tensors_of(batch)])
        self._passes.setdefault(self.current, Passes()).served(iterator, self._tell_cut)

    def ended(self, iterator: Any) -> None:
        """Notes that a loader's iterator has no further batch."""
        index = self._known.get(id(getattr(iterator, "_dataset", None)))
        if index is not None:
            self._ends.ended(iterator, functools.partial(self._tell_ended, index))

    def _tell_ended(self, index: int, passes: int) -> None:
        self._event("loader-exhausted", index=index, passes=passes)

    def _tell_cut(self, drawn: int, length: int) -> None:
        self._event("loader-cut", index=self.current, drawn=drawn, batches=length)

    def _serve(
        self, dataset: int, facts: dict[str, Any], tensors: list[weakref.ref[Tensor]]
    ) -> None:
        index = self._known.get(dataset)
        if index is None:
            index = len(self._known)
            self._known[dataset] = index
            self._event("loader", index=index, **facts)
        if self.current not in (-1, index):
            self._changed()
        self.current = index
        self.last = tensors

    def find_target(self, target: Tensor, exact: bool = True) -> None:
        """Learns which tensor of a batch is the target, by its memory or its values.

        Arguments:
            target: of the loss.
            exact: whether its values are those of the batch, else they are so but for rounding.
        """
        if self.target_position is not None or self._searches >= SEARCHES:
            return
        self._searches += 1
        for position, reference in enumerate(self.last):
            tensor = reference()
            if tensor is None:
                continue
            if tensor.data_ptr() == target.data_ptr() or (
                tensor.numel() == target.numel()
                and _equal(tensor.reshape(-1).cpu(), target.reshape(-1).cpu(), exact)
            ):
                self.target_position = position
                return

    def served_as(self, x: Tensor | None) -> bool:
        """Whether it lies in the memory of a tensor of the batch that was served last."""
        if x is None:
            return False
        place = x.untyped_storage().data_ptr()
        known = (reference() for reference in self.last)
        return any(t is not None and t.untyped_storage().data_ptr() == place for t in known)

    @property
    def seeking(self) -> bool:
        """Whether it may still be learned which tensor is the target."""
        known = self.target_position is not None or self._searches >= SEARCHES
        return self.current >= 0 and not known

    def target(self) -> Tensor | None:
        """The target of the batch served last, where it is known and still alive."""
        position = self.target_position
        if position is None or position >= len(self.last):
            return None
        return self.last[position]()


def _equal(tensor: Tensor, target: Tensor, exact: bool) -> bool:
    if exact:
        return bool((tensor == target).all())
    size = float(target.abs().max()) if target.numel() else 0.0
    return bool(torch.allclose(tensor.to(target.dtype), target, rtol=0.0, atol=ROUNDING * size))


def tensors_of(batch: Any) -> list[Tensor]:
    """The tensors of a batch, one level of nesting deep, in order."""
    if isinstance(batch, Tensor):
        return [batch]
    values = batch.values() if isinstance(batch, dict) else batch
    if not isinstance(batch, (dict, tuple, list)) and not hasattr(batch, "values"):
        return []
    found: list[Tensor] = []
    for value in values() if callable(values) else values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (tuple, list)):
            found += [item for item in value if isinstance(item, Tensor)]
    return found


def describe(iterator: Any) -> dict[str, Any]:
    """What a loader's iterator tells of the loader, JSON-ready."""
    sampler = getattr(iterator, "_index_sampler", None)
    inner = getattr(sampler, "sampler", sampler)
    dataset = getattr(iterator, "_dataset", None)
    try:
        size = len(dataset)  # type: ignore[arg-type]
    except TypeError:
        size = -1
    return {
        "dataset": type(dataset).__name__,
        "rows": size,
        "sampler": type(inner).__name__,
        "batch_size": getattr(sampler, "batch_size", None),
        "drop_last": getattr(sampler, "drop_last", None),
        "workers": getattr(iterator, "_num_workers", 0),
        "draws": _draws(inner),
    }


def _draws(sampler: Any) -> list[list[float]]:
    """Of a sampler that weighs rows by their class: each weight, and how many rows have it."""
    weights = getattr(sampler, "weights", None)
    if not isinstance(sampler, WeightedRandomSampler) or not isinstance(weights, Tensor):
        return []
    sample = weights[:: max(1, len(weights) // MOST_DRAWN)]
    values, rows = sample.unique(return_counts=True)
    if len(values) > MOST_GROUPS:
        return []  # every row has its own
    return [[float(v), float(n)] for v, n in zip(values, rows, strict=True)]


def install(current: Callable[[], Loaders | None]) -> None:
    """Wraps the iterators of `DataLoader` at the class; the user's RNG streams don't move."""
    base = dataloader._BaseDataLoaderIter
    original = base.__next__
    if getattr(original, "__backprobe__", False):
        return

    @functools.wraps(original)
    def __next__(self: Any) -> Any:  # noqa: N807
        global _waiting
        try:
            batch = original(self)
        except StopIteration:
            loaders = current()
            if loaders is not None:
                loaders.guard.run("loaders", loaders.ended, self)
            raise
        loaders = current()
        if loaders is None:  # the first batch comes before the first forward
            try:
                key = id(getattr(self, "_dataset", None))
                tensors = [weakref.ref(tensor) for tensor in tensors_of(batch)]
                _waiting = key, describe(self), tensors
            except Exception:  # noqa: BLE001  # a loader less, never an error in the user's loop
                _waiting = None
        else:
            _waiting = None
            loaders.guard.run("loaders", loaders.served, self, batch)
        return batch

    __next__.__backprobe__ = True  # type: ignore[attr-defined]
    base.__next__ = __next__  # type: ignore[method-assign]
