# SPDX-License-Identifier: Apache-2.0
"""Ranks of different speed observe the same steps without asking each other."""

from __future__ import annotations

import pytest

from backprobe.probe import budget
from backprobe.probe.budget import DENSE, Budget

STEP = 0.01


def observed(
    monkeypatch: pytest.MonkeyPatch, cost: float, steps: int, aligned: bool = True
) -> tuple[list[int], float]:
    """Steps that a rank observes whose look costs so many seconds, and what share it spent.

    The clock is the simulation's own: a step takes 10 ms.
    """
    now = [0.0]
    monkeypatch.setattr(budget, "perf_counter", lambda: now[0])
    found = Budget(0.02, aligned)
    found.start()
    seen = []
    for step in range(steps):
        if found.next():
            seen.append(step)
            found.spent += cost
            now[0] += cost
        now[0] += STEP
    dense = DENSE * cost
    return seen, (found.spent - dense) / (now[0] - dense)


@pytest.mark.parametrize("costs", [(0.001, 0.003), (0.0005, 0.0006), (0.0001, 0.02)])
def test_the_steps_of_the_slowest_are_seen_by_all(
    monkeypatch: pytest.MonkeyPatch, costs: tuple[float, float]
) -> None:
    """One rank's steps are among the other's, within the budget, and not far below it."""
    (first, share), (second, other) = (observed(monkeypatch, cost, 20_000) for cost in costs)
    common = len(set(first) & set(second))
    assert common >= 0.8 * min(len(first), len(second))
    assert max(share, other) <= 0.022
    assert share > 0.008 or len(first) == 20_000
    assert other > 0.008


def test_without_alignment_they_would_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a single process does uses its budget up, and agrees with no other."""
    first, share = observed(monkeypatch, 0.001, 20_000, aligned=False)
    second, _ = observed(monkeypatch, 0.0013, 20_000, aligned=False)
    assert 0.019 < share <= 0.021
    assert len(set(first) & set(second)) < 0.5 * len(second)
