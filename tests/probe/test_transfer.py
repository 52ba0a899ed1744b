# SPDX-License-Identifier: Apache-2.0
"""Results arrive in the order they were sent, and nobody waits for a device before the end."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backprobe.probe.transfer import MOST_WAITING, Transfers


class Pending:
    """Stands in for the event of a device that this machine lacks: passes when it is told to."""

    def __init__(self) -> None:
        self.passed = False
        self.waited = False

    def query(self) -> bool:
        return self.passed

    def synchronize(self) -> None:
        self.waited = self.passed = True


def test_the_cpu_delivers_at_once() -> None:
    """On the CPU parts arrive flattened, in one piece, before `send` returns."""
    found: list[np.ndarray] = []
    Transfers().send([torch.ones(2, 2), torch.tensor([5, 6])], found.append)
    assert found[0].tolist() == [1, 1, 1, 1, 5, 6]


def test_order_is_kept_behind_a_slow_device() -> None:
    """What comes later waits in line, and `poll` never synchronises."""
    transfers = Transfers()
    event = Pending()
    seen: list[str] = []
    transfers.waiting.append((event, torch.zeros(1), lambda _: seen.append("device")))
    transfers.send([torch.zeros(1)], lambda _: seen.append("host"))
    transfers.after(lambda: seen.append("row"))
    transfers.poll()
    assert seen == []
    event.passed = True
    transfers.poll()
    assert seen == ["device", "host", "row"]
    assert not event.waited


def test_the_end_and_a_long_queue_wait() -> None:
    """`wait` delivers everything; a queue that only grows is bounded by waiting for its oldest."""
    transfers = Transfers()
    event = Pending()
    seen: list[int] = []
    transfers.waiting.append((event, torch.zeros(1), lambda _: seen.append(1)))
    transfers.wait()
    assert seen == [1]
    slow = [Pending() for _ in range(MOST_WAITING)]
    for one in slow:
        transfers.waiting.append((one, torch.zeros(1), lambda _: seen.append(2)))
    transfers.poll()
    assert slow[0].waited
    assert not slow[1].waited


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_no_synchronisation_on_cuda() -> None:
    """A watched step on a GPU issues no synchronising call."""
    from backprobe import session as sessions
    from backprobe.probe import entry

    net = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU(), torch.nn.Linear(8, 4)).cuda()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x, y = torch.randn(16, 8).cuda(), torch.randint(0, 4, (16,)).cuda()
    session = sessions.start()
    entry.watch(net, log="all", log_freq=1)
    for step in range(40):
        if step == 30:
            torch.cuda.set_sync_debug_mode("error")
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    torch.cuda.set_sync_debug_mode("default")
    session.finish()
