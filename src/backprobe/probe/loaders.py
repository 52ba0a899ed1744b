# SPDX-License-Identifier: Apache-2.0
"""The data loaders in use, and the tensors of the batches that were served last."""

from __future__ import annotations

import functools
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import WeightedRandomSampler, dataloader

from backprobe.probe import sites
from backprobe.probe.guard import Guard
from backprobe.probe.lines import Lines
from backprobe.probe.passes import Ends, Passes
from backprobe.probe.predictions import plain

SEARCHES = 3
"""Batches in which the target is looked for by value: on a device each one waits for it."""
ROUNDING = 1e-4
"""Of the largest target: what float32 loses of it in two differences, and more."""
MOST_DRAWN = 1 << 16
"""Of a sampler's weights so many are looked at."""
MOST_GROUPS = 64
RECENT = 8
"""Batches among which the one that a network is given is looked for: some are read ahead."""

_Tensors = list["weakref.ref[Tensor]"]
_Waiting = tuple["weakref.ref[Any]", int, dict[str, Any], _Tensors, "sites.Site | None"]

_waiting: deque[_Waiting] = deque(maxlen=RECENT)
"""Batches before the first forward: the iterator, its data set's id, its loader's facts, its
tensors, the line that drew them. The iterator may be gone by then (`next(iter(loader))`)."""


class Loaders:
    """Sees each batch as the user's loop takes it; keeps weak references only.

    Arguments:
        event: writes a fact of the record.
        lines: the user's lines.
        guard: what disables this collector when it fails.
        changed: called when another data set than before serves a batch.
    """

    def __init__(
        self, event: Callable[..., None], lines: Lines, guard: Guard, changed: Callable[[], object]
    ) -> None:
        self._event = event
        self._lines = lines
        self._changed = changed
        self.guard = guard
        self._known: dict[int, int] = {}
        self.current = -1
        self._recent: deque[_Tensors] = deque(maxlen=RECENT)
        self._iterator: weakref.ref[Any] | None = None
        self._unread = 0
        self._ahead = False
        self.target_position: int | None = None
        self._searches = 0
        self._passes: dict[int, Passes] = {}
        self._sites: dict[int, sites.Site | None] = {}
        self._ends = Ends()
        while _waiting:
            self._serve(*_waiting.popleft())

    def served(self, iterator: Any, batch: Any) -> None:
        """Notes a batch that a loader's iterator gave."""
        self._ends.served()
        key = id(getattr(iterator, "_dataset", None))
        known = key in self._known
        facts, site = ({}, None) if known else (describe(iterator), sites.here())
        tensors = [weakref.ref(tensor) for tensor in tensors_of(batch)]
        self._serve(weakref.ref(iterator), key, facts, tensors, site)
        self._passes.setdefault(self.current, Passes()).served(iterator, self._tell_cut)

    def trained(self) -> None:
        """Notes that the batch that was served last is trained on."""
        self._lines.tell("batches", self._sites.pop(self.current, None))

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
        self,
        iterator: weakref.ref[Any],
        dataset: int,
        facts: dict[str, Any],
        tensors: _Tensors,
        site: sites.Site | None,
    ) -> None:
        index = self._known.get(dataset)
        if index is None:
            index = len(self._known)
            self._known[dataset] = index
            self._sites[index] = site
            self._event("loader", index=index, **facts)
        if self.current not in (-1, index):
            self._changed()
        self.current = index
        self._recent.append(tensors)
        if self._iterator is None or iterator() is not self._iterator():
            self._iterator, self._unread, self._ahead = iterator, 0, False
        self._unread += 1

    def find_target(self, target: Tensor, exact: bool = True) -> None:
        """Learns which tensor of a batch is the target, by its memory or its values.

        Arguments:
            target: of the loss.
            exact: whether its values are those of the batch, else they are so but for rounding.
        """
        if self.target_position is not None or self._searches >= SEARCHES:
            return
        self._searches += 1
        for tensors in reversed(self._recent):
            for position, reference in enumerate(tensors):
                tensor = reference()
                if tensor is None:
                    continue
                if tensor.data_ptr() == target.data_ptr() or (
                    tensors is self._recent[-1]  # the classes of an older batch may be alike
                    and tensor.numel() == target.numel()
                    and _equal(tensor.reshape(-1).cpu(), target.reshape(-1).cpu(), exact)
                ):
                    self.target_position = position
                    return

    def target_beside(self, x: Tensor | None, taught: bool) -> Tensor | None:
        """The target of the batch that a network is evaluated on, where it is known and alive.

        It is that of the batch in whose memory `x` lies. An `x` that was made of a batch lies
        elsewhere; then it is the last one's, unless the loop reads batches ahead of the network.

        Arguments:
            x: what the network is given.
            taught: whether the loader has served batches of the training: rows that a script cuts
                itself come while the last of those still lives.
        """
        if self._unread > 1:
            self._ahead = True
        if self._unread > RECENT and not taught:  # of a few batches in a list no share is told
            self._recent.clear()
        self._unread = 0
        beside = [tensors for tensors in self._recent if _shares(x, tensors)]
        exact = [tensors for tensors in beside if _shares(x, tensors, exact=True)]
        if exact or len(beside) == 1:  # of one large tensor each batch may be a part
            return self._target_of((exact or beside)[-1])
        unknown = self._ahead or (taught and not (beside and beside[-1] is self._recent[-1]))
        return None if unknown else self.target()

    @property
    def seeking(self) -> bool:
        """Whether it may still be learned which tensor is the target."""
        known = self.target_position is not None or self._searches >= SEARCHES
        return self.current >= 0 and not known

    def target(self) -> Tensor | None:
        """The target of the batch served last, where it is known and still alive."""
        return self._target_of(self._recent[-1]) if self._recent else None

    def _target_of(self, tensors: _Tensors) -> Tensor | None:
        position = self.target_position
        if position is None or position >= len(tensors):
            return None
        return tensors[position]()


def _shares(x: Tensor | None, tensors: _Tensors, exact: bool = False) -> bool:
    """Whether it lies in the memory of one of the tensors, or begins just where one does."""
    if x is None or not plain(x):
        return False
    known = [t for t in (reference() for reference in tensors) if t is not None and plain(t)]
    if exact:
        return any(t.data_ptr() == x.data_ptr() for t in known)
    place = x.untyped_storage().data_ptr()
    return any(t.untyped_storage().data_ptr() == place for t in known)


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
                if _waiting and _waiting[-1][0]() is not self:
                    _waiting.clear()
                _waiting.append((weakref.ref(self), key, describe(self), tensors, sites.here()))
            except Exception:  # noqa: BLE001  # a loader less, never an error in the user's loop
                _waiting.clear()
        else:
            _waiting.clear()
            loaders.guard.run("loaders", loaders.served, self, batch)
        return batch

    __next__.__backprobe__ = True  # type: ignore[attr-defined]
    base.__next__ = __next__  # type: ignore[method-assign]
