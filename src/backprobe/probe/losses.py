# SPDX-License-Identifier: Apache-2.0
"""The losses of a run: one entry a place in the code, with running facts of their targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import host as hosts
from backprobe.probe import lossgraph, predictions, sites
from backprobe.probe.first_look import FirstLook
from backprobe.probe.lossgraph.nodes import reaches_none
from backprobe.probe.targets import MAX_ELEMENTS, Targets
from backprobe.probe.transfer import Transfers
from backprobe.records import Loss

TOLD = (
    "softmax_dim", "classes_dim", "spread_rows", "spread_axes", "normed_rows", "normed_width",
    "least", "most", "twice_over", "joined", "reaches_none",
    "elements", "cosine_scale", "compared_rows", "compared_axes", "overlap", "crossed",
    "cut_from", "cut_to", "cut_picked", "rows_weighted", "rooted",
)  # fmt: skip
"""What the graph of a loss tells of its axes and ends, kept with the output's facts."""


MOST_AT_A_LINE = 8
"""Losses that one line is known to go back from; what is more is taken for the last of them."""


class Losses:
    """Finds which loss a backward root is and keeps its facts.

    A loss is known by the line that calls `backward`. Where that is a function's, which trains
    several networks one after the other or in turns, what the loss is made of tells which it is.

    Arguments:
        touch: called with an entry that is new or changed.
        transfers: brings a device's targets to the host.
        event: writes a fact of the record.
        parameter_of: indexes of parameters, by `id`.
    """

    def __init__(
        self,
        touch: Callable[[str, Any], None],
        transfers: Transfers,
        event: Callable[..., None],
        parameter_of: Mapping[int, int],
    ) -> None:
        self._transfers = transfers
        self.entries: list[Loss] = []
        self._touch = touch
        self._told = FirstLook(self.entries, touch, transfers, event, parameter_of)
        self._targets: list[Targets] = []
        self._known: dict[sites.Site, int] = {}
        self._marks: dict[sites.Site, dict[_Mark, int]] = {}
        self._turns: set[sites.Site] = set()
        self._switches: Counter[sites.Site] = Counter()
        self._dirty: set[int] = set()
        self.readings: dict[int, lossgraph.LossReading] = {}

    def index_at(self, frame: FrameType | None) -> int | None:
        """The loss whose `backward` is called at or above a frame, if it was read before."""
        return self._known.get(_key(frame))

    def renew(self) -> None:
        """Another optimizer begins to step."""
        self._switches.clear()

    def takes_turns(self, frame: FrameType | None) -> bool:
        """Whether several losses go back from that line by turns."""
        return bool(self._turns) and _key(frame) in self._turns

    @property
    def alone(self) -> bool:
        """Whether there is one loss now: what came before it at its line is over."""
        return len(self._known) == 1 and not self._turns

    @property
    def judged(self) -> str:
        """Kind of the loss that evaluations are judged by: what goes back where the first did."""
        return self.entries[next(iter(self._known.values()))].kind if self._known else ""

    def _which(self, key: sites.Site, reading: lossgraph.LossReading, renewed: bool) -> int | None:
        """Number of the loss that is read at a line, None for one that is new there."""
        known, marks = self._known.get(key), self._marks.setdefault(key, {})
        if known is None:
            return None
        found = marks.get(_mark(reading))
        if found is None and not (renewed and len(marks) < MOST_AT_A_LINE):
            return known
        if found != known:
            self._switches[key] += 1
            if self._switches[key] > 1:  # there and back, not from one training to the next
                self._turns.add(key)
        return found

    def read(
        self,
        loss: Tensor,
        frame: FrameType | None,
        readable: Callable[[Any], bool],
        model: int,
        called: sites.Site | None,
        predicted: Tensor | None = None,
        renewed: bool = False,
    ) -> tuple[int, float, dict[str, float]]:
        """Reads a backward root in full.

        Arguments:
            loss: the root, before its backward.
            frame: of the call of `backward`.
            readable: whether the saved tensors of a node may be read.
            model: index of the root module that ran last, -1 for none.
            called: the line that called a criterion module in this step, if one was seen.
            predicted: what the root model put out in this step, where that was kept.
            renewed: whether another optimizer has begun to step: another loss may come with it.

        Returns:
            The loss's index, the factor that the user (or AMP) scaled it by, and batch facts.
        """
        reading = lossgraph.read(loss.grad_fn, readable)
        _complete(reading, predicted)
        while frame is not None and sites.distance(frame.f_code.co_filename) != 0:
            frame = frame.f_back
        key = _key(frame)
        index = self._which(key, reading, renewed)
        if index is None:
            index = len(self.entries)
            self._marks[key].setdefault(_mark(reading), index)
            lossgraph.read_once(loss.grad_fn, reading, readable)
            if loss.numel() != 1:
                reading.extra["elements"] = loss.numel()
            if reaches_none(loss.grad_fn, sites.optimized):
                reading.extra["reaches_none"] = True
            self.entries.append(self._entry(index, reading, frame, model, called))
            self._targets.append(Targets())
            self._touch("losses", self.entries[index])
            self._told.tell(index, reading)
        self._known[key] = index
        facts: dict[str, float] = {}
        classes = self.entries[index].classes
        if reading.target is not None and not hosts.near(reading.target):
            facts = self._fetch(index, reading, classes)
        elif reading.target is not None and predictions.readable(reading.target):
            facts = self._targets[index].add(reading.target, reading.ignore_index, classes)
            self._dirty.add(index)
            facts.update(predictions.accuracy(reading))
        self.readings[index] = reading
        return index, reading.scale, facts

    def _fetch(self, index: int, reading: lossgraph.LossReading, classes: int) -> dict[str, float]:
        """Takes a device's targets when they arrive (class ids are exact below 2^24).

        Returns:
            The batch's facts, which are filled in then.
        """
        facts: dict[str, float] = {}
        target = reading.target
        if target is None or not predictions.plain(target):
            return facts
        dtype, ignored, shape = target.dtype, reading.ignore_index, target.shape
        made = "difference" in reading.extra
        flat = target.detach().reshape(-1)
        if flat.numel() > MAX_ELEMENTS:
            flat = flat[:: flat.numel() // MAX_ELEMENTS]
            shape = flat.shape
        hits = predictions.hits_of(reading)
        size = flat.numel()

        def deliver(values: NDArray[np.float32]) -> None:
            if made and not np.isfinite(values[:size]).all():
                return  # a broken network's prediction says nothing of the data
            given = torch.from_numpy(values[:size].copy()).to(dtype).reshape(shape)
            facts.update(self._targets[index].add(given, ignored, classes))
            if hits is not None and values[size + 1]:
                facts["accuracy"] = float(values[size] / values[size + 1])
            self._dirty.add(index)

        self._transfers.send([flat] if hits is None else [flat, hits], deliver)
        return facts

    def refresh(self) -> None:
        """Marks entries whose target facts moved as changed."""
        dirty, self._dirty = self._dirty, set()  # the training thread adds to the new one
        for index in dirty:
            facts = self._targets[index].facts()
            self.entries[index] = replace(self.entries[index], target=facts)
            self._touch("losses", self.entries[index])

    def _entry(
        self,
        index: int,
        reading: lossgraph.LossReading,
        frame: FrameType | None,
        model: int,
        called: sites.Site | None,
    ) -> Loss:
        backward: sites.Site | None = None
        computed = called
        if frame is not None:
            backward = frame.f_code.co_filename, frame.f_lineno
            if computed is None:
                computed = sites.last_assignment(frame, _names_on(backward), frame.f_lineno)
        shape = reading.output_shape
        return Loss(
            index=index,
            kind=reading.kind,
            chain=reading.chain,
            before=reading.before,
            reduction=reading.reduction,
            classes=predictions.classes_of(reading),
            output_shape=shape,
            target_shape=() if reading.target is None else tuple(reading.target.shape),
            loss_shape=reading.loss_shape,
            source=sites.source(computed or backward),
            backward_source=sites.source(backward),
            model=model,
            terms=reading.terms,
            weighted=reading.weighted,
            scale=reading.scale,
            summands=reading.summands,
            roles=reading.roles,
            bend=reading.bend,
            output={name: reading.extra[name] for name in TOLD if name in reading.extra},
        )


_Mark = tuple[str, str, int, int, int]


def _mark(reading: lossgraph.LossReading) -> _Mark:
    """What tells losses apart that one line goes back from: not what varies from batch to batch."""
    shape = reading.output_shape
    width = int(shape[1]) if len(shape) == 2 else 0
    return reading.kind, reading.reduction, predictions.classes_of(reading), len(shape), width


def _key(frame: FrameType | None) -> sites.Site:
    """The user's line that calls `backward`."""
    while frame is not None and sites.distance(frame.f_code.co_filename) != 0:
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)


def _complete(reading: lossgraph.LossReading, predicted: Tensor | None) -> None:
    """The targets of a hand-written difference: the prediction, less what is left of it."""
    difference, sign = reading.extra.get("difference"), reading.extra.get("sign")
    if reading.target is not None or difference is None or sign is None or predicted is None:
        return
    if not predictions.plain(difference) or predicted.numel() != difference.numel():
        return
    if difference.device != predicted.device:
        return
    with torch.no_grad():
        target = lossgraph.rebuilt(
            predicted.reshape(difference.shape).detach(), difference.detach(), sign
        )
        if hosts.near(difference) and not torch.isfinite(difference).all():
            return  # a broken network's prediction says nothing of the data
        reading.output = predicted.reshape(difference.shape)
        reading.target = target


def _names_on(site: sites.Site) -> set[str]:
    """The name of the loss on a line that calls `backward`, as its method or as a function."""
    found = sites.source(site)
    text = found.text if found else ""
    head, _, tail = text.partition(".backward")
    if tail:
        return {head.split("(")[-1].split("=")[-1].strip().split(".")[0]}
    inner = text.partition("backward(")[2].split(",")[0].rstrip(")")
    return {inner.strip()}
