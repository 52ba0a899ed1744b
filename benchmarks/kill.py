# SPDX-License-Identifier: Apache-2.0
"""SIGKILL at random instants of a live training of two ranks: what is left of its records.

    python benchmarks/kill.py [KILLS]

Prints how many rows `log` had returned from, how many of them no record holds, and how many seconds
of the probe's blocks were lost at most. 200 kills by default, between 0.05 and 2.5 s after the
first row. Exit status 1 where a row is missing, a record is damaged or more than a second is lost.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.probe.killing import Killed, Ranks  # the checkout's own tests


def main(kills: int) -> int:
    """Prints the table; the exit status."""
    instants = random.Random(0)
    found: list[Killed] = []
    with tempfile.TemporaryDirectory() as scratch, Ranks() as ranks:
        for number in range(kills):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            found.append(ranks.killed(folder, instants.uniform(0.05, 2.5)))
    damaged = sum(bool(one.damage) for one in found)
    missing = sum(one.missing for one in found)
    lost = [one.lost for one in found]
    print(f"kills of two ranks                     {kills}")
    print(f"records that do not open or are damaged {damaged}")
    print(f"rows that log() returned from          {sum(one.rows for one in found)}")
    print(f"of these missing                       {missing}")
    print(f"optimizer steps                        {sum(one.steps for one in found)}")
    print(f"seconds of steps lost: median, most    {statistics.median(lost):.2f}, {max(lost):.2f}")
    return int(damaged > 0 or missing > 0 or max(lost) > 1.0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
