# SPDX-License-Identifier: Apache-2.0
"""What the same logging script costs under each tracker: from start to end, and on the disk.

    python benchmarks/trackers.py [--rows N] [--rounds N] [--with trackio=/venv/bin/python]

The script begins a run with a config, logs N rows of ten numbers at explicit steps, and ends the
run. Each round runs it once under every tracker, so that a slow moment hits all; given are medians.
wandb is offline, MLflow writes into SQLite. `--with NAME=PYTHON` measures a tracker that is
installed elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

FACE = """
import {module} as wandb
begun = clock()
wandb.init({options})
ready = clock()
for step in range(rows):
    wandb.log(row(step), step=step)
logged = clock()
wandb.finish()
"""
SCRIPTS = {
    "backprobe": FACE.format(module="backprobe", options="project='bench', config=config"),
    "wandb offline": FACE.format(module="wandb", options="project='bench', config=config"),
    "trackio": FACE.format(
        module="trackio",
        options="project='bench', config=config, auto_log_gpu=False, auto_log_cpu=False",
    ),
    "mlflow": """
import mlflow
begun = clock()
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("bench")
mlflow.start_run()
mlflow.log_params(config)
ready = clock()
for step in range(rows):
    mlflow.log_metrics(row(step), step=step)
logged = clock()
mlflow.end_run()
""",
    "tensorboard": """
from torch.utils.tensorboard import SummaryWriter
begun = clock()
writer = SummaryWriter("logs")
ready = clock()
for step in range(rows):
    for name, value in row(step).items():
        writer.add_scalar(name, value, step)
logged = clock()
writer.close()
""",
}
"""Tracker → its script: `begun`, `ready`, `logged` are taken in it, after the import, the start of
the run, and the last row."""
FRAME = """
import json, os, sys, time, warnings
warnings.simplefilter("ignore")
clock = time.perf_counter
start = clock()
rows = int(sys.argv[1])
config = {{"lr": 0.1, "depth": 4, "name": "x"}}
def row(step):
    return {{f"metric{{n}}": step / (n + 1) for n in range(10)}}
{body}
end = clock()
times = [begun - start, ready - begun, logged - ready, end - logged]
open("times.json", "w").write(json.dumps(times))
"""
SECONDS = 900.0


def measure(name: str, python: str, rows: int) -> tuple[list[float], int] | None:
    """Seconds of import, start, logging and end, and bytes on disk; None where it does not run."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "BACKPROBE_"))},
            "WANDB_MODE": "offline",
            "WANDB_SILENT": "true",
            "BACKPROBE_SILENT": "true",
            "TRACKIO_DIR": folder,
            "HF_HUB_OFFLINE": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "OMP_NUM_THREADS": "1",
        }
        if name != "wandb offline":
            del environment["WANDB_MODE"]
        done = subprocess.run(
            [python, "-c", FRAME.format(body=SCRIPTS[name]), str(rows)],
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        times = Path(folder, "times.json")
        if done.returncode != 0 or not times.exists():
            return None
        size = sum(
            path.stat().st_size
            for path in Path(folder).rglob("*")
            if path.is_file() and path.name != "times.json"
        )
        found: list[float] = json.loads(times.read_text())
        return found, size


def main() -> int:
    """Prints one line a tracker."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--with", dest="others", action="append", default=[], metavar="NAME=PYTHON")
    options = parser.parse_args()
    pythons = dict.fromkeys(SCRIPTS, sys.executable)
    pythons.update(pair.split("=", 1) for pair in options.others)
    found: dict[str, list[tuple[list[float], int]]] = {name: [] for name in SCRIPTS}
    for _ in range(options.rounds):
        for name in SCRIPTS:
            measured = measure(name, pythons[name], options.rows)
            if measured is not None:
                found[name].append(measured)
    titles = ("import, s", "start, s", "µs a row", "end, s", "in all, s", "bytes a row")
    print(f"{'':14s}" + "".join(f"{title:>13s}" for title in titles))
    for name, measures in found.items():
        if not measures:
            print(f"{name:14s}   not installed, or does not run")
            continue
        brought, start, logging, end = (
            statistics.median(times[part] for times, _ in measures) for part in range(4)
        )
        total = statistics.median(sum(times) for times, _ in measures)
        size = statistics.median(size for _, size in measures)
        row = logging / options.rows * 1e6
        print(
            f"{name:14s}{brought:13.2f}{start:13.2f}{row:13.1f}{end:13.2f}{total:13.2f}"
            f"{size / options.rows:13.0f}"
        )
    print(f"medians of {options.rounds} runs of {options.rows} rows of ten numbers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
