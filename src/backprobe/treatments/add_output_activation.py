# SPDX-License-Identifier: Apache-2.0
"""An activation at the model's output."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points

ENDS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": lambda x: x.sigmoid(),
    "softmax": lambda x: x.softmax(1 if x.dim() > 1 else 0),
    "log_softmax": lambda x: x.log_softmax(1 if x.dim() > 1 else 0),
    "tanh": lambda x: x.tanh(),
    "softplus": functional.softplus,
    "relu": functional.relu,
}


class AddOutputActivation(Treatment):
    """Puts an activation after the model, in training and in evaluation.

    Suits when: the loss wants what the model doesn't give: `sigmoid` before a binary cross entropy
    on probabilities (`logits-into-bce`), `log_softmax` before `nll_loss` (`logits-into-nll`),
    `softplus` where outputs must be positive. A softmax is over dimension 1, the classes. Applied
    to the output; nothing is left to undo.
    """

    NAME = "add-output-activation"
    WAITS = "a forward of a model that gives one tensor"

    def install(self, points: Points) -> None:
        """Changes the output of each root."""
        self.points = points
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)
        points.after_forward.append(self._after)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        trace = self.points.trace()
        ends = [a.name for a in trace.activations if a.role == "output"] if trace else []
        if self.value in ends:
            self.points.report.refuse(self.text, f"the model ends in {self.value} already")

    def _after(self, root: nn.Module, output: Any) -> Any:
        if not isinstance(output, Tensor) or not output.is_floating_point():
            return output
        if self.text in self.points.report.refused:
            return output
        self.points.report.apply(self.text, type(root).__name__)
        return ENDS[self.value](output)


build = AddOutputActivation
