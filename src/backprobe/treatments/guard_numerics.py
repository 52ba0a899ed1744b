# SPDX-License-Identifier: Apache-2.0
"""Logarithm, square root, division and exponential are kept in their domain."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points

EPSILON = 1e-6
"""Below it a float32 near 1 differs from its neighbour by about as much: `torch.finfo.eps` × 8."""
LARGEST = 40.0
"""exp(40) is 2.4e17: its square and sums of it still fit into a float32 (3.4e38)."""
LOGS = ("log", "log_", "log2", "log10")
ROOTS = ("sqrt", "sqrt_", "rsqrt")
DIVISIONS = ("div", "div_", "__truediv__", "true_divide", "__rtruediv__")
EXPONENTS = ("exp", "exp_")


class GuardNumerics(Treatment):
    """Puts an epsilon into logarithms, square roots and divisions, and bounds exponents.

    Suits when: a hand-written loss or attention gives NaN (`nonfinite-loss`,
    `nonfinite-gradients`): the logarithm of a probability that became 0, the root of a distance of
    0 (whose gradient is infinite), a division by a target of 0, an exponential that overflows.
    Arguments below 1e-6 are raised to it, for roots and logarithms; a divisor keeps its sign;
    exponents end at 40. Calls in evaluation are guarded alike. Applied to the calls; nothing is
    left to undo.
    """

    NAME = "guard-numerics"
    WAITS = "a logarithm, root, division or exponential out of its domain"

    def install(self, points: Points) -> None:
        """Changes the arguments of the calls."""
        self.points = points
        points.calls.on((*LOGS, *ROOTS), self._low)
        points.calls.on(DIVISIONS, self._divisor)
        points.calls.on(EXPONENTS, self._exponent)

    def _low(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        x = self._floating(args, 0)
        if x is None or not bool((x < EPSILON).any()):
            return proceed(*args, **kwargs)
        self.points.report.apply(self.text, name)
        return proceed(x.clamp(min=EPSILON), *args[1:], **kwargs)

    def _divisor(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        place = 0 if name == "__rtruediv__" else 1
        x = self._floating(args, place)
        if x is None or not bool((x.abs() < EPSILON).any()):
            return proceed(*args, **kwargs)
        self.points.report.apply(self.text, name)
        sign = torch.where(x < 0, -1.0, 1.0).to(x.dtype)
        changed = [*args]
        changed[place] = torch.where(x.abs() < EPSILON, sign * EPSILON, x)
        return proceed(*changed, **kwargs)

    def _exponent(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        x = self._floating(args, 0)
        if x is None or not bool((x > LARGEST).any()):
            return proceed(*args, **kwargs)
        self.points.report.apply(self.text, name)
        return proceed(x.clamp(max=LARGEST), *args[1:], **kwargs)

    def _floating(self, args: tuple[Any, ...], place: int) -> Tensor | None:
        """The argument at a place, where it is a tensor of numbers that can be out of a domain.

        An optimizer's own are in it: of a dead unit, Adam takes the root of 0 and adds its epsilon.
        """
        x = args[place] if len(args) > place else None
        if self.points.steps.running or not isinstance(x, Tensor):
            return None
        return x if x.is_floating_point() and x.numel() else None


build = GuardNumerics
