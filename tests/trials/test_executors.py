# SPDX-License-Identifier: Apache-2.0
"""Ray and submitit come to what local processes come to; killed workers are retried."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from backprobe.records import Run
from backprobe.store import catalog
from backprobe.trials.executor import Executor
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Arm, Trial
from backprobe.trials.pool import Pool
from backprobe.trials.ray_executor import RayExecutor
from backprobe.trials.slurm_executor import SlurmExecutor

from . import programs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Ray's own sockets
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SLOW = """
import torch, time, pathlib
pathlib.Path("began").open("a").write("x")
while len(pathlib.Path("began").read_text()) < 2:
    time.sleep(0.1)
print("FINAL accuracy=0.5")
"""


def original(folder: Path, text: str) -> Run:
    """A run of a script that can be run again."""
    (folder / "train.py").write_text(text)
    return catalog.create(folder / "store", command=(sys.executable, "train.py"), cwd=str(folder))


def tasks(run: Run) -> list[Task]:
    """Control and treated at two seeds."""
    return [Task(run, Arm(texts), seed, None) for seed in (0, 1) for texts in ((), ("zero-grad",))]


def values(trials: list[Trial]) -> list[dict[str, float]]:
    """What they came to."""
    return [{str(one): value for one, value in trial.values.items()} for trial in trials]


def slurm(folder: Path) -> Executor:
    """Submitit's processes of this machine."""
    pytest.importorskip("submitit")
    return SlurmExecutor(folder / "store", 2, cluster="local")


def test_all_executors_agree(tmp_path: Path) -> None:
    """The same numbers from local processes, Ray and submitit; what is stored is not run again."""
    found = []
    for name in ("local", "ray", "slurm"):
        folder = tmp_path / name
        folder.mkdir()
        run = original(folder, programs.NO_ZERO_GRAD)
        if name == "local":
            executor: Executor = Pool(folder / "store", 2)
        elif name == "ray":
            pytest.importorskip("ray")
            executor = RayExecutor(folder / "store", 2)
        else:
            executor = slurm(folder)
        with executor:
            found.append(values(executor.run(tasks(run))))
            count = len(catalog.runs(folder / "store"))
            assert values(executor.run(tasks(run))) == found[-1]
            assert len(catalog.runs(folder / "store")) == count == 5
    assert found[0] == found[1] == found[2]
    for trial in found[0]:  # what the script prints is the loss that the probe saw
        assert trial["loss (evaluation)"] == pytest.approx(trial["mse (printed)"], rel=1e-3)
        assert len(trial) == 2


def test_a_trial_of_a_killed_worker_is_run_again(tmp_path: Path) -> None:
    """Ray's worker is killed in the middle; the trial ends well all the same."""
    pytest.importorskip("ray")
    run = original(tmp_path, SLOW)

    def kill() -> None:
        end = time.monotonic() + 120
        while not (tmp_path / "began").exists() and time.monotonic() < end:
            time.sleep(0.1)
        for process in psutil.process_iter(["cmdline", "ppid", "pid"]):
            words = process.info["cmdline"] or []
            if words[-1:] == ["train.py"] and process.cwd() == str(tmp_path):
                os.kill(process.info["ppid"], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    with RayExecutor(tmp_path / "store", 1) as executor:
        killer.start()
        (trial,) = executor.run([Task(run, Arm(), 0, None)])
    killer.join()
    assert trial.failure == ""
    assert values([trial]) == [{"accuracy (printed)": 0.5}]
    assert (tmp_path / "began").read_text() == "xx"


KILLED_ONCE = """
import os, signal, pathlib, torch
if not pathlib.Path("began").exists():
    pathlib.Path("began").touch()
    os.kill(os.getpid(), signal.SIGKILL)
print("FINAL accuracy=0.5")
"""


def test_a_trial_that_was_killed_is_run_again(tmp_path: Path) -> None:
    """As the kernel does where memory runs out: once more, alone."""
    run = original(tmp_path, KILLED_ONCE)
    with Pool(tmp_path / "store", 2) as pool:
        (trial,) = pool.run([Task(run, Arm(), 0, None)])
    assert values([trial]) == [{"accuracy (printed)": 0.5}]
    assert sorted(r.state for r in catalog.runs(tmp_path / "store") if r.kind == "trial") == [
        "finished",
        "killed",
    ]


PLAIN = """
import os, sys, json
print(json.dumps([sys.argv, __name__, os.path.basename(__file__), sys.path[0], os.getcwd()]))
import numpy as np, torch, random
print(torch.rand(1).item(), np.random.rand(), random.random())
class Held: pass
import pickle
pickle.loads(pickle.dumps(Held()))
import atexit, ctypes, threading
ctypes.CDLL(None).printf(b"a line of a library in C\\n")
atexit.register(print, "at the very end")
threading.Timer(0.3, print, ["a thread's last line"]).start()
left_open = open(os.environ["BACKPROBE_RUN"] + "/left.txt", "w")
left_open.write("all of it")
if sys.argv[1:] == ["fail"]:
    raise ValueError("as it was asked for")
if sys.argv[1:] == ["leave"]:
    sys.exit("left as it was asked for")
print("accuracy=0.5")
"""


def test_a_forked_trial_is_as_a_started_one(tmp_path: Path) -> None:
    """Arguments, names, folders, random numbers, output, errors and exit status are the same.

    And what comes at the end: threads, functions registered for it, files that were left open.
    """
    (tmp_path / "train.py").write_text(PLAIN)
    ends: tuple[tuple[str, ...], ...] = ((), ("fail",), ("leave",))
    found = []
    for forks in (True, False):
        store = tmp_path / f"store{forks}"
        python = [sys.executable] if forks else ["/usr/bin/env", sys.executable]
        runs = [
            catalog.create(store, command=(*python, "train.py", *words), cwd=str(tmp_path))
            for words in ends
        ]
        with Pool(store, 1) as pool:
            trials = pool.run([Task(run, Arm(), 3, None) for run in runs])
            assert bool(pool._servers) == forks
        found.append(trials)
    for words, *trials in zip(ends, *found, strict=True):
        printed = []
        for trial in trials:
            text = (Path(trial.run.path) / "printed.txt").read_text()
            assert (Path(trial.run.path) / "left.txt").read_text() == "all of it"
            assert "at the very end" in text
            assert "a line of a library in C" in text
            assert "a thread's last line" in text
            printed.append((text, trial.failure, trial.run.exit_code))
        assert printed[0] == printed[1]
        assert ("as it was asked for" in printed[0][0]) == bool(words)
