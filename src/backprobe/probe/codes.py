# SPDX-License-Identifier: Apache-2.0
"""Losses that take the answers 1 and -1: to any other number they give no gradient at all.

They are computed of several nodes, from which autograd keeps no target, so their functions are
wrapped. They see each target of the first calls; the first that is coded otherwise is told.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from backprobe.probe import predictions, sites
from backprobe.probe.probe import Probe
from backprobe.records import Source

NAMES: Mapping[str, int] = {
    "cosine_embedding_loss": 2,
    "margin_ranking_loss": 2,
    "hinge_embedding_loss": 1,
}
"""Function of `torch.nn.functional` → which of its arguments is the target."""
CALLS = 50
"""Calls of a function whose targets are looked at: a code does not change later."""


def install(current: Callable[[], Probe | None]) -> None:
    """Wraps the functions, once a process.

    Arguments:
        current: the probe, or None where there is none.
    """
    for name, place in NAMES.items():
        original = getattr(functional, name)
        if not getattr(original, "__backprobe__", False):
            setattr(functional, name, _wrapped(original, name, place, current))


def _wrapped(original: Any, name: str, place: int, current: Callable[[], Probe | None]) -> Any:
    left = CALLS

    def look(probe: Probe, target: Any, frame: FrameType) -> None:
        if not isinstance(target, Tensor) or not predictions.plain(target) or not target.numel():
            return
        values = target.detach().float()
        other = ((values != 1.0) & (values != -1.0)).float()
        site = sites.caller(frame)

        def deliver(found: NDArray[np.float32]) -> None:
            nonlocal left
            share, low, high = (float(v) for v in found)
            if share == 0.0 or left < 0:
                return
            left = -1
            source = sites.source(site) or Source("", 0, "")
            probe.state.recorder.event(
                "loss-codes",
                function=name,
                share=share,
                low=low,
                high=high,
                file=source.file,
                line=source.line,
                text=source.text,
            )

        probe.state.transfers.send([other.mean(), values.min(), values.max()], deliver)

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        if not torch.compiler.is_compiling() and left > 0:  # Dynamo reads no count of ours
            probe = current()
            if probe is not None:
                left -= 1
                target = kwargs.get("target", args[place] if len(args) > place else None)
                probe.guard.run("losses", look, probe, target, sys._getframe(1))
        return original(*args, **kwargs)

    call.__backprobe__ = True  # type: ignore[attr-defined]
    return call
