# SPDX-License-Identifier: Apache-2.0
"""Trains programs under the probe: one line on standard input a program, one answer each.

What they import is imported once; every program runs in a fork of its own, in its own store.
"""

import gc
import importlib
import os
import runpy
import sys
import traceback

import torch

from backprobe import session
from backprobe.probe.entry import install
from backprobe.probe.trial_server import PRELOADED

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")


def run(program: str, store: str, budget: str) -> None:
    """In a fork: the program with the whole probe attached, at a budget (`none`: every step)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.environ["BACKPROBE_DIR"] = store
    os.environ["BACKPROBE_BUDGET"] = budget
    os.chdir(PROGRAMS)
    sys.path.insert(0, PROGRAMS)
    sys.argv = [program]
    install()
    try:
        runpy.run_path(program, run_name="__main__")
    finally:
        current = session.current()
        if current is not None:
            current.finish(0)


def serve() -> None:
    """Answers `ok` or `failed`, until standard input ends."""
    torch.set_num_threads(1)
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # a collection in a fork would copy the pages of all that was imported
    for line in sys.stdin:
        program, store, budget = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                run(program, store, budget)
                status = 0
            except BaseException:  # noqa: BLE001  # told, and the next program is served
                traceback.print_exc()
            os._exit(status)
        _, status = os.waitpid(child, 0)
        print("ok" if status == 0 else "failed", flush=True)


if __name__ == "__main__":
    serve()
