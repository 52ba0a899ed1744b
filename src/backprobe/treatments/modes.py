# SPDX-License-Identifier: Apache-2.0
"""Puts a root in the other mode for some of its forwards, and back after each."""

from __future__ import annotations

from typing import Any

from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class Moded(Treatment):
    """Around a root's forward; each module gets its own mode back. Nothing is left to undo."""

    MODE: bool
    """Whether training mode is put on."""

    def wrong(self, root: nn.Module) -> bool:
        """Whether the root's mode does not suit the forward that begins."""
        raise NotImplementedError

    def install(self, points: Points) -> None:
        """Switches around forwards."""
        self.points = points
        self._before: list[tuple[nn.Module, bool]] = []
        points.before_forward.append(self._enter)
        points.after_forward.append(self._leave)

    def _enter(self, root: nn.Module, *_: Any) -> None:
        self._before = []
        if self.wrong(root):
            self._before = [(module, module.training) for module in root.modules()]
            for module, _mode in self._before:
                module.training = self.MODE
            self.points.report.apply(self.text)

    def _leave(self, root: nn.Module, output: Any) -> Any:  # a point's signature
        for module, mode in self._before:
            module.training = mode
        self._before = []
        return output
