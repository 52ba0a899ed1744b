# SPDX-License-Identifier: Apache-2.0
"""The user's own clipping: the norm that torch worked out, its limit, and the line."""

from __future__ import annotations

import functools
import sys
from typing import Any

import torch
from torch.nn.utils import clip_grad

from backprobe.probe.probe import Probe
from backprobe.probe.wrapping import Current, mark, wrapped


def install(current: Current) -> None:
    """Wraps what is not yet wrapped."""
    _by_norm(current)
    _by_given_norm(current)
    _by_value(current)


def _by_norm(current: Current) -> None:
    original = clip_grad.clip_grad_norm_
    if wrapped(original):
        return

    @functools.wraps(original)
    def clip_grad_norm_(*args: Any, **kwargs: Any) -> Any:
        norm = original(*args, **kwargs)
        probe = None if torch.compiler.is_compiling() else current()
        if probe is not None:
            limit = kwargs.get("max_norm", args[1] if len(args) > 1 else float("nan"))
            probe.guard.run("lines", probe.state.lines.seen, "clipping", sys._getframe(1))
            probe.guard.run("clipping", probe.clipped, norm, limit)
        return norm

    clip_grad.clip_grad_norm_ = mark(clip_grad_norm_)
    torch.nn.utils.clip_grad_norm_ = clip_grad_norm_


def _by_given_norm(current: Current) -> None:
    """The second half of clipping, where a script sums up the norm itself (torch 2.6 and later)."""
    original: Any = getattr(torch.nn.utils, "clip_grads_with_norm_", None)
    if original is None or wrapped(original):
        return

    @functools.wraps(original)
    def clip_grads_with_norm_(*args: Any, **kwargs: Any) -> Any:
        probe = None if torch.compiler.is_compiling() else current()
        if probe is not None:
            given = dict(zip(("parameters", "max_norm", "total_norm"), args, strict=False)) | kwargs
            probe.guard.run("lines", probe.state.lines.seen, "clipping", sys._getframe(1))
            probe.guard.run("clipping", _clipped, probe, given)
        return original(*args, **kwargs)

    torch.nn.utils.clip_grads_with_norm_ = mark(clip_grads_with_norm_)


def _clipped(probe: Probe, given: dict[str, Any]) -> None:
    probe.clipped(given["total_norm"], given["max_norm"])


def _by_value(current: Current) -> None:
    original = clip_grad.clip_grad_value_
    if wrapped(original):
        return

    @functools.wraps(original)
    def clip_grad_value_(parameters: Any, clip_value: Any, *args: Any, **kwargs: Any) -> Any:
        probe = None if torch.compiler.is_compiling() else current()
        if probe is not None:
            if not isinstance(parameters, torch.Tensor):
                parameters = list(parameters)  # it may be a generator, which is read once
            given = [parameters] if isinstance(parameters, torch.Tensor) else parameters
            probe.guard.run("lines", probe.state.lines.seen, "clipping", sys._getframe(1))
            probe.guard.run("clipping", probe.clipped_values, given, clip_value)
        return original(parameters, clip_value, *args, **kwargs)

    clip_grad.clip_grad_value_ = mark(clip_grad_value_)
    torch.nn.utils.clip_grad_value_ = clip_grad_value_
