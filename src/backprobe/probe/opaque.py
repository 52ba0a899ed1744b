# SPDX-License-Identifier: Apache-2.0
"""Keeps Dynamo out of a function of ours that a compiled program calls between its graphs.

`torch._dynamo.disable` does the same, but importing Dynamo costs every training a second.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import CodeType
from typing import Any

import torch

_frames: Any = getattr(getattr(torch._C, "_dynamo", None), "eval_frame", None)


def opaque(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, called and never traced by Dynamo, neither it nor what it calls."""
    swap: Callable[[Any], Any] | None = getattr(_frames, "set_eval_frame", None)
    if swap is None:
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        before = swap(None)
        try:
            return function(*args, **kwargs)
        finally:
            swap(before)

    call._torchdynamo_disable = True  # type: ignore[attr-defined]
    call._torchdynamo_disable_msg = "backprobe watches"  # type: ignore[attr-defined]
    skipped(call.__code__)  # type: ignore[attr-defined]
    return call


def skipped(code: CodeType) -> None:
    """Has Dynamo run the frames of a code object as they are."""
    if hasattr(_frames, "skip_code"):
        _frames.skip_code(code)
    elif hasattr(_frames, "set_code_exec_strategy"):
        action = _frames._FrameAction
        _frames.set_code_exec_strategy(
            code, _frames._FrameExecStrategy(action.SKIP, action.DEFAULT)
        )
