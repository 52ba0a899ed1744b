# SPDX-License-Identifier: Apache-2.0
"""The losses of a run: one entry a place in the code, with running facts of their targets."""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import host as hosts
from backprobe.probe import lossgraph, sites
from backprobe.probe.host import host
from backprobe.probe.transfer import Transfers
from backprobe.records import Loss

MAX_ELEMENTS = 1 << 16
MAX_CLASSES = 1024
OUTPUT_ROWS = 2048
CHECKSUM_BYTES = 4096
MAX_OUTPUTS = 4096
"""Targets of more numbers a row are not told apart by output."""


class Targets:
    """Running facts of one loss's targets."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self.square = 0.0
        self.min = math.inf
        self.max = -math.inf
        self.ignored = 0
        self.classes = np.zeros(0, np.int64)
        self.dtype = ""
        self.whole = True
        self.entropy = 0.0
        self._outputs: tuple[int, NDArray[np.float64], NDArray[np.float64]] | None = None

    def add(self, target: Tensor, ignore_index: int | None, classes: int) -> dict[str, float]:
        """Takes one batch; returns its own `target_mean`, `target_std` and `target_classes`."""
        flat = target.detach().reshape(-1)
        if flat.numel() > MAX_ELEMENTS:
            flat = flat[:: flat.numel() // MAX_ELEMENTS]
        self.dtype = str(target.dtype).removeprefix("torch.")
        whole = not target.is_floating_point()
        values = host(flat) if whole else host(flat.double())
        if whole and ignore_index is not None:
            kept = values != ignore_index
            self.ignored += int(values.size - kept.sum())
            values = values[kept]
        if not values.size:
            return {}
        numbers = values.astype(np.float64)
        self.count += values.size
        self.sum += float(numbers.sum())
        self.square += float((numbers * numbers).sum())
        self.whole = self.whole and (whole or bool((numbers == np.rint(numbers)).all()))
        if not whole:
            self._add_outputs(target)
            inside = np.clip(numbers, 1e-12, 1.0)
            outside = np.clip(1.0 - numbers, 1e-12, 1.0)
            self.entropy -= float((numbers * np.log(inside)).sum())
            self.entropy -= float(((1.0 - numbers) * np.log(outside)).sum())
        self.min = min(self.min, float(numbers.min()))
        self.max = max(self.max, float(numbers.max()))
        distinct = float("nan")
        if self.whole and numbers.min() >= 0 and numbers.max() < MAX_CLASSES:
            counts = np.bincount(numbers.astype(np.int64), minlength=min(classes, MAX_CLASSES))
            if len(counts) > len(self.classes):
                self.classes = np.pad(self.classes, (0, len(counts) - len(self.classes)))
            self.classes[: len(counts)] += counts
            distinct = float(np.count_nonzero(counts))
        return {
            "target_mean": float(numbers.mean()),
            "target_std": float(numbers.std()),
            "target_classes": distinct,
            "target_checksum": checksum(target),
        }

    def _add_outputs(self, target: Tensor) -> None:
        """Sums a number of the row apart from the others: what each varies by itself."""
        width = target[0].numel() if target.dim() > 1 and len(target) else 0
        if not 1 < width <= MAX_OUTPUTS:
            return
        rows = target.detach()[: max(1, MAX_ELEMENTS // width)].reshape(-1, width).double()
        values = host(rows)
        count, total, square = self._outputs or (0, np.zeros(width), np.zeros(width))
        if total.shape == (width,):
            total, square = total + values.sum(axis=0), square + (values * values).sum(axis=0)
            self._outputs = count + len(values), total, square

    def _by_output(self) -> dict[str, float]:
        """`output_std`: root of the mean, over a row's numbers, of each one's own variance.

        `output_entropy`: mean over them of the entropy (nats) of a yes as frequent as each one's
        mean, where they are shares.
        """
        if self._outputs is None:
            return {}
        count, total, square = self._outputs
        mean = total / count
        variance = square / count - mean**2
        found = {"output_std": math.sqrt(max(0.0, float(variance.mean())))}
        if self.min >= 0.0 and self.max <= 1.0:
            yes, no = np.clip(mean, 1e-12, 1.0), np.clip(1.0 - mean, 1e-12, 1.0)
            found["output_entropy"] = -float(
                (mean * np.log(yes) + (1.0 - mean) * np.log(no)).mean()
            )
        return found

    def _soft(self) -> dict[str, float]:
        """`entropy`: mean over the targets of what is uncertain in each one, in nats; of shares."""
        if self.whole or self.min < 0.0 or self.max > 1.0:
            return {}
        return {"entropy": self.entropy / self.count}

    def facts(self) -> dict[str, Any]:
        """What a rule needs to know of the targets seen so far."""
        if not self.count:
            return {}
        mean = self.sum / self.count
        return {
            "dtype": self.dtype,
            "count": self.count,
            "mean": mean,
            "std": math.sqrt(max(0.0, self.square / self.count - mean * mean)),
            "min": self.min,
            "max": self.max,
            "integer": not self.dtype.startswith(("float", "bfloat")),
            "whole": self.whole,
            "classes": self.classes.tolist() if self.whole else [],
            **self._by_output(),
            **self._soft(),
            "ignored": self.ignored / (self.count + self.ignored),
        }


class Losses:
    """Finds which loss a backward root is and keeps its facts.

    Arguments:
        touch: called with an entry that is new or changed.
        transfers: brings a device's targets to the host.
    """

    def __init__(self, touch: Callable[[str, Any], None], transfers: Transfers) -> None:
        self._transfers = transfers
        self.entries: list[Loss] = []
        self._touch = touch
        self._targets: list[Targets] = []
        self._known: dict[tuple[str, int], int] = {}
        self._dirty: set[int] = set()
        self.readings: dict[int, lossgraph.LossReading] = {}

    def index_at(self, frame: FrameType | None) -> int | None:
        """The loss whose `backward` is called at or above a frame, if it was read before."""
        return self._known.get(_key(frame))

    def read(
        self,
        loss: Tensor,
        frame: FrameType | None,
        readable: Callable[[Any], bool],
        model: int,
        called: sites.Site | None,
        predicted: Tensor | None = None,
    ) -> tuple[int, float, dict[str, float]]:
        """Reads a backward root in full.

        Arguments:
            loss: the root, before its backward.
            frame: of the call of `backward`.
            readable: whether the saved tensors of a node may be read.
            model: index of the root module that ran last, -1 for none.
            called: the line that called a criterion module in this step, if one was seen.
            predicted: what the root model put out in this step, where that was kept.

        Returns:
            The loss's index, the factor that the user (or AMP) scaled it by, and batch facts.
        """
        reading = lossgraph.read(loss.grad_fn, readable)
        _complete(reading, predicted)
        while frame is not None and sites.distance(frame.f_code.co_filename) != 0:
            frame = frame.f_back
        key = _key(frame)
        index = self._known.get(key)
        if index is None:
            index = len(self.entries)
            self._known[key] = index
            self.entries.append(self._entry(index, reading, frame, model, called))
            self._targets.append(Targets())
            self._touch("losses", self.entries[index])
            self._tell_output(index, reading)
        facts: dict[str, float] = {}
        classes = self.entries[index].classes
        if reading.target is not None and not hosts.near(reading.target):
            facts = self._fetch(index, reading, classes)
        elif reading.target is not None and _readable(reading.target):
            facts = self._targets[index].add(reading.target, reading.ignore_index, classes)
            self._dirty.add(index)
            facts.update(_accuracy(reading))
        self.readings[index] = reading
        return index, reading.scale, facts

    def _fetch(self, index: int, reading: lossgraph.LossReading, classes: int) -> dict[str, float]:
        """Takes a device's targets when they arrive (class ids are exact below 2^24).

        Returns:
            The batch's facts, which are filled in then.
        """
        facts: dict[str, float] = {}
        target = reading.target
        if target is None or not _plain(target):
            return facts
        dtype, ignored, shape = target.dtype, reading.ignore_index, target.shape
        made = "difference" in reading.extra
        flat = target.detach().reshape(-1)
        if flat.numel() > MAX_ELEMENTS:
            flat = flat[:: flat.numel() // MAX_ELEMENTS]
            shape = flat.shape
        hits = _hits(reading)
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

    def _tell_output(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes the facts of the first predictions, now or when they arrive from a device."""
        sample = _output_sample(reading)
        if sample is None:
            return
        width, logs = sample.shape[1], reading.log_probabilities is not None

        def deliver(values: NDArray[np.float32]) -> None:
            facts = _output_facts(torch.from_numpy(values.reshape(-1, width).copy()), logs)
            self.entries[index] = replace(self.entries[index], output=facts)
            self._touch("losses", self.entries[index])

        if hosts.near(sample):
            facts = _output_facts(sample, logs)
            self.entries[index] = replace(self.entries[index], output=facts)
            self._touch("losses", self.entries[index])
        else:
            self._transfers.send([sample], deliver)

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
            classes=_classes(reading),
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
        )


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
    if not _plain(difference) or predicted.numel() != difference.numel():
        return
    if difference.device != predicted.device:
        return
    with torch.no_grad():
        target = predicted.reshape(difference.shape) - sign * difference.detach()
        if hosts.near(difference) and not torch.isfinite(difference).all():
            return  # a broken network's prediction says nothing of the data
        reading.output = predicted.reshape(difference.shape)
        reading.target = target


def _accuracy(reading: lossgraph.LossReading) -> dict[str, float]:
    """Share of a training batch's classes that are told right, from what the loss kept."""
    hits = _hits(reading)
    if hits is None or not hosts.near(hits):
        return {}
    right, count = hits.tolist()
    return {"accuracy": right / count} if count else {}


def _hits(reading: lossgraph.LossReading) -> Tensor | None:
    """How many classes are told right, and of how many, [2] where the scores are; None unknown."""
    scores, target = reading.log_probabilities, reading.target
    if scores is None or target is None or target.is_floating_point() or not _plain(scores):
        return None
    if scores.numel() > MAX_ELEMENTS * 4 or scores.dim() < 2 or scores.device != target.device:
        return None
    with torch.no_grad():
        told = scores.detach().argmax(1 if scores.dim() != 3 else -1)
        if told.shape != target.shape:
            told = scores.detach().argmax(1)
            if told.shape != target.shape:
                return None
        kept = target != (reading.ignore_index if reading.ignore_index is not None else -100)
        return torch.stack([((told == target) & kept).sum(), kept.sum()]).float()


def _classes(reading: lossgraph.LossReading) -> int:
    shape = reading.output_shape
    if reading.kind not in ("cross_entropy", "nll") or len(shape) < 2:
        return 0
    return shape[1] if len(shape) != 3 or reading.chain[:1] != ("NllLossBackward0",) else shape[-1]


def _output_sample(reading: lossgraph.LossReading) -> Tensor | None:
    """Rows [n, m] of the predictions that the loss kept, or None."""
    found = reading.log_probabilities if reading.log_probabilities is not None else reading.output
    if found is None or not _plain(found) or found.numel() == 0:
        return None
    values = found.detach()
    dim = reading.class_dim if found is reading.log_probabilities else -1
    if values.dim() > 2 and dim != 0:  # of sequences and pictures the classes are the second
        classes, each = values.shape[dim], values[0].numel()
        values = values[: OUTPUT_ROWS * classes // each + 1].movedim(dim, -1)
    rows = values.reshape(-1, values.shape[-1] if values.dim() > 1 else 1)
    return rows[: OUTPUT_ROWS if hosts.near(rows) else max(1, MAX_ELEMENTS // rows.shape[1])]


def _output_facts(sample: Tensor, logs: bool) -> dict[str, Any]:
    """Facts of rows of predictions; `logs` says that they are log probabilities."""
    values = sample[:OUTPUT_ROWS].double()
    facts: dict[str, Any] = {
        "mean": float(values.mean()),
        "std": float(values.std(unbiased=False)),
        "min": float(values.min()),
        "max": float(values.max()),
        "row_std": float(values.std(dim=1, unbiased=False).mean()),
    }
    if values.shape[1] > 1:
        facts["row_sum"] = float(values.sum(dim=1).mean())
        facts["row_sum_std"] = float(values.sum(dim=1).std(unbiased=False))
    if logs:
        facts["log_probabilities"] = True
    return facts


def _plain(tensor: Tensor) -> bool:
    """Whether a tensor holds its values itself, here or on a device."""
    strided = type(tensor) is Tensor and tensor.layout == torch.strided
    return strided and tensor.device.type != "meta"


def _readable(tensor: Tensor) -> bool:
    return _plain(tensor) and hosts.near(tensor)


def checksum(tensor: Tensor) -> float:
    """CRC-32 of a tensor's first 4 kB: equal batches have equal numbers."""
    flat = tensor.detach().reshape(-1)[: CHECKSUM_BYTES // max(1, tensor.element_size())]
    if flat.dtype == torch.bfloat16:
        flat = flat.float()
    return float(zlib.crc32(np.ascontiguousarray(host(flat)).tobytes()))


def _names_on(site: sites.Site) -> set[str]:
    """The name of the loss on a line that calls `backward`, as its method or as a function."""
    found = sites.source(site)
    text = found.text if found else ""
    head, _, tail = text.partition(".backward")
    if tail:
        return {head.split("(")[-1].split("=")[-1].strip().split(".")[0]}
    inner = text.partition("backward(")[2].split(",")[0].rstrip(")")
    return {inner.strip()}


def caller_frame(depth: int) -> FrameType:
    """The frame so many calls up."""
    return sys._getframe(depth + 1)
