# SPDX-License-Identifier: Apache-2.0
"""The compiled kernel: `stats.c` and `batches.c`, built once by the C compiler here, or None.

`calls.c` and `unobserved.c` are built the same way, see `calls`.

Without a compiler (or with `BACKPROBE_NATIVE=0`) the probe computes the same numbers through
torch, several times slower; nothing else changes.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, TypeVar

_Library = TypeVar("_Library", bound=ctypes.CDLL)
SOURCES = tuple(Path(__file__).with_name(name) for name in ("stats.c", "batches.c"))
FLAGS = (
    "-O3",
    "-march=native",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fassociative-math",
    "-fno-signed-zeros",
    "-shared",
    "-fPIC",
)
BINS = 135
"""Bins of a histogram; `docs/reference/record.md` says what each holds."""
COMPILE_SECONDS = 60


class Tensor(ctypes.Structure):
    """What the kernel must know of one parameter; mirrors `tensor` in `stats.c`."""

    _fields_ = (
        ("n", ctypes.c_int64),
        ("weight_dtype", ctypes.c_int32),
        ("grad_dtype", ctypes.c_int32),
        ("samples", ctypes.c_int32),
        ("fresh", ctypes.c_int32),
        ("where", ctypes.c_void_p),
        ("weight_sample", ctypes.c_void_p),
        ("grad_sample", ctypes.c_void_p),
    )


MOST_DIMENSIONS = 8
"""Of an output whose shape `calls.c` can compare."""


class Output(ctypes.Structure):
    """What the kernel must know of one layer's output; mirrors `output` in `stats.c`.

    What follows is for `calls.c`: the step in which it was measured last, the one in which Python
    is to look at it too, whether there is nothing to read, and the shape that all this is for, of
    -1 dimensions where there is none.
    """

    _fields_ = (
        ("rows", ctypes.c_int64),
        ("units", ctypes.c_int64),
        ("inner", ctypes.c_int64),
        ("row_step", ctypes.c_int64),
        ("unit_step", ctypes.c_int64),
        ("length", ctypes.c_int64),
        ("starts", ctypes.c_int64),
        ("calls", ctypes.c_int64),
        ("bin_step", ctypes.c_int64),
        ("dead", ctypes.c_int32),
        ("seen", ctypes.c_int32),
        ("low", ctypes.c_float),
        ("high", ctypes.c_float),
        ("unit_max", ctypes.c_void_p),
        ("unit_sum", ctypes.c_void_p),
        ("unit_square", ctypes.c_void_p),
        ("step", ctypes.c_int64),
        ("asked", ctypes.c_int64),
        ("empty", ctypes.c_int32),
        ("dimensions", ctypes.c_int32),
        ("shape", ctypes.c_int64 * MOST_DIMENSIONS),
    )


class Sink(ctypes.Structure):
    """Where histograms go, packed; mirrors `sink` in `stats.c`."""

    _fields_ = (
        ("lengths", ctypes.c_void_p),
        ("bins", ctypes.c_void_p),
        ("counts", ctypes.c_void_p),
        ("rows", ctypes.c_int64),
        ("used", ctypes.c_int64),
        ("new_rows", ctypes.c_int64),
        ("new_used", ctypes.c_int64),
    )


@functools.cache
def library() -> ctypes.CDLL | None:
    """The loaded kernel, compiled where it was not yet, or None where that can't be done."""
    return _loaded(ctypes.CDLL)


@functools.cache
def quick() -> ctypes.PyDLL | None:
    """The same kernel, for calls of a few microseconds: they keep the interpreter's lock.

    To let it go would hand it to the flush thread for up to 5 ms, in the middle of a step.
    """
    return _loaded(ctypes.PyDLL)


def _loaded(kind: type[_Library]) -> _Library | None:
    if os.environ.get("BACKPROBE_NATIVE") == "0":
        return None
    try:
        loaded = kind(str(built(SOURCES, FLAGS)))
    except (OSError, subprocess.SubprocessError):
        return None
    pointer, long, int32 = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
    signatures: dict[str, tuple[Any, tuple[Any, ...]]] = {
        "bp_full": (None, (pointer, long, int32, pointer)),
        "bp_before": (ctypes.c_double, (pointer, pointer, pointer, long, pointer, pointer, int32)),
        "bp_after": (None, (pointer, pointer, long, pointer, pointer)),
        "bp_nonzero": (int32, (pointer, pointer, pointer, int32)),
        "bp_pack": (long, (pointer, long, pointer, pointer, pointer)),
        "bp_repeated": (None, (pointer, int32, int32, pointer)),
        "bp_hits": (None, (pointer, long, long, pointer, long, pointer)),
        "bp_output": (None, (pointer, pointer, int32, pointer, pointer)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(loaded, name)
        function.restype = result
        function.argtypes = arguments
    return loaded


def built(paths: tuple[Path, ...], flags: tuple[str, ...], headers: tuple[Path, ...] = ()) -> Path:
    """Path of the shared library, named after its source, its flags and this processor.

    Arguments:
        paths: of the source; the library has the name of the first.
        flags: for the compiler.
        headers: that the source includes.

    Raises:
        OSError, subprocess.SubprocessError: it can't be built here.
    """
    compiler = shutil.which(os.environ.get("CC") or "cc") or shutil.which("gcc")
    source = b"".join(path.read_bytes() for path in (*headers, *paths))
    key = hashlib.sha256(source + repr((flags, compiler, _processor())).encode()).hexdigest()[:16]
    folder = _cache()
    target = folder / f"{paths[0].stem}-{key}.so"
    if target.exists():
        return target
    if compiler is None:
        raise FileNotFoundError("no C compiler")
    scratch = folder / f".{target.name}.{os.getpid()}"
    subprocess.run(
        [compiler, *flags, *map(str, paths), "-o", str(scratch), "-lm"],
        check=True,
        capture_output=True,
        timeout=COMPILE_SECONDS,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )
    os.replace(scratch, target)
    return target


def _cache() -> Path:
    """A folder of the user's that nobody else can write to: what lies in it is executed."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backprobe"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(base, os.W_OK):
            return base
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="backprobe-"))


def _processor() -> str:
    """What `-march=native` depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "".join(line for line in lines[:40] if line.startswith(("model name", "flags")))
