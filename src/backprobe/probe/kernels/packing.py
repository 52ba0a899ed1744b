# SPDX-License-Identifier: Apache-2.0
"""Histograms as the log keeps them: only the occupied bins."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.probe.kernels import native

Packed = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]


def pack(counts: NDArray[Any]) -> Packed:
    """Packs histograms.

    Arguments:
        counts: [k, 135].

    Returns:
        Occupied bins of each histogram [k], and of all, one after another, the bin and the count.
    """
    library = native.library()
    if library is None:
        occupied = counts != 0
        _, bins = np.nonzero(occupied)
        lengths = occupied.sum(axis=1).astype(np.uint8)
        return lengths, bins.astype(np.uint8), counts[occupied].astype(np.uint32)
    counts = np.ascontiguousarray(counts, np.uint32)
    lengths = np.empty(len(counts), np.uint8)
    bins = np.empty(counts.size, np.uint8)
    packed = np.empty(counts.size, np.uint32)
    written = library.bp_pack(
        counts.ctypes.data,
        len(counts),
        lengths.ctypes.data,
        bins.ctypes.data,
        packed.ctypes.data,
    )
    return lengths, bins[:written].copy(), packed[:written].copy()
