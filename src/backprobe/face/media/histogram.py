# SPDX-License-Identifier: Apache-2.0
"""A distribution as counts between edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backprobe.face.media.base import Media, Place
from backprobe.face.values import as_numpy, shape_of

LARGEST = 1e307
"""Values beyond are counted at it: numpy can't divide a range that no float64 holds."""


class Histogram(Media):
    """Counts of values between edges.

    Unlike W&B's, it takes data with NaN and infinities: they are counted, not hidden.

    Arguments:
        sequence: numbers: a list, an array or a tensor of any shape.
        np_histogram: (counts, edges) as `numpy.histogram` gives them, instead of `sequence`.
        num_bins: number of bins of equal width, at most 512.

    Raises:
        ValueError: more than 512 bins, edges that do not fit the counts, or neither argument.
    """

    MAX_LENGTH = 512

    def __init__(
        self,
        sequence: Any = None,
        np_histogram: tuple[Any, Any] | Sequence[Any] | None = None,
        num_bins: int = 64,
    ) -> None:
        self.nonfinite = 0
        self.histogram: list[float]
        self.bins: list[float]
        if np_histogram is not None:
            if len(np_histogram) != 2:
                raise ValueError(
                    "Histogram(np_histogram=…) expects (counts, edges) as numpy.histogram gives "
                    f"them; got {len(np_histogram)} parts"
                )
            self.histogram, self.bins = (_numbers(part) for part in np_histogram)
        elif sequence is None:
            raise ValueError("Histogram() expects data, or np_histogram=(counts, edges)")
        else:
            if num_bins > self.MAX_LENGTH:
                raise ValueError(f"a histogram has at most {self.MAX_LENGTH} bins, got {num_bins}")
            self._count(sequence, num_bins)
        if len(self.histogram) > self.MAX_LENGTH:
            raise ValueError(
                f"a histogram has at most {self.MAX_LENGTH} bins, got {len(self.histogram)}"
            )
        if len(self.bins) != len(self.histogram) + 1:
            raise ValueError(
                f"{len(self.histogram)} counts need {len(self.histogram) + 1} edges, "
                f"got {len(self.bins)}"
            )

    def _count(self, sequence: Any, num_bins: int) -> None:
        import numpy as np

        array = as_numpy(sequence) if shape_of(sequence) is not None else np.asarray(sequence)
        array = array.astype(np.float64, copy=False).ravel()
        finite = array[np.isfinite(array)]
        self.nonfinite = int(array.size - finite.size)
        finite = np.clip(finite, -LARGEST, LARGEST)
        counts, edges = np.histogram(finite, bins=num_bins)
        self.histogram, self.bins = counts.tolist(), edges.tolist()

    def to_json(self, _: Any = None) -> dict[str, Any]:
        """The histogram as W&B writes it; `nonfinite` is there where there were such values."""
        data = {"_type": "histogram", "values": self.histogram, "bins": self.bins}
        return {**data, "nonfinite": self.nonfinite} if self.nonfinite else data

    def store(self, _: Place) -> Mapping[str, Any]:
        """The JSON object; no file is needed."""
        return self.to_json()


def _numbers(part: Any) -> list[float]:
    return [float(v) if isinstance(v, float) else int(v) for v in _listed(part)]


def _listed(part: Any) -> list[Any]:
    return list(as_numpy(part).ravel().tolist() if shape_of(part) is not None else part)
