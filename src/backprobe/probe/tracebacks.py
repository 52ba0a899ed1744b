# SPDX-License-Identifier: Apache-2.0
"""An uncaught error is printed as it would be without us.

Wrappers of ours stand in its traceback, and where module hooks are registered torch itself takes
another way through `Module._call_impl` (`inner`). Both are taken out before the traceback is
printed; a traceback that the script formats itself shows them.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from types import CodeType, TracebackType
from typing import Any

from torch.nn.modules import module as torch_module

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_DEMOS = os.path.join(_OWN, "demo") + os.sep
_DIRECT = "return forward_call(*args, **kwargs)"
Part = tuple[Any, int, int]
"""Frame, instruction and line of one entry of a traceback."""


def install() -> None:
    """Cleans what the present `sys.excepthook` gets; a hook that is set later is left alone."""
    before: Callable[..., Any] = sys.excepthook

    def excepthook(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        try:
            clean(error)
            trace = error.__traceback__
        except Exception:  # noqa: BLE001  # then it is printed as it is
            pass
        before(kind, error, trace)

    sys.excepthook = excepthook


def clean(error: BaseException) -> None:
    """Takes our frames out of an error's traceback, and out of those of its causes."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        pending += [one.__cause__, one.__context__]
        pending += getattr(one, "exceptions", ())
        one.__traceback__ = _rebuilt(_parts(one.__traceback__))


def _parts(trace: TracebackType | None) -> list[Part]:
    """The entries to keep, with the line that torch's direct way would have had."""
    kept: list[Part] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        file = os.path.abspath(code.co_filename)
        if file.startswith(_OWN) and not file.startswith(_DEMOS):
            pass
        elif code.co_name == "handle_torch_function" and file.endswith("overrides.py"):
            if kept:  # the function that dispatches to us comes again behind
                kept.pop()
        elif file == torch_module.__file__ and code.co_name == "inner":
            pass
        elif file == torch_module.__file__ and code.co_name == "_call_impl":
            kept.append((trace.tb_frame, *_direct(code, trace)))
        else:
            kept.append((trace.tb_frame, trace.tb_lasti, trace.tb_lineno))
        trace = trace.tb_next
    return kept


def _rebuilt(parts: list[Part]) -> TracebackType | None:
    trace: TracebackType | None = None
    for frame, instruction, line in reversed(parts):
        trace = TracebackType(trace, frame, instruction, line)
    return trace


def _direct(code: CodeType, trace: TracebackType) -> tuple[int, int]:
    """Instruction and line at which `_call_impl` calls a forward where there are no hooks."""
    found = _call_site(code)
    return found if found is not None else (trace.tb_lasti, trace.tb_lineno)


@functools.cache
def _call_site(code: CodeType) -> tuple[int, int] | None:
    with open(code.co_filename, encoding="utf-8") as file:
        lines = file.read().splitlines()
    wanted = next(
        (
            number
            for number in range(code.co_firstlineno, len(lines) + 1)
            if lines[number - 1].strip() == _DIRECT
        ),
        None,
    )
    best: tuple[int, int] | None = None
    for index, (line, _, begin, end) in enumerate(code.co_positions()):
        if line == wanted and begin is not None and end is not None:
            width = end - begin
            if width < len(_DIRECT) - 1 and (best is None or width >= best[1]):
                best = 2 * index, width  # the widest below the whole `return`: the call
    return None if best is None or wanted is None else (best[0], wanted)
