# SPDX-License-Identifier: Apache-2.0
"""Which nodes were made under saved-tensor hooks is known by their numbers."""

from __future__ import annotations

import threading

import torch
from torch import Tensor

from backprobe.probe.packed import MOST, Packed

HERE = threading.get_ident()


def made() -> Tensor:
    """A tensor with a new node."""
    return torch.ones(2, requires_grad=True).exp()


def test_nodes_between_enter_and_leave_are_not_read() -> None:
    """Nested hooks are one span; what was made before, between and after is readable."""
    packed = Packed()
    before = made()
    assert packed.readable(before.grad_fn)
    packed.enter(HERE)
    first = made()
    packed.enter(HERE)
    second = made()
    packed.leave(HERE)
    third = made()
    packed.leave(HERE)
    between = made()
    packed.enter(HERE)
    last = made()
    assert [packed.readable(t.grad_fn) for t in (before, between)] == [True, True]
    told = packed.told
    assert not any(packed.readable(t.grad_fn) for t in (first, second, third, last))
    assert (told, packed.told) == (False, True)
    packed.leave(HERE)
    assert not packed.readable(last.grad_fn)
    assert packed.readable(made().grad_fn)


def test_what_is_not_known_is_not_read() -> None:
    """Hooks older than the probe, spans long gone, and hooks in a forward of another thread."""
    packed = Packed()
    old = made()
    packed.leave(HERE)
    assert not packed.readable(old.grad_fn)
    assert packed.readable(made().grad_fn)
    packed = Packed()
    for _ in range(MOST + 1):
        packed.enter(HERE)
        made()
        packed.leave(HERE)
    assert not packed.readable(old.grad_fn)
    assert packed.readable(made().grad_fn)
    packed.enter(HERE + 1)
    assert not packed.readable(made().grad_fn)
