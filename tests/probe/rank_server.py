# SPDX-License-Identifier: Apache-2.0
"""Runs scripts as two ranks: one line of JSON on standard input each, one answer each.

What they import is imported once, which takes longer than they do; each rank is a fork with the
variables that a launcher sets. A watched one has the probe as under `backprobe run`.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
import types
from typing import Any, NoReturn

import torch

from backprobe.probe import launched, trial_server

PRELOADED = (
    *trial_server.PRELOADED,
    "torch.distributed.fsdp",
    "torch.distributed.device_mesh",
    "transformers.models.llama.modeling_llama",
)
RANKS = 2
POLL = 0.02
PATIENCE, PATIENCE_ALONE = 300.0, 60.0
"""Seconds for both ranks, and for the one that is left: collectives wait for ever."""


def become(asked: dict[str, Any], rank: int, port: int) -> NoReturn:
    """In a fork: the script, as a launcher starts it."""
    os.chdir(asked["cwd"])
    said = os.open(f"{rank}.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ.clear()
    os.environ.update(
        asked["environment"],
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(RANKS),
        LOCAL_WORLD_SIZE=str(RANKS),
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )
    sys.argv = list(asked["words"])
    module = types.ModuleType("__main__")
    module.__file__ = sys.argv[0]
    sys.modules["__main__"] = module
    if asked["watched"]:
        launched.begin()
    trial_server._run(sys.argv[0], module)


def statuses(pids: list[int]) -> list[int]:
    """Exit statuses of the ranks; those that outlive the first one for long are killed."""
    ended: dict[int, int] = {}
    patience = PATIENCE
    while len(ended) < len(pids):
        time.sleep(POLL)
        patience -= POLL
        for pid in set(pids) - set(ended):
            if patience <= 0.0:
                os.kill(pid, signal.SIGKILL)
            found, status = os.waitpid(pid, 0 if patience <= 0.0 else os.WNOHANG)
            if found:
                ended[pid] = os.waitstatus_to_exitcode(status)
                patience = min(patience, PATIENCE_ALONE)
    return [ended[pid] for pid in pids]


def serve() -> None:
    """Answers with the ranks' exit statuses, until standard input ends."""
    torch.set_num_threads(1)
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:  # Transformers: tests of it are skipped
            continue
    trial_server._keep_finalizers()
    gc.freeze()  # a collection in a fork would copy the pages of all that was imported
    for line in sys.stdin:
        asked = json.loads(line)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        pids = []
        for rank in range(RANKS):
            pid = os.fork()
            if pid == 0:
                become(asked, rank, port)
            pids.append(pid)
        print(json.dumps(statuses(pids)), flush=True)


if __name__ == "__main__":
    serve()
