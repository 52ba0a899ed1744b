# SPDX-License-Identifier: Apache-2.0
"""Starts trials by forking a process that has imported torch already.

`backprobe prove` runs one of these per script, in the script's own Python. A request is a line of
JSON on standard input: `{"id", "command", "cwd", "environment", "output"}`; an answer a line on
standard output: `{"id", "pid"}` once the trial runs, `{"id", "status"}` when it has ended. Nothing
of torch is in use here (no thread, no device, no number drawn), so a fork is as good as a new
process; each trial has a session, an environment and files of its own. It ends with its parent.

A trial ends as a forked process does, without taking the interpreter apart: that would write to
every page of what it shares with the others, and takes longer than many a trial.
"""

from __future__ import annotations

import atexit
import builtins
import ctypes
import fcntl
import gc
import importlib
import io
import json
import os
import select
import signal
import stat
import sys
import threading
import types
import weakref
from collections.abc import Mapping, Sequence
from importlib.machinery import SourceFileLoader
from typing import Any, NoReturn

import backprobe.treatments.apply  # noqa: F401  # what a trial needs, imported once for all
from backprobe import settings
from backprobe.probe import launched
from backprobe.probe.kernels import native
from backprobe.treatments.names import TABLE

PRELOADED = (
    "torch._dynamo",
    "torch.utils.data",
    "torch.optim",
    "torch.profiler._cupti_monitor",
    "psutil",
    "numpy.ma",
)
"""What a script's first optimizer imports, over a second's worth, and what the record does."""
PR_SET_PDEATHSIG = 1


def main(also: Sequence[str] = ()) -> None:
    """Serves until standard input ends; returns in no process but this one.

    Arguments:
        also: further modules to import beforehand.
    """
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    _die_with_parent()
    for name in (*PRELOADED, *also):
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001  # the script will meet the same, and say it
            continue
    for entry in TABLE.values():
        importlib.import_module(f"backprobe.treatments.{entry.module}")
    _warm()
    _keep_finalizers()
    gc.freeze()  # a collection in a trial leaves what all share alone, and so on shared pages
    gc.enable()  # off while all that was made: a fifth of the time
    waking, wake = os.pipe()
    for descriptor in (waking, wake):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _tell(outgoing, {"ready": True})
    request = _serve(incoming, outgoing, waking)
    if request is None:
        return
    for descriptor in (incoming, outgoing, waking, wake, null):
        os.close(descriptor)
    _become(request)


def _warm() -> None:
    """What is made at its first use, and the same in each trial."""
    settings.record_limit()
    native.quick()


def _keep_finalizers() -> None:
    """What was imported for all is not undone at the end of each trial.

    torch's libraries of operators would be: 30 ms for nothing.
    """
    registry: dict[Any, Any] = getattr(weakref.finalize, "_registry", {})
    for one in list(registry):
        one.atexit = False


def _serve(incoming: int, outgoing: int, waking: int) -> Mapping[str, Any] | None:
    """Forks for each request; gives the request in the child, None at the end in the server."""
    running: dict[int, int] = {}
    rest = b""
    while True:
        ready, _, _ = select.select([incoming, waking], [], [])
        if waking in ready:
            try:
                os.read(waking, 4096)
            except BlockingIOError:
                pass
            _reap(running, outgoing)
        if incoming not in ready:
            continue
        data = os.read(incoming, 1 << 16)
        if not data:
            return None
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            request: Mapping[str, Any] = json.loads(line)
            pid = os.fork()
            if pid == 0:
                return request
            running[pid] = request["id"]
            _tell(outgoing, {"id": request["id"], "pid": pid})


def _reap(running: dict[int, int], outgoing: int) -> None:
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            _tell(outgoing, {"id": running.pop(pid), "status": code})


def _tell(outgoing: int, answer: Mapping[str, Any]) -> None:
    os.write(outgoing, json.dumps(answer).encode() + b"\n")


def _become(request: Mapping[str, Any]) -> NoReturn:
    """Makes this process what `python script.py …` would have started."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()
    _die_with_parent()
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, write_through=True)
    command = list(request["command"])
    script = os.path.abspath(command[1])
    sys.argv = command[1:]
    sys.orig_argv = command
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    module: Any = types.ModuleType("__main__")
    module.__file__ = script
    module.__builtins__ = builtins
    module.__loader__ = SourceFileLoader("__main__", script)
    sys.modules["__main__"] = module
    launched.begin()
    _run(script, module)


def _run(script: str, module: types.ModuleType) -> NoReturn:
    status = 0
    try:
        with io.open_code(script) as file:
            text = file.read()
        exec(compile(text, script, "exec", dont_inherit=True), vars(module))
    except SystemExit as end:
        status = _status(end.code)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
        raise
    except BaseException as error:  # noqa: BLE001  # told as Python itself tells it
        trace = error.__traceback__
        sys.excepthook(type(error), error, trace.tb_next if trace is not None else None)
        status = 1
    _leave(status)


def _status(code: object) -> int:
    """The exit status that `sys.exit(code)` gives; a text is printed, as Python does."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _leave(status: int) -> NoReturn:
    """Ends this process: waits for threads, runs what is registered for the end, writes files."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter's own end does
        atexit._run_exitfuncs()
    except BaseException as error:  # noqa: BLE001  # a status all the same
        sys.excepthook(type(error), error, error.__traceback__)
    if _files_are_open():
        for one in gc.get_objects():  # the trial's own: those of the server are frozen
            if isinstance(one, io.IOBase):
                _flush(one)
    for stream in (sys.stdout, sys.stderr):
        _flush(stream)
    try:
        ctypes.CDLL(None).fflush(None)  # what libraries in C have printed
    except (OSError, AttributeError):
        pass
    os._exit(status)


def _files_are_open() -> bool:
    """Whether there may be files that were written and not closed."""
    for name in os.listdir("/proc/self/fd"):
        descriptor = int(name)
        try:
            writes = fcntl.fcntl(descriptor, fcntl.F_GETFL) & (os.O_WRONLY | os.O_RDWR)
            if descriptor > 2 and writes and stat.S_ISREG(os.fstat(descriptor).st_mode):
                return True
        except OSError:  # the one that lists them
            continue
    return False


def _flush(stream: Any) -> None:
    """Writes out what a file was given, which its end would have done."""
    try:
        stream.flush()
    except (OSError, ValueError, AttributeError):  # closed, or gone
        pass


def _die_with_parent() -> None:
    """The kernel ends this process when its parent is gone."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        pass
