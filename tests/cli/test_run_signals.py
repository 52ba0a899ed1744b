# SPDX-License-Identifier: Apache-2.0
"""Signals that reach `backprobe run` reach the script, once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backprobe.store import catalog

Script = Callable[..., Path]

COUNTING = """\
import signal, sys, time
got = []
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda number, frame: got.append(signal.Signals(number).name))
print("ready", flush=True)
while not got:
    time.sleep(0.01)
time.sleep(0.7)
print(*got, flush=True)
sys.exit(5)
"""


def _start(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "backprobe", "run", "train.py"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # no terminal: nobody but us signals the child
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_is_handed_on_once(script: Script, tmp_path: Path, number: signal.Signals) -> None:
    """The script's own handler runs once, and its exit status is ours."""
    script(COUNTING)
    process = _start(tmp_path)
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (5, f"{number.name}\n")


def test_an_interrupted_script_dies_as_without_us(
    script: Script, tmp_path: Path, store_directory: Path
) -> None:
    """KeyboardInterrupt shows its traceback, and we end by SIGINT as Python does."""
    script("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    process = _start(tmp_path)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert err.count("KeyboardInterrupt") == 1
    assert catalog.find(store_directory).exit_code == -signal.SIGINT


def test_the_launcher_waits_for_a_script_that_takes_its_time(
    script: Script, tmp_path: Path
) -> None:
    """A script that saves its work after Ctrl-C is waited for."""
    script(
        "import time\nprint('ready', flush=True)\n"
        "try:\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    time.sleep(0.5)\n    print('saved')\n"
    )
    process = _start(tmp_path)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "saved\n")


def test_a_killed_launcher_leaves_a_crashed_run(
    script: Script, tmp_path: Path, store_directory: Path
) -> None:
    """Of a launcher that was killed the run is known to be gone, not running for ever."""
    script("import time\nprint('ready', flush=True)\ntime.sleep(2)\n")
    with _start(tmp_path) as process:
        assert catalog.find(store_directory).state == "running"
        process.kill()
    end = time.monotonic() + 20
    while (state := catalog.find(store_directory).state) == "running" and time.monotonic() < end:
        time.sleep(0.05)
    assert state == "crashed"
