# SPDX-License-Identifier: Apache-2.0
"""Brings small results from a device to the host without ever waiting for the device.

On CUDA a result goes into a pinned buffer by a non-blocking copy with an event behind it, and is
read once the event has passed, some steps later; a copy read before its event would be garbage
(PyTorch's tutorial on pinned memory). On the CPU it is there at once. Other devices have no such
events: there each delivery waits (one copy a step).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MOST_WAITING = 256
"""So many undelivered copies mean that the device hangs far behind: the oldest is waited for."""

Deliver = Callable[[NDArray[np.float32]], None]


class Transfers:
    """Deliveries in the order in which they were sent: `waiting` are those not yet made."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Any, Tensor, Deliver]] = deque()

    def send(self, parts: Sequence[Tensor], deliver: Deliver) -> None:
        """Delivers the concatenation of tensors, flattened, as float32 on the host.

        Arguments:
            parts: tensors of one device.
            deliver: called with the values, now or at a later `poll`.
        """
        values = torch.cat([part.detach().reshape(-1).float() for part in parts])
        if values.device.type == "cuda":
            host = torch.empty(values.shape, dtype=torch.float32, pin_memory=True)
            host.copy_(values, non_blocking=True)
            event = torch.cuda.Event()
            event.record(torch.cuda.current_stream(values.device))
            self.waiting.append((event, host, deliver))
        elif self.waiting:
            self.waiting.append((None, values.cpu(), deliver))
        else:
            deliver(values.cpu().numpy())

    def after(self, deliver: Callable[[], None]) -> None:
        """Calls a function in its turn: after what was sent before it was delivered."""
        if self.waiting:
            self.waiting.append((None, torch.empty(0), lambda _: deliver()))
        else:
            deliver()

    @property
    def busy(self) -> bool:
        """Whether something that was sent has not been delivered yet."""
        return bool(self.waiting)

    def poll(self) -> None:
        """Delivers what has arrived."""
        while self.waiting:
            event, host, deliver = self.waiting[0]
            if event is not None and not event.query():
                if len(self.waiting) < MOST_WAITING:
                    return
                event.synchronize()
            self.waiting.popleft()
            deliver(host.numpy())

    def wait(self) -> None:
        """Waits for the device and delivers everything: at the end of a run only."""
        for event, _, _ in self.waiting:
            if event is not None:
                event.synchronize()
        self.poll()
