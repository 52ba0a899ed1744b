# SPDX-License-Identifier: Apache-2.0
"""What all wrapped functions of torch have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprobe.probe.probe import Probe

Current = Callable[[], Probe | None]
"""Gives the probe that sees this process, if there is one."""


def wrapped(function: Any) -> bool:
    """Whether a function is one of ours already."""
    return getattr(function, "__backprobe__", False) is True


def mark(function: Any) -> Any:
    """Says that a function is one of ours."""
    function.__backprobe__ = True
    return function
