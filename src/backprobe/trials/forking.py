# SPDX-License-Identifier: Apache-2.0
"""Trials forked from a process that has imported torch already; see `probe/trial_server.py`.

Importing torch takes seconds, a short trial not many more. Scripts that are started another way
(`-m module`, `torchrun`, options of the interpreter) get a process of their own each.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
READY_SECONDS = 120.0
"""Importing torch takes no longer, even on a slow disk; after it trials start the plain way."""
START_SECONDS = 30.0
HARMLESS = frozenset({"numpy", "scipy", "sklearn", "pandas", "PIL", "matplotlib"})
"""Packages that keep nothing of torch, so that it makes no difference when they are imported."""

_BOOT = """
import gc, sys
gc.disable()
from importlib.util import find_spec, module_from_spec, spec_from_file_location
if find_spec("backprobe") is None or find_spec("backprobe").origin is None:
    folder = sys.argv[1]
    spec = spec_from_file_location(
        "backprobe", folder + "/__init__.py", submodule_search_locations=[folder]
    )
    sys.modules["backprobe"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["backprobe"])
from backprobe.probe.trial_server import main
main(sys.argv[2:])
"""


class ForkServer:
    """One server process, for the trials of one script.

    Arguments:
        command: of the script, as `forkable` accepts it.
        cwd: its folder.
        environment: of the server; a trial has one of its own.

    Raises:
        OSError: it can't be started, or is not ready in time.
    """

    def __init__(self, command: Sequence[str], cwd: str, environment: Mapping[str, str]) -> None:
        also = _harmless_imports(Path(cwd) / command[1])
        self._process = subprocess.Popen(
            [command[0], "-c", _BOOT, str(PACKAGE), *also],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._pids: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._count = 0
        self._ready = False
        self._gone = False
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._gone, READY_SECONDS)
        if not self._ready or self._gone:
            self.close()
            raise OSError("the process that trials are forked from did not start")

    @property
    def alive(self) -> bool:
        """Whether it can start trials."""
        return not self._gone

    def start(
        self, command: Sequence[str], cwd: str, environment: Mapping[str, str], output: Path
    ) -> ForkedChild:
        """Starts a trial.

        Raises:
            OSError: the server is gone.
        """
        with self._changed:
            self._count += 1
            number = self._count
        request = {
            "id": number,
            "command": list(command),
            "cwd": cwd,
            "environment": dict(environment),
            "output": str(output),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        with self._changed:
            self._changed.wait_for(lambda: number in self._pids or self._gone, START_SECONDS)
            if number not in self._pids:
                raise OSError("the process that trials are forked from has ended")
            return ForkedChild(self, number, self._pids[number])

    def status(self, number: int, wait: float | None = 0.0) -> int | None:
        """Exit status of a trial, negative for a signal; None while it runs.

        Arguments:
            number: of the trial.
            wait: seconds to wait for its end; None waits for it.
        """
        with self._changed:
            if wait != 0.0:
                self._changed.wait_for(lambda: number in self._ends or self._gone, wait)
            if number in self._ends:
                return self._ends[number]
            return -signal.SIGKILL if self._gone else None  # its children end with it

    def close(self) -> None:
        """Ends the server, and with it what it started."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass

    def _listen(self) -> None:
        assert self._process.stdout is not None
        try:
            for line in self._process.stdout:
                answer: dict[str, Any] = json.loads(line)
                with self._changed:
                    if "ready" in answer:
                        self._ready = True
                    elif "pid" in answer:
                        self._pids[answer["id"]] = answer["pid"]
                    else:
                        self._ends[answer["id"]] = answer["status"]
                    self._changed.notify_all()
        except ValueError:  # closed while it was read
            pass
        with self._changed:
            self._gone = True
            self._changed.notify_all()


class ForkedChild:
    """A trial's process, with what a `Popen` offers."""

    def __init__(self, server: ForkServer, number: int, pid: int) -> None:
        self._server = server
        self._number = number
        self.pid = pid

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._server.status(self._number)

    def wait(self) -> int:
        """Waits for its end; its exit status."""
        status = self._server.status(self._number, None)
        return -signal.SIGKILL if status is None else status


def forkable(command: Sequence[str], cwd: str) -> bool:
    """Whether a command is `python script.py …`, with nothing between the two."""
    if len(command) < 2 or not hasattr(os, "fork") or sys.platform != "linux":
        return False
    name = os.path.basename(command[0])
    script = Path(cwd) / command[1]
    return name.startswith("python") and script.suffix == ".py" and script.is_file()


def _harmless_imports(script: Path) -> list[str]:
    """The modules of `HARMLESS` packages that a script imports, or a module that lies beside it."""
    found: dict[str, None] = {}
    waiting, seen = [script], {script}
    while waiting:
        for name in _imports(waiting.pop()):
            top = name.split(".")[0]
            beside = script.parent / f"{top}.py"
            if top in HARMLESS:
                found[name] = None
            elif beside not in seen and beside.is_file():
                seen.add(beside)
                waiting.append(beside)
    return list(found)


def _imports(file: Path) -> list[str]:
    """The modules that a file imports, anywhere in it."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
    return found
