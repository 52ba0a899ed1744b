# SPDX-License-Identifier: Apache-2.0
"""Closures that an optimizer calls several times a step and that never clear the gradients."""

from __future__ import annotations

from collections.abc import Callable

from backprobe.probe.parameters import ParameterSet

PASSES = 3
"""Further passes of one step that must have found older gradients."""
LOOKS = 30


class Closures:
    """Tells once of passes inside a step that add to the gradients of the pass before.

    Arguments:
        event: writes a fact of the record.
    """

    def __init__(self, event: Callable[..., None]) -> None:
        self._event = event
        self.done = False
        self._looks = 0
        self._kept = 0

    def before_backward(self, parameters: ParameterSet) -> None:
        """Before each pass of a closure but a step's first."""
        self._looks += 1
        kept = not (parameters.checked_none() or parameters.cleared())
        self._kept = self._kept + 1 if kept else 0
        if self._kept == PASSES:
            self._event("closure-kept", passes=self._looks)
        self.done = self._kept == PASSES or self._looks == LOOKS
