# SPDX-License-Identifier: Apache-2.0
"""The loss gets what comes before the model's last softmax or sigmoid."""

from __future__ import annotations

from typing import Any

import torch

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.functions import ACTIVATIONS, LOSSES, REGRESSION
from backprobe.treatments.points import Points

PROBABILITIES = ("sigmoid", "softmax", "log_softmax")
"""Activations whose output may be compared with a threshold, or summed to 1."""


class DropOutputActivation(Treatment):
    """Leaves out the activation at the model's output where its loss is computed.

    Suits when: a softmax stands before a cross entropy that applies its own (`double-softmax`), a
    sigmoid before a loss on raw scores, a bounded output before targets beyond its range. In
    evaluation a classifier keeps it (thresholds on probabilities hold), and a script that squashes
    the output once more there gets it as it is; where the loss is one of regression it goes, too,
    and where the loss is written by hand all but a sigmoid or a softmax does. Applied to the
    calls; nothing is left to undo.
    """

    NAME = "drop-output-activation"
    WAITS = "an activation at the output of a model in training"

    def install(self, points: Points) -> None:
        """Skips the calls at the output."""
        self.points = points
        self.kind = ""
        points.calls.track_outputs()
        points.calls.on_activations(self._call)
        points.calls.on_losses(self._loss)

    def _call(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        points, canonical = self.points, ACTIVATIONS[name]
        x = args[0] if args else kwargs.get("input")
        if points.stack:
            trace = points.trace()
            at_output = trace is not None and trace.role(points.ordinal, canonical) == "output"
            training = points.trains(points.root)
        else:
            root = points.calls.output_of(x)
            at_output, training = root is not None, points.trains(root)
            if root is not None and not training and points.ends_in(root, canonical):
                return x
        free = self.kind in REGRESSION or (not self.kind and canonical not in PROBABILITIES)
        wanted = training or (free and points.stack)
        if not at_output or not wanted:
            return proceed(*args, **kwargs)
        points.report.apply(self.text, canonical)
        if not points.stack and points.root is None:
            points.calls.note_output(points.calls.output_of(x) or torch.nn.Identity(), x)
        return x

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if torch.is_grad_enabled():
            self.kind = LOSSES[name]
        return proceed(*args, **kwargs)


build = DropOutputActivation
