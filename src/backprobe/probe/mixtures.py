# SPDX-License-Identifier: Apache-2.0
"""Which of two labels of a mixed input the network knows better: the one that weighs more or less.

Batches on a device are not looked at.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.probe import host as hosts
from backprobe.probe.lossgraph.mixed import Told

APART = 1.5
"""Least quotient of the two weights: near 1 neither is the label of the input."""
MOST = 1 << 16
"""Scores of a batch beyond which none is looked at."""


class Mixtures:
    """Counts over the batches of the later half; earlier a network knows neither.

    Arguments:
        tell: writes an event.
    """

    def __init__(self, tell: Any) -> None:
        self._tell = tell
        self._gaps: list[float] = []

    def take(self, heavier: Told, lighter: Told) -> None:
        """Takes a batch, where the labels of one loss are those of the other in another order."""
        scores, first, second = heavier.log_probabilities, heavier.target, lighter.target
        if not all(hosts.near(x) for x in (scores, first, second)) or first.dim() != 1:
            return
        if heavier.weight < APART * lighter.weight or not 0 < scores.numel() <= MOST:
            return
        with torch.no_grad():
            rows = first != second
            other = torch.equal(first.sort().values, second.sort().values)
            if other and scores.dim() == 2 and bool(rows.any()) and int(first.min()) >= 0:
                kept = scores.detach()[rows]
                known = [_mean(kept, each[rows]) for each in (first, second)]
                self._gaps.append(known[1] - known[0])

    def finish(self) -> None:
        """Tells `looks` of the later half, in how many the lighter label was known `better`, and
        by how many nats a row on average (`gap`).
        """
        later = self._gaps[len(self._gaps) // 2 :]
        if later:
            better = sum(gap > 0.0 for gap in later)
            gap = sum(later) / len(later)
            self._tell("mixed-labels", looks=len(later), better=better, gap=gap)


def _mean(log_probabilities: Tensor, target: Tensor) -> float:
    """Mean log probability of the labels."""
    return float(log_probabilities.gather(1, target[:, None]).double().mean())
