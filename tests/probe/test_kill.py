# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random instants of a live run of two ranks: what was logged is there."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.probe.killing import Killed, Ranks

KILLS = 20


@pytest.mark.slow
def test_sigkill_at_random_instants(tmp_path: Path) -> None:
    """Every record opens, no returned row is missing, at most a second of blocks is."""
    instants = random.Random(0)
    found: list[Killed] = []
    with Ranks() as ranks:
        for number in range(KILLS):
            folder = tmp_path / str(number)
            folder.mkdir()
            found.append(ranks.killed(folder, instants.uniform(0.05, 2.5)))
    assert [one.damage for one in found] == [()] * KILLS
    assert [one.missing for one in found] == [0] * KILLS
    assert sum(one.rows for one in found) > 100 * KILLS
    assert max(one.lost for one in found) <= 1.0
