# SPDX-License-Identifier: Apache-2.0
"""How fast a large TensorBoard event file is read, beside TensorBoard's own loaders.

    python benchmarks/event_files.py [--scalars N] [--histograms N]

By default 200,000 scalars and 20,000 histograms, about 31 MB. `import` is the whole of it: read,
checked, and kept in a store.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from backprobe.store.exports.tensorboard import EventFile
from backprobe.store.imports import events, keep, tensorboard


def write(folder: Path, scalars: int, histograms: int) -> Path:
    """An event file of that content; as torch's writer makes them, 5 tags of either kind."""
    file = EventFile(folder)
    rng = np.random.default_rng(0)
    for number in range(scalars):
        file.scalars(number // 5, 1e9 + number, {f"tag{number % 5}": number / 7.0})
    for number in range(histograms):
        counts, edges = np.histogram(rng.normal(size=200), bins=64)
        file.histogram(number // 5, 1e9 + number, f"weights/layer{number % 5}", edges, counts)
    file.close()
    return file.path


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def count(loader: Any, path: Path) -> int:
    """How many events a loader of TensorBoard's reads."""
    return sum(1 for _ in loader(str(path)).Load())


def main() -> int:
    """Prints a line a reader."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scalars", type=int, default=200_000)
    parser.add_argument("--histograms", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = write(Path(scratch, "logs"), options.scalars, options.histograms)
        print(
            f"{path.stat().st_size / 1e6:.1f} MB, {options.scalars:,} scalars, "
            f"{options.histograms:,} histograms"
        )
        print(f"  backprobe, read and checked     {seconds(lambda: events.read(path)):8.2f} s")

        def whole() -> None:
            (run,) = tensorboard.read(path.parent)
            keep.keep(Path(scratch, "runs"), run)

        print(f"  backprobe import, into a store  {seconds(whole):8.2f} s")
        try:
            from tensorboard.backend.event_processing import event_file_loader as loaders
        except ImportError:
            print("  tensorboard is not installed: pip install tensorboard")
            return 0
        for name in ("LegacyEventFileLoader", "EventFileLoader"):
            taken = seconds(partial(count, getattr(loaders, name), path))
            print(f"  tensorboard, {name:21s}{taken:6.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
