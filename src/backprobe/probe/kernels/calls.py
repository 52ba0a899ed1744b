# SPDX-License-Identifier: Apache-2.0
"""Builtin functions that ask torch and call the kernel without the interpreter, or None.

They do what `probe.layers`, `probe.parameters` and `probe.unobserved` do in Python where nothing is
new: a layer whose output has the shape that it had, parameters and gradients of the same size and
type, a step that is not observed. Of anything else they leave the decision to Python. Their source
is `calls.c`, `followed.c` and `unobserved.c`. Without a compiler, with a torch that has no C
exchange (before 2.10), on an interpreter that is not CPython or has no lock, and with
`BACKPROBE_NATIVE=kernel`, Python does all of it.
"""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from backprobe.probe.kernels import native

SOURCES = tuple(
    Path(__file__).with_name(name) for name in ("calls.c", "followed.c", "unobserved.c")
)
NAMES = ("grad", "params", "param_groups", "lr", "requires_grad")
ATTRIBUTES = (
    "training",
    "f_back",
    "f_code",
    "f_lineno",
    "__dict__",
    "grad_scale",
    "found_inf",
)
HEADERS = tuple(Path(__file__).with_name(name) for name in ("blocks.h", "declared.h"))
FLAGS = (
    "-O2",
    "-shared",
    "-fPIC",
    *(("-undefined", "dynamic_lookup") if sys.platform == "darwin" else ()),
)


class Layers(NamedTuple):
    """What follows one process's layers.

    `hook` is a global forward hook for the modules below a root, from `begin(root, step, row,
    bytes, sink, first, stacked)` to `end()`, which returns the seconds it took, -1 where nothing
    was measured. Where the modules that are running are to be known (`stacked`), `enter` is the
    pre-hook that goes with it.
    `room(row, bytes, sink)`: the row has moved. `seen()`: the first layer with weights has run.
    `learn(module, spec, offset, row, weighted)`: what is done with a module's output from now on.
    `forget(id)`: a module is gone.
    """

    hook: Callable[..., Any]
    enter: Callable[..., Any]
    begin: Callable[[Any, int, int, int, int, bool, bool], None]
    room: Callable[[int, int, int], None]
    seen: Callable[[], None]
    end: Callable[[], float]
    learn: Callable[[Any, int, int, int, bool], None]
    forget: Callable[[int], None]


class Reading(NamedTuple):
    """What reads one optimizer's tensors.

    `read(row, sink, again)` returns what `bp_before` does, `changed(row, sink)` calls `bp_after`;
    each gives None where Python must look at the tensors. `gone()`: whether no tensor that is
    checked has a gradient. `same(groups, settings)`: whether the optimizer's groups hold as many
    tensors as here, and for each setting the very object that is given.
    """

    read: Callable[[int, int, bool], float | None]
    changed: Callable[[int, int], bool | None]
    gone: Callable[[], bool]
    same: Callable[[list[dict[str, Any]], list[dict[str, Any]]], bool]


class Followed(NamedTuple):
    """What follows an observed step that is like the one before.

    Once it has learned what lasts (`learn`, in the order of `followed.c`), `arm(each)` has the next
    steps followed. `begin(module)`, `loss(tensor)` and `steps(optimizer)` say whether a forward, a
    backward pass and an optimizer's step that begin are; `left` is the hook after a module. When
    the step ends `ended(optimizer)` says True where it was closed, gives loss, squares, rows and
    seconds where Python is to close it, and None where it was not followed. `end()`: nothing is
    followed any more; how far the step had come, see `followed.c`. `taken()`: steps that were
    closed since the last call, when the next one began, and seconds. `flush()`: their rows are
    handed on, from any thread. `waits()`: whether steps are followed, and none of the optimizer's
    is going on.
    """

    begin: Callable[[Any], bool]
    left: Callable[..., Any]
    loss: Callable[[Any], bool]
    steps: Callable[[Any], bool]
    ended: Callable[[Any], tuple[float, float, float, float] | bool | None]
    learn: Callable[[tuple[Any, ...]], None]
    arm: Callable[[tuple[Any, ...]], None]
    end: Callable[[], tuple[int, float, float, float, float, int] | None]
    taken: Callable[[], tuple[int, float, float] | None]
    flush: Callable[[], None]
    waits: Callable[[], bool]


class Unobserved(NamedTuple):
    """What follows steps that are not observed.

    From `begin(optimizer, numbers)` on, which are those of `begun` in `unobserved.c`,
    `loss(tensor)` and `step(optimizer)` say whether they have taken a backward pass and a step.
    `end()` gives the steps taken, when the last one ended, sum and number of the losses since,
    steps that are to pass unrecorded, and the budget's `spent`; None where nothing was begun.
    `flush()`: the rows of the steps that are complete are handed on, from any thread.
    `value(tensor)`: the number that a loss on the host holds, None of anything else.
    """

    loss: Callable[[Any], bool]
    step: Callable[[Any], bool]
    flush: Callable[[], None]
    begin: Callable[[Any, tuple[float, ...]], None]
    end: Callable[[], tuple[int, float, float, int, int, float] | None]
    value: Callable[[Any], float | None]


def unobserved(extend: Callable[[bytes], None]) -> Unobserved | None:
    """Functions that follow steps which are not observed, or None where there can't be any.

    Arguments:
        extend: takes rows of steps, float64, one after another.
    """
    library = _library() if sys.platform == "linux" else None  # its clock is Python's there
    return None if library is None else Unobserved(*library.bp_unobserved(extend))


def followed(
    after: Callable[..., Any],
    catch_up: Callable[[], None],
    extend: Callable[[bytes], None],
    module: str,
) -> Followed | None:
    """Functions that follow observed steps, or None where there can't be any.

    Arguments:
        after: the hook in Python, which is called with what they leave to it.
        catch_up: called before it, where a step is followed.
        extend: takes rows of steps, float64, one after another.
        module: that they say they are of.
    """
    library = _library() if sys.platform == "linux" else None  # its clock is Python's there
    if library is None:
        return None
    idle = torch.is_inference_mode_enabled, torch._C._are_functorch_transforms_active
    may, task = torch.is_grad_enabled, torch._C._current_graph_task_id
    return Followed(
        *library.bp_followed(after, catch_up, extend, ATTRIBUTES, idle, may, task, module)
    )


def layers(
    before: Callable[..., Any],
    after: Callable[..., Any],
    order: list[int],
    stack: list[torch.nn.Module],
    module: str,
) -> Layers | None:
    """Functions that follow layers, or None where there can't be any.

    Arguments:
        before, after: the hooks in Python, which are called with what they leave to them.
        order: gets the rows whose histograms were written.
        stack: the modules that are running.
        module: that they say they are of.
    """
    library = _library()
    return (
        None if library is None else Layers(*library.bp_layers(before, after, order, stack, module))
    )


def reading(
    parameters: list[torch.Tensor],
    specs: Any,
    weights: Any,
    grads: Any,
    checked: NDArray[np.int32],
    lock: bool,
) -> Reading | None:
    """Functions that read tensors, or None where there can't be any.

    Arguments:
        parameters: must not change any more.
        specs: array of `native.Tensor`.
        weights, grads: arrays of their addresses, which it fills.
        checked: positions of those that are asked whether their gradients are gone.
        lock: whether it keeps the interpreter's lock while the kernel runs.
    """
    library, kernel = _library(), native.quick()
    if library is None or kernel is None:
        return None
    return Reading(
        *library.bp_set(
            parameters,
            len(parameters),
            ctypes.addressof(specs),
            ctypes.addressof(weights),
            ctypes.addressof(grads),
            _address(kernel.bp_before),
            _address(kernel.bp_after),
            not lock,
            checked.ctypes.data,
            len(checked),
        )
    )


@functools.cache
def _library() -> ctypes.PyDLL | None:
    kernel = native.quick()
    api = getattr(torch.Tensor, "__dlpack_c_exchange_api__", None)
    unlocked = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    if kernel is None or api is None or unlocked or sys.implementation.name != "cpython":
        return None
    if os.environ.get("BACKPROBE_NATIVE") == "kernel":
        return None
    try:
        loaded = ctypes.PyDLL(str(native.built(SOURCES, FLAGS, HEADERS)))
    except (OSError, subprocess.SubprocessError):
        return None
    item, pointer, long = ctypes.py_object, ctypes.c_void_p, ctypes.c_int64
    loaded.bp_layers.restype = loaded.bp_set.restype = loaded.bp_unobserved.restype = item
    loaded.bp_unobserved.argtypes = (item,)
    loaded.bp_followed.restype = item
    loaded.bp_followed.argtypes = (item,) * 8
    loaded.bp_layers.argtypes = (item, item, item, item, item)
    loaded.bp_set.argtypes = (item, long, *[pointer] * 5, long, pointer, long)
    loaded.bp_know.argtypes = (item, item, item, item, pointer)
    known = loaded.bp_know(torch.Tensor, None, NAMES, api, _address(kernel.bp_output))
    return loaded if known else None


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value
