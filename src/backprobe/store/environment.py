# SPDX-License-Identifier: Apache-2.0
"""What a run depends on beside its script: interpreter, packages, host, settings, git, source.

Captured in the process that trains, off its hot path, and cleaned of secrets. What takes long
(git, packages) comes in later events, so a run that dies young still has the rest.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from backprobe.store import redact

VARIABLES = (
    "CUDA_VISIBLE_DEVICES",
    "CUDA_LAUNCH_BLOCKING",
    "CUBLAS_WORKSPACE_CONFIG",
    "PYTORCH_ALLOC_CONF",
    "PYTORCH_CUDA_ALLOC_CONF",
    "PYTORCH_NVML_BASED_CUDA_CHECK",
    "TORCH_COMPILE_DISABLE",
    "TORCHDYNAMO_DISABLE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "KMP_AFFINITY",
    "NCCL_DEBUG",
    "RANK",
    "LOCAL_RANK",
    "WORLD_SIZE",
    "LOCAL_WORLD_SIZE",
    "GROUP_RANK",
    "PYTHONHASHSEED",
    "PYTHONWARNINGS",
    "SLURM_JOB_ID",
    "SLURM_PROCID",
    "CONDA_DEFAULT_ENV",
    "VIRTUAL_ENV",
    "SEED",
)
"""The environment variables that are kept: those that change a training's numbers or say where it
ran. All others may hold anything and are left out."""

GIT_SECONDS = 5.0
"""Time-out of one git command: a cold network file system may take seconds, a hung one for ever."""
OUTPUT_BYTES = 1 << 20
"""What is kept of a diff, in bytes."""
SOURCE_BYTES = 1 << 18
JOIN_SECONDS = 1.0
"""How long the end of a run waits for what is still being captured."""
PAUSE_EVERY, PAUSE_SECONDS = 10, 0.005
"""Packages read between two pauses: the thread shares the interpreter with a training loop."""


class Capture:
    """Writes `environment` events from a thread of its own, which ends when all is written.

    Arguments:
        write: takes the facts of one event; called from the thread.
        extra: more facts, e.g. what torch alone can tell; what they raise is recorded, not thrown.
        full: whether packages, git and source are captured; one process of a job is enough.
        again: whether the process repeats a run that has packages and git already, as trials do.
    """

    def __init__(
        self,
        write: Callable[[Mapping[str, Any]], None],
        extra: Callable[[], Mapping[str, Any]] | None = None,
        full: bool = True,
        again: bool = False,
    ) -> None:
        self._write = write
        self._parts: list[Callable[[], Mapping[str, Any]]] = [process_facts]
        if extra is not None:
            self._parts.append(extra)
        if full:
            self._parts += [source_facts, *([] if again else [git_facts, package_facts])]
        self._thread = threading.Thread(target=self._run, name="backprobe-environment", daemon=True)
        self._thread.start()

    def join(self, seconds: float = JOIN_SECONDS) -> None:
        """Waits until everything is written, or so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        for part in self._parts:
            try:
                facts = part()
            except Exception as error:  # noqa: BLE001  # a fact that can't be had must cost no run
                facts = {"missing": {getattr(part, "__name__", "extra"): repr(error)}}
            if facts:
                self._write(facts)


def process_facts() -> Mapping[str, Any]:
    """Interpreter, platform, host, command line and the variables of `VARIABLES`."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "host": socket.gethostname(),
        "cpus": os.cpu_count(),
        "cpus_usable": _usable_cpus(),
        "cwd": os.getcwd(),
        "command": redact.arguments(getattr(sys, "orig_argv", sys.argv)),
        "argv": redact.arguments(sys.argv),
        "flags": {
            "optimize": sys.flags.optimize,
            "hash_randomization": sys.flags.hash_randomization,
            "warnings": list(sys.warnoptions),
        },
        "variables": redact.variables(
            {name: os.environ[name] for name in VARIABLES if name in os.environ}
        ),
    }


def source_facts() -> Mapping[str, Any]:
    """Path and text of the script (`__main__`), its secrets redacted, cut at `SOURCE_BYTES`."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if not file or not os.path.isfile(file):
        return {}
    path = os.path.abspath(file)
    with open(path, "rb") as handle:
        data = handle.read(SOURCE_BYTES + 1)
    script = {
        "path": path,
        "text": redact.source(data[:SOURCE_BYTES].decode("utf-8", "replace")),
        "truncated": len(data) > SOURCE_BYTES,
    }
    return {"script": script}


def package_facts() -> Mapping[str, Any]:
    """Name → version of every installed distribution, the first on the path where it is twice."""
    packages: dict[str, str] = {}
    for count, (name, version) in enumerate(_distributions(), 1):
        packages.setdefault(name, version)
        if count % PAUSE_EVERY == 0:
            time.sleep(PAUSE_SECONDS)
    return {"packages": dict(sorted(packages.items(), key=lambda item: item[0].lower()))}


def git_facts(folder: Path | None = None) -> Mapping[str, Any]:
    """Commit, branch, remote and the diff to the commit; nothing outside a repository.

    Arguments:
        folder: where to look; by default the folder of the script, else the working directory.
    """
    where = folder or _script_folder()
    commit = _git(where, "rev-parse", "HEAD")
    root = _git(where, "rev-parse", "--show-toplevel")
    if root is None:
        return {}
    diff = (
        _git(where, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD")
        if commit
        else None
    )
    status = _git(where, "status", "--porcelain", "--untracked-files=normal")
    return {
        "git": {
            "root": root.strip(),
            "commit": commit.strip() if commit else None,
            "branch": (_git(where, "rev-parse", "--abbrev-ref", "HEAD") or "").strip(),
            "remote": redact.text((_git(where, "config", "remote.origin.url") or "").strip()),
            "dirty": None if status is None else bool(status.strip()),
            "status": redact.text((status or "")[:10_000]),
            "diff": None if diff is None else redact.text(diff[:OUTPUT_BYTES]),
            "diff_truncated": diff is not None and len(diff) > OUTPUT_BYTES,
        }
    }


def _distributions() -> Iterator[tuple[str, str]]:
    for found in importlib.metadata.distributions():
        try:
            name, version = found.metadata["Name"], found.version
        except Exception:  # noqa: BLE001  # half-removed packages have no readable metadata
            continue
        if name:
            yield str(name), str(version)


def _usable_cpus() -> int | None:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count()


def _script_folder() -> Path:
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return Path(file).absolute().parent if file else Path.cwd()


def _git(folder: Path, *arguments: str) -> str | None:
    """Standard output of a git command that changes nothing, or None where it failed."""
    environment = {
        **os.environ,
        "GIT_OPTIONAL_LOCKS": "0",  # never in the way of the user's own git
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }
    try:
        # fsmonitor would start a daemon that outlives us
        process = subprocess.Popen(
            ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    alarm = threading.Timer(GIT_SECONDS, process.kill)
    alarm.daemon = True
    alarm.start()
    try:
        assert process.stdout is not None
        output = process.stdout.read(OUTPUT_BYTES + 1)
        if len(output) > OUTPUT_BYTES:  # enough: a diff of gigabytes never comes into memory
            process.kill()
            return output.decode("utf-8", "replace")
        return output.decode("utf-8", "replace") if process.wait() == 0 else None
    finally:
        process.wait()
        alarm.cancel()
        assert process.stdout is not None
        process.stdout.close()
