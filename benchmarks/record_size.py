# SPDX-License-Identifier: Apache-2.0
"""What a record takes on the disk: a histogram, a second, a day.

    python benchmarks/record_size.py [--seconds 60] [--models mlp,cnn,gpt]

Trains the networks of `benchmarks/overhead.py` at full rate for so many seconds, once under the
default budget and once with every step in full (`budget=None`, histograms by their own clock), and
reads the logs: bytes a histogram (occupied bins of 135, counts, step, tensor and quantity, the
block's header included), bytes a second once the dense start is over, and what a day at that rate
would have without a limit. The start and the day are told apart: a day is the start plus 86,400 s
of the rate of the second half.

Exit status 1 where a histogram takes more than 120 bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROMISE = 120.0
"""Bytes on the disk a histogram."""
DAY = 86_400.0


def train(name: str, budget: str, seconds: float) -> None:
    """Trains a network for so long; prints steps, and the log's size halfway."""
    sys.path.insert(0, str(ROOT))
    import torch

    import backprobe
    from backprobe import session
    from benchmarks.overhead import build

    torch.set_num_threads(1)
    model, step = build(name)
    os.environ["BACKPROBE_BUDGET"] = budget
    backprobe.init(project="size")
    backprobe.watch(model)
    current: Any = session.current()
    steps, halfway = 0, 0
    began = time.monotonic()
    while (taken := time.monotonic() - began) < seconds:
        step()
        steps += 1
        if not halfway and taken >= seconds / 2:
            halfway = current.writer.path.stat().st_size
    current.finish()
    print(json.dumps({"steps": steps, "halfway": halfway, "log": str(current.writer.path)}))


def measure(name: str, budget: str, seconds: float) -> dict[str, Any]:
    """Bytes of one training's log, by stream."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, __file__, "--child", name, budget, "--seconds", str(seconds)],
            env={**os.environ, "OMP_NUM_THREADS": "1", "BACKPROBE_DIR": folder},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return {**found, **read(Path(found["log"]))}


def read(log: Path) -> dict[str, Any]:
    """Bytes by stream, and the number of histograms."""
    from backprobe.store.frames import decode, encode

    frames, _, _ = decode(log.read_bytes())
    sizes: Counter[str] = Counter()
    histograms = 0
    for frame in frames:
        stream = str(frame.header["stream"])
        sizes[stream] += len(encode(frame.sequence, frame.header, frame.columns))
        if stream == "histograms":
            histograms += len(frame.columns["step"])
    return {"sizes": sizes, "histograms": histograms, "bytes": log.stat().st_size}


def main() -> int:
    """Prints the table; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--models", default="mlp,cnn,gpt")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, budget = options.child
        train(name, budget, options.seconds)
        return 0
    titles = ("steps", "histograms", "B each", "MB", "kB/s later", "GB a day", "largest")
    print(f"{'':6}{'budget':>8}" + "".join(f"{title:>12}" for title in titles))
    most = 0.0
    for name in options.models.split(","):
        for budget in ("0.02", "none"):
            found = measure(name, budget, options.seconds)
            each = found["sizes"]["histograms"] / max(1, found["histograms"])
            rate = (found["bytes"] - found["halfway"]) / (options.seconds / 2)
            largest, held = found["sizes"].most_common(1)[0]
            most = max(most, each)
            print(
                f"{name:6}{budget:>8}{found['steps']:12,}{found['histograms']:12,}{each:12.1f}"
                f"{found['bytes'] / 1e6:12.2f}{rate / 1e3:12.1f}"
                f"{(found['halfway'] + rate * DAY) / 1e9:12.2f}"
                f"{largest:>12} {held / found['bytes']:.0%}",
                flush=True,
            )
    print(f"{options.seconds:.0f} s each; a histogram may take {PROMISE:.0f} bytes")
    return int(most > PROMISE)


if __name__ == "__main__":
    sys.exit(main())
