# SPDX-License-Identifier: Apache-2.0
"""What `import backprobe` adds to the start of Python. Prints a table; fails above the promise.

Each pair starts a bare interpreter and one that imports backprobe, one after the other, so that
a slow moment of the machine hits both. The median over the pairs is reported.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

PROMISE_MS = 50.0
"""docs/design.md: `import backprobe` loads neither torch nor numpy, < 50 ms."""


def start_ms(code: str) -> float:
    """Wall time in ms of one fresh interpreter that runs `code`."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - begin) * 1e3


def main() -> int:
    """Measures and prints; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=21, help="paired starts (default 21)")
    pairs = parser.parse_args().pairs

    start_ms("import backprobe")  # writes the byte code once
    bare, added = [], []
    for _ in range(pairs):
        bare.append(start_ms("pass"))
        added.append(start_ms("import backprobe") - bare[-1])
    heavy = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, backprobe; print(*({'torch', 'numpy'} & {*sys.modules}))",
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()

    median = statistics.median(added)
    low, _, high = statistics.quantiles(added, n=4)
    print(f"{'python -c pass':28}{statistics.median(bare):8.1f} ms")
    print(f"{'import backprobe adds':28}{median:8.1f} ms   quartiles {low:.1f} to {high:.1f}")
    print(f"{'torch or numpy loaded':28}{heavy or 'no':>8}")
    print(f"{'promised at most':28}{PROMISE_MS:8.1f} ms   {pairs} pairs")
    return 0 if median <= PROMISE_MS and not heavy else 1


if __name__ == "__main__":
    sys.exit(main())
