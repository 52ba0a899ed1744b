# SPDX-License-Identifier: Apache-2.0
"""What schedules that wait for a plateau are told: the numbers, and which way is better to them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from torch.optim.lr_scheduler import ReduceLROnPlateau

from backprobe.probe import sites
from backprobe.probe.probe import Probe
from backprobe.records import Source

MOST = 500
"""Calls that are told of one schedule: what it was told by then shows which way it goes."""


def install(current: Callable[[], Probe | None]) -> None:
    """Wraps the schedule's step, once a process.

    Arguments:
        current: the probe, or None where there is none.
    """
    original: Any = ReduceLROnPlateau.step
    if getattr(original, "__backprobe__", False):
        return

    @functools.wraps(original)
    def step(self: Any, metrics: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, metrics, *args, **kwargs)
        probe = current()
        if probe is not None:
            probe.guard.run("schedules", _tell, probe, self, metrics, sys._getframe(1))
        return result

    step.__backprobe__ = True  # type: ignore[attr-defined]
    ReduceLROnPlateau.step = step  # type: ignore[method-assign]


def _tell(probe: Probe, schedule: Any, metrics: Any, frame: FrameType) -> None:
    told = getattr(schedule, "last_epoch", 0)
    if told > MOST:
        return
    source = sites.source(sites.caller(frame)) or Source("", 0, "")
    probe.state.recorder.event(
        "plateau",
        step=probe.state.step,
        value=float(metrics),  # torch's own step has read it already
        mode=str(schedule.mode),
        file=source.file,
        line=source.line,
        text=source.text,
    )
