# SPDX-License-Identifier: Apache-2.0
"""The output begins at the targets' mean."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.functions import LOSSES, REGRESSION
from backprobe.treatments.points import Points


class PriorBias(Treatment):
    """Sets the last layer's bias so that the first answer is the best constant one.

    Suits when: the first loss is that of a wrong constant (`initial-loss-off`): rare classes, or
    targets whose mean is far from 0. The bias becomes the mean of the targets (regression), the
    log-odds of the positives (binary; Lin et al., 2017) or the logarithm of each class's share, of
    the first training batch, each class counted once more than it is seen. It is set as the first
    loss is computed, so that step is still the script's own. `undo` puts the bias back.
    """

    NAME = "prior-bias"
    WAITS = "a call of one of torch's loss functions on a model's output in training"

    def install(self, points: Points) -> None:
        """Finds the last layer, and sets its bias at the first loss."""
        self.points = points
        self._bias: Tensor | None = None
        self._before: Tensor | None = None
        points.calls.wants_trace = True
        points.calls.track_outputs()
        points.calls.on_losses(self._loss)
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        ends = self.points.last_modules()
        biases = [getattr(module, "bias", None) for module in ends]
        found = [bias for bias in biases if isinstance(bias, nn.Parameter)]
        if len(self.points.living_roots()) == 1 and len(found) != 1:
            self.points.report.refuse(self.text, f"the model has {len(found)} last biases, not one")
        elif len(found) == 1 and self._bias is None:
            self._bias = found[0]

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if self._bias is not None and self._before is None and len(args) > 1:
            training = self.points.trains(self.points.calls.output_of(args[0]))
            prior = _prior(LOSSES[name], args[1], len(self._bias)) if training else None
            if prior is not None and bool(torch.isfinite(prior).all()):
                self._before = self._bias.detach().clone()
                with torch.no_grad():
                    self._bias.copy_(prior.to(self._bias))
                self.points.report.apply(self.text, name)
        return proceed(*args, **kwargs)

    def undo(self) -> None:
        """Puts the bias back."""
        if self._bias is not None and self._before is not None:
            with torch.no_grad():
                self._bias.copy_(self._before)


def _prior(kind: str, target: Any, outputs: int) -> Tensor | None:
    """What the bias should be; None where the targets don't fit the outputs."""
    if not isinstance(target, Tensor) or not target.numel():
        return None
    if kind in ("cross_entropy", "nll") and not target.is_floating_point():
        valid = target[(target >= 0) & (target < outputs)].reshape(-1)
        counts = torch.bincount(valid, minlength=outputs).double() + 1.0
        return (counts / counts.sum()).log()
    values = target.detach().double()
    rows = values.reshape(-1, outputs) if values.numel() % outputs == 0 else None
    if rows is None or (values.dim() > 1 and values.shape[1] != outputs):
        return None
    if kind in REGRESSION:
        return rows.mean(0)
    if kind == "bce_with_logits":
        share = (rows.sum(0) + 1.0) / (len(rows) + 2.0)
        return (share / (1.0 - share)).log()
    return None


build = PriorBias
