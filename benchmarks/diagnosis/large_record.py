# SPDX-License-Identifier: Apache-2.0
"""Measure what diagnosing a long run costs: 10,000 steps of 200 parameter tensors.

    python benchmarks/diagnosis/large_record.py [--steps 10000] [--json FILE]

A network of 100 layers (200 parameter tensors, 200 measured outputs) really trains for a few
hundred steps under a probe that never thins; its log is then repeated with later step numbers until
it holds `--steps` of them. The record is read and diagnosed in a process of its own, three times;
the median of the CPU seconds is printed, and the most memory of the whole process, record included.
Aim: under 2 s and 500 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from backprobe.diagnose import diagnose
from backprobe.rules import RULES
from backprobe.store import catalog
from backprobe.store.frames import decode
from backprobe.store.reader import RunReader
from backprobe.store.writer import LogWriter

REAL_STEPS = 200
PER_STEP = ("steps", "parameters", "outputs", "batches", "noise")
SCRIPT = """
import torch, backprobe
from torch import nn
torch.manual_seed(0)
layers = [nn.Linear(20, 64)]
for _ in range(98):
    layers += [nn.ReLU(), nn.Linear(64, 64)]
layers += [nn.ReLU(), nn.Linear(64, 5)]
model = nn.Sequential(*layers)
for layer in model:
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_normal_(layer.weight)
backprobe.init()
backprobe.watch(model, log_freq=1, log="all")
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
x, y = torch.randn(2000, 20), torch.randint(0, 5, (2000,))
for step in range(%d):
    rows = torch.randint(0, 2000, (64,))
    loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
    optimizer.zero_grad(); loss.backward(); optimizer.step()
backprobe.finish()
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the seconds and megabytes; exit status 1 where they are above the aim."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--profile", action="store_true", help="print the seconds of each rule")
    options = parser.parse_args(arguments)
    if options.measure:
        _measure(Path(options.measure), options.profile)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        _record(Path(folder), store)
        size = _lengthen(store, options.steps)
        command = [sys.executable, __file__, "--measure", str(store)]
        command += ["--profile"] if options.profile else []
        found = [json.loads(_output(command)) for _ in range(3)]
    figures = {
        "steps": options.steps,
        "tensors": found[0]["tensors"],
        "log_megabytes": round(size / 1e6),
        "read_seconds": statistics.median(f["read"] for f in found),
        "diagnose_seconds": statistics.median(f["diagnose"] for f in found),
        "record_megabytes": found[0]["record_megabytes"],
        "peak_megabytes": max(f["peak"] for f in found),
    }
    for name, value in figures.items():
        print(f"{name:20}{value:>12,.2f}" if isinstance(value, float) else f"{name:20}{value:>12,}")
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1) + "\n")
    return int(figures["diagnose_seconds"] > 2.0 or figures["peak_megabytes"] > 500.0)


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    if done.stderr:
        print(done.stderr, file=sys.stderr)
    return done.stdout


def _record(folder: Path, store: Path) -> None:
    script = folder / "train.py"
    script.write_text(SCRIPT % REAL_STEPS)
    environment = {**os.environ, "BACKPROBE_DIR": str(store), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, str(script)], env=environment, check=True, capture_output=True, cwd=folder
    )


def _lengthen(store: Path, steps: int) -> int:
    """Repeats what each step wrote, with later numbers; returns the bytes of the log."""
    run = catalog.find(store)
    (path,) = Path(run.path).glob("rank*.log")
    frames, _, _ = decode(path.read_bytes())
    writer = LogWriter(path)
    writer._sequence = frames[-1].sequence + 1  # go on where the log ends
    for repeat in range(1, steps // REAL_STEPS):
        for frame in frames:
            if frame.header.get("stream") in PER_STEP:
                columns = dict(frame.columns)
                columns["step"] = columns["step"] + repeat * REAL_STEPS
                header = {k: v for k, v in frame.header.items() if k != "columns"}
                writer.frame(header, columns)
    writer.close()
    return path.stat().st_size


def _measure(store: Path, profile: bool) -> None:
    """Reads and diagnoses; prints seconds, and megabytes of the process, as JSON."""
    reader = RunReader(catalog.find(store))
    began = time.process_time()
    reader.refresh()
    record = reader.record()
    read = time.process_time()
    held = _resident()
    diagnose(record)
    took = time.process_time() - read
    figures = {
        "tensors": len(record.parameters_series.index),
        "read": read - began,
        "diagnose": took,
        "record_megabytes": round(held),
        "peak": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    if profile:
        for rule in RULES:
            start = time.process_time()
            with np.errstate(all="ignore"):
                rule().check(record)
            print(f"{rule.name:30}{time.process_time() - start:8.3f} s", file=sys.stderr)
    print(json.dumps(figures))


def _resident() -> float:
    """Megabytes that the process holds now."""
    with open(f"/proc/{os.getpid()}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    sys.exit(main())
