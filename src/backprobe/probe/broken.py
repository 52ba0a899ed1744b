# SPDX-License-Identifier: Apache-2.0
"""Which weights were not finite any more when the loss was not for the first time.

Between steps that are observed only the loss is read. Where it breaks, one look at the weights
tells whether the step before had broken them, or this forward has.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from backprobe.probe.host import freed, near
from backprobe.probe.numbers import Numbers


class Broken:
    """Looks once a run.

    Arguments:
        event: writes a fact of the record.
        numbers: of the tensors.
    """

    def __init__(self, event: Callable[..., None], numbers: Numbers) -> None:
        self._event = event
        self._numbers = numbers
        self._looked = False

    def look(self, step: int) -> None:
        """Tells of the optimizers' tensors that hold a number which is not finite, on the host.

        Arguments:
            step: whose loss is not finite.
        """
        if self._looked:
            return
        self._looked = True
        found = []
        for tensor in self._numbers.held():
            shard = getattr(tensor, "_local_tensor", tensor)
            if not near(shard) or freed(shard):
                return  # to ask a device would be a wait
            if not bool(torch.isfinite(shard.detach()).all()):
                found.append(self._numbers.of.get(id(tensor), -1))
        self._event("loss-broke", step=step, parameters=found)
