# SPDX-License-Identifier: Apache-2.0
"""Every dropout at another probability, or none."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.nn import functional

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.functions import ACTIVATIONS
from backprobe.treatments.names import number
from backprobe.treatments.points import Points

DROPOUTS = (
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "alpha_dropout",
    "feature_dropout",
    "feature_alpha_dropout",
)


class Dropout(Treatment):
    """Sets the probability of every dropout; where there is none, adds one after each hidden
    activation.

    Suits when: too much is dropped (`excessive-dropout`, `dropout=off`) or a network overfits
    (`dropout=0.5`). Dropout inside fused kernels (recurrent layers, attention) stays. Applied to
    the calls; nothing is left.
    """

    NAME = "dropout"
    WAITS = "a dropout (or a hidden activation) in a forward in train mode"

    def install(self, points: Points) -> None:
        """Changes dropout calls; adds some where a model has none."""
        self.points = points
        self.share = number(self.value)
        points.calls.on(DROPOUTS, self._dropout)
        if self.share:
            points.calls.on_activations(self._activation)

    def _dropout(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        given = dict(zip(("input", "p", "training", "inplace"), args, strict=False)) | kwargs
        x, training = given["input"], bool(given.get("training", True))
        if training and given.get("p", 0.5) > 0:
            self.points.report.apply(self.text, name)
        if not self.share:
            return x
        return proceed(x, self.share, training)

    def _activation(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        result = proceed(*args, **kwargs)
        root, trace = self.points.root, self.points.trace()
        if root is None or trace is None or not root.training or _has_dropout(root):
            return result
        if trace.role(self.points.ordinal, ACTIVATIONS[name]) != "hidden":
            return result
        self.points.report.apply(self.text, "added")
        return functional.dropout(result, self.share, True)


def _has_dropout(root: nn.Module) -> bool:
    return any(isinstance(module, nn.modules.dropout._DropoutNd) for module in root.modules())


build = Dropout
