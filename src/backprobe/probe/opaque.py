# SPDX-License-Identifier: Apache-2.0
"""Keeps Dynamo out of a function of ours that a compiled program calls between its graphs.

`torch._dynamo.disable` does the same, but importing Dynamo costs every training a second.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import CodeType
from typing import Any, TypeVar

import torch

_Function = TypeVar("_Function", bound=Callable[..., Any])
_frames: Any = getattr(getattr(torch._C, "_dynamo", None), "eval_frame", None)


class _Asked:
    """The flag of `torch.compiler.is_compiling` where torch keeps it elsewhere."""

    @property
    def _is_compiling_flag(self) -> bool:
        return torch.compiler.is_compiling()


FLAGS: Any = torch.compiler if hasattr(torch.compiler, "_is_compiling_flag") else _Asked()
"""`FLAGS._is_compiling_flag` is `torch.compiler.is_compiling()` without its three calls, for
functions that Dynamo does not trace: in those that it does only the function is known to it."""


def _nothing(_: Any) -> None:
    """There is no Dynamo to keep out."""


swap: Callable[[Any], Any] = getattr(_frames, "set_eval_frame", _nothing)
"""Sets what Dynamo does with frames, None for nothing, and returns what it did before."""


OWN_FRAMES = 1 if swap is _nothing else 2
"""Frames from a function that `opaque` has wrapped up to the one that calls it."""


def opaque(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, called and never traced by Dynamo, neither it nor what it calls."""
    if swap is _nothing:
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        before = swap(None)
        try:
            return function(*args, **kwargs)
        finally:
            swap(before)

    return untraced(call)


def untraced(function: _Function) -> _Function:
    """Marks a function that Dynamo is to call as it is; what it calls, only between two `swap`."""
    function._torchdynamo_disable = True  # type: ignore[attr-defined]
    function._torchdynamo_disable_msg = "backprobe watches"  # type: ignore[attr-defined]
    skipped(function.__code__)
    return function


def skipped(code: CodeType) -> None:
    """Has Dynamo run the frames of a code object as they are."""
    if hasattr(_frames, "skip_code"):
        _frames.skip_code(code)
    elif hasattr(_frames, "set_code_exec_strategy"):
        action = _frames._FrameAction
        _frames.set_code_exec_strategy(
            code, _frames._FrameExecStrategy(action.SKIP, action.DEFAULT)
        )
