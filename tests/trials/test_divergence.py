# SPDX-License-Identifier: Apache-2.0
"""What counts as a difference between two runs."""

from __future__ import annotations

import numpy as np
import pytest

from backprobe.trials.divergence import apart

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("one", "other", "share", "differs"),
    [
        (1.0, 1.0, 0.0, False),
        (1.0, 1.0 + 1e-7, 0.0, True),
        (1.0, 1.0 + 1e-7, 1e-6, False),
        (1.0, 1.2, 0.1, True),
        (0.0, 1e-30, 1e-6, True),
        (NAN, NAN, 0.0, False),
        (NAN, 1.0, 0.1, True),
        (INF, INF, 0.1, False),
        (INF, -INF, 0.1, True),
        (INF, 1e30, 0.1, True),
    ],
)
def test_apart(one: float, other: float, share: float, differs: bool) -> None:
    """Both ways round; the infinite is near to nothing but itself."""
    for a, b in ((one, other), (other, one)):
        assert apart(np.array([a]), np.array([b]), share).tolist() == [differs]


def test_whole_numbers_are_compared_exactly() -> None:
    """Checksums of 64 bits do not fit a float."""
    one = np.array([2**63 + 1], np.uint64)
    assert apart(one, one - np.uint64(1), 0.1).tolist() == [True]
