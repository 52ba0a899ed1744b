# SPDX-License-Identifier: Apache-2.0
"""Running facts of the targets that one loss is given."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.host import host

MAX_ELEMENTS = 1 << 16
MAX_CLASSES = 1024
CHECKSUM_BYTES = 4096
MAX_OUTPUTS = 4096
"""Targets of more numbers a row are not told apart by output."""
OFF = 0.1
"""A row whose total is further from 1 is no row of shares, rounded or smoothed."""


class Targets:
    """Running facts of one loss's targets."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self.square = 0.0
        self.min = math.inf
        self.max = -math.inf
        self.ignored = 0
        self.ignore_index = -1
        self.classes = np.zeros(0, np.int64)
        self.dtype = ""
        self.whole = True
        self.entropy = 0.0
        self._outputs: tuple[int, NDArray[np.float64], NDArray[np.float64]] | None = None
        self._totals = RowTotals()

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
            self.ignore_index = ignore_index
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
        if target.dim() == 2:
            self._totals.add(values)
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
            **self._totals.facts(),
            **self._soft(),
            "ignored": self.ignored / (self.count + self.ignored),
            "ignore_index": self.ignore_index if self.ignored else -1,
        }


class RowTotals:
    """What the numbers of a row add up to: 1 where it is one class of several, or shares."""

    def __init__(self) -> None:
        self.rows = 0
        self.more = 0
        self.less = 0

    def add(self, values: NDArray[np.float64]) -> None:
        """Takes rows [n, m]."""
        totals = values.sum(axis=1)
        self.rows += len(totals)
        self.more += int((totals > 1.0 + OFF).sum())
        self.less += int((totals < 1.0 - OFF).sum())

    def facts(self) -> dict[str, float]:
        """`rows_more`, `rows_less`: share of the rows that add up to more, or less, than 1."""
        if not self.rows:
            return {}
        return {"rows_more": self.more / self.rows, "rows_less": self.less / self.rows}


def checksum(tensor: Tensor) -> float:
    """CRC-32 of a tensor's first 4 kB: equal batches have equal numbers."""
    flat = tensor.detach().reshape(-1)[: CHECKSUM_BYTES // max(1, tensor.element_size())]
    if flat.dtype == torch.bfloat16:
        flat = flat.float()
    return float(zlib.crc32(np.ascontiguousarray(host(flat)).tobytes()))
