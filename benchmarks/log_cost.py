# SPDX-License-Identifier: Apache-2.0
"""What one `log()` of two scalars costs the thread that calls it, and whether a killed run has it.

`python benchmarks/log_cost.py [--rounds N] [--rows N]`. Each logger runs in a process and folder
of its own; blocks of calls of all loggers alternate, so that a slow moment of the machine hits
all. Two figures of wall time per call: back to back, and between steps that multiply matrices for
about a millisecond (they leave the caches cold and let the logger's own threads run, as a training
does). The last column is measured too: a process logs rows and is killed by SIGKILL as soon as the
last call returned; counted are the rows that are on the disk two seconds later.

wandb runs in offline mode. What is not installed is left out: `pip install tensorboard trackio`.
Fails where `log` takes longer than promised, or a row is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

PROMISE_US = 10.0
"""docs/reference/python.md: at most so many microseconds of the calling thread, back to back."""
STEP_SIZE = 320
"""Matrices of this size make a step of about a millisecond on one core of 2020 or later."""
LOGGERS = ("backprobe", "wandb", "tensorboard", "trackio")

Log = Callable[[int, float, float], None]


def begin(name: str, folder: Path) -> Log:
    """A function that logs two scalars at a step, with the logger set up to write into `folder`."""
    if name == "backprobe":
        os.environ.update(BACKPROBE_DIR=str(folder), BACKPROBE_SILENT="true")
        import backprobe

        backprobe.init(project="bench")
        log = backprobe.log
        return lambda step, loss, acc: log({"loss": loss, "acc": acc}, step=step, commit=True)
    if name == "wandb":
        os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=str(folder))
        import wandb

        wandb.init(project="bench")
        return lambda step, loss, acc: wandb.log({"loss": loss, "acc": acc}, step=step, commit=True)
    if name == "tensorboard":
        from torch.utils.tensorboard import SummaryWriter

        add = SummaryWriter(str(folder)).add_scalar

        def two(step: int, loss: float, acc: float) -> None:
            add("loss", loss, step)
            add("acc", acc, step)

        return two
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio

    trackio.init(project="bench", auto_log_cpu=False, auto_log_gpu=False)
    return lambda step, loss, acc: trackio.log({"loss": loss, "acc": acc}, step=step)


def work(name: str, folder: Path) -> None:
    """A worker: for each line `BETWEEN ROWS` on its input, logs rows and prints the times in ns."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a logger prints is not an answer
    log = begin(name, folder)
    matrix = np.random.default_rng(0).normal(size=(STEP_SIZE, STEP_SIZE)).astype(np.float32)
    clock, step = time.perf_counter_ns, 0
    print("ready", file=output, flush=True)
    for line in sys.stdin:
        between, rows = line.split()
        taken = []
        for _ in range(int(rows)):
            loss, acc = 3.0 / (step + 1), step / 7
            if between == "steps":
                matrix @ matrix
            start = clock()
            log(step, loss, acc)
            taken.append(clock() - start)
            step += 1
        if between == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        print(json.dumps(taken), file=output, flush=True)


def start(name: str, folder: Path) -> subprocess.Popen[str] | None:
    """A worker that is ready, or None where its logger is not installed or doesn't begin."""
    worker = subprocess.Popen(
        [sys.executable, __file__, "--worker", name, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert worker.stdout is not None
    if worker.stdout.readline() == "ready\n":
        return worker
    worker.kill()
    worker.wait()
    return None


def ask(worker: subprocess.Popen[str], request: str) -> list[int]:
    """The times that a worker measured, in ns."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(request + "\n")
    worker.stdin.flush()
    found: list[int] = json.loads(worker.stdout.readline() or "[]")
    return found


def kept(name: str, folder: Path) -> int:
    """How many rows of two scalars are on the disk."""
    if name == "backprobe":
        from backprobe.store.reader import LogReader

        readers = [LogReader(path) for path in folder.rglob("rank*.log")]
        for reader in readers:
            reader.refresh()
        return sum(len(reader.assembled.rows) for reader in readers)
    if name == "wandb":
        return sum(wandb_rows(path.read_bytes()) for path in folder.rglob("*.wandb"))
    if name == "tensorboard":
        from tensorboard.backend.event_processing import (
            event_file_loader,
        )

        files = folder.rglob("events.out.*")
        events = [
            event for path in files for event in event_file_loader.EventFileLoader(str(path)).Load()
        ]
        return sum(len(event.summary.value) for event in events) // 2
    total = 0
    for path in folder.rglob("*.db"):
        with sqlite3.connect(path) as database:
            total += database.execute("select count(*) from metrics").fetchone()[0]
    return total


def wandb_rows(data: bytes) -> int:
    """History records of a `.wandb` file: LevelDB's log format behind seven bytes of header."""
    from wandb.proto import wandb_internal_pb2

    block, at, count, record = 32768, 7, 0, b""
    while at + 7 <= len(data):
        if block - at % block < 7:
            at += block - at % block
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        piece = data[at + 7 : at + 7 + length]
        if kind == 0 or len(piece) < length:
            break
        record = piece if kind in (1, 2) else record + piece
        at += 7 + length
        if kind in (1, 4):
            decoded = wandb_internal_pb2.Record()  # type: ignore[attr-defined]
            decoded.ParseFromString(record)
            count += decoded.WhichOneof("record_type") == "history"
    return count


def killed(name: str, folder: Path, rows: int) -> int | None:
    """Rows on the disk after a process that logged `rows` was killed; None without the logger."""
    folder.mkdir()
    worker = start(name, folder)
    if worker is None:
        return None
    ask(worker, f"killed {rows}")
    worker.wait()
    time.sleep(2.0)
    return kept(name, folder)


def main() -> int:
    """Measures and prints; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="blocks of each kind (default 15)")
    parser.add_argument("--rows", type=int, default=200, help="calls in a block (default 200)")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker[0], Path(options.worker[1]))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        table = measure(Path(scratch), options.rounds, options.rows)
    columns = ("back to back, µs", "p95", "between steps, µs", "p95", "kept after SIGKILL")
    print(f"{'log of two scalars':20}" + "".join(f"{title:>20}" for title in columns))
    for name, cells in table.items():
        print(f"{name:20}" + "".join(f"{cell:>20}" for cell in cells))
    print(f"medians and 95th percentiles of {options.rounds} × {options.rows} calls a cell")
    tight, _, _, _, count = table["backprobe"]
    return 0 if float(tight) <= PROMISE_US and count == f"{options.rows} of {options.rows}" else 1


def measure(scratch: Path, rounds: int, rows: int) -> dict[str, list[str]]:
    """Logger → the cells of its line."""
    workers: dict[str, Any] = {}
    for name in LOGGERS:
        (scratch / name).mkdir()
        worker = start(name, scratch / name)
        if worker is None:
            print(f"{name} is not installed or did not begin: left out")
        else:
            workers[name] = worker
    taken: dict[tuple[str, str], list[int]] = {}
    for _ in range(rounds):
        for between in ("tight", "steps"):
            for name, worker in workers.items():
                taken.setdefault((name, between), []).extend(ask(worker, f"{between} {rows}"))
    for worker in workers.values():
        worker.stdin.close()
        worker.wait()
    table = {}
    for name in workers:
        cells = []
        for between in ("tight", "steps"):
            times = [ns / 1e3 for ns in taken[name, between]]
            cells += [
                f"{statistics.median(times):.1f}",
                f"{statistics.quantiles(times, n=20)[-1]:.1f}",
            ]
        count = killed(name, scratch / f"{name}-killed", rows)
        table[name] = [*cells, f"{count} of {rows}"]
    return table


if __name__ == "__main__":
    sys.exit(main())
