# SPDX-License-Identifier: Apache-2.0
"""Training whose gradients `torch.autograd.grad` gives, and which the script applies itself.

Most calls of that function are none: a derivative after the input, a penalty, an inner step, a
Hessian. One is where the same leaves are asked for again and again, have been changed in place
since, and neither a `backward` nor an optimizer was ever seen.
"""

from __future__ import annotations

import weakref
from typing import Any

from torch import Tensor, nn

CALLS = 600
"""Calls after which one that trains is no longer to be expected."""


class ByHand:
    """Tells which calls of `torch.autograd.grad` are the backward passes of a training.

    `over`: no further call can be one.
    """

    def __init__(self) -> None:
        self.over = False
        self._leaves: list[weakref.ref[Tensor]] = []
        self._versions: list[int] = []
        self._passes = 0
        self._calls = 0

    def trains(self, args: Any, kwargs: Any) -> Tensor | None:
        """The loss of a call that is one, from the second on that looks like it.

        A fault of ours is never the script's: there may be no probe yet that would tell it.

        Arguments:
            args, kwargs: of the call.
        """
        try:
            return self._loss(args, kwargs)
        except Exception:  # noqa: BLE001
            self.over = True
            return None

    def _loss(self, args: Any, kwargs: Any) -> Tensor | None:
        self._calls += 1
        if self._calls > CALLS and not self._passes:
            self.over = True
        given = dict(zip(("outputs", "inputs"), args, strict=False)) | kwargs
        loss, inputs = given.get("outputs"), given.get("inputs")
        if isinstance(loss, (tuple, list)) and len(loss) == 1:
            loss = loss[0]
        if not isinstance(loss, Tensor) or loss.numel() != 1 or len(args) > 2:
            return None
        if any(kwargs.get(x) for x in ("create_graph", "retain_graph", "is_grads_batched")):
            return None
        several = [inputs] if isinstance(inputs, Tensor) else inputs
        if not isinstance(several, (tuple, list)) or not several:
            return None  # what can be read once only is the function's
        leaves = [x for x in several if isinstance(x, Tensor) and x.is_leaf and x.requires_grad]
        if len(leaves) < len(several) or (
            len(leaves) == 1 and not isinstance(leaves[0], nn.Parameter)
        ):
            return None  # one tensor alone may be an input
        same = [x() for x in self._leaves]
        versions = [x._version for x in leaves]
        changed = versions != self._versions
        if len(same) != len(leaves) or any(a is not b for a, b in zip(same, leaves, strict=True)):
            self.over = self._passes > 0
            self._leaves, changed = [weakref.ref(x) for x in leaves], False
        self._versions = versions
        return loss if changed and not self.over else None

    def allows(self, stepped: bool, reads: int) -> bool:
        """Whether nothing else trains; each call of it that does counts as a pass.

        Arguments:
            stepped: whether an optimizer has ever stepped.
            reads: backward passes so far, these ones among them.
        """
        self.over = stepped or reads > self._passes
        self._passes += not self.over
        return not self.over
