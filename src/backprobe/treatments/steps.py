# SPDX-License-Identifier: Apache-2.0
"""Optimizer steps: what is done before and after each, and settings that differ during it.

The probe's hooks come between ours: what is `late` before a step runs after the probe has read the
gradients, what is early after a step runs before the probe reads the updates.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

Act = Callable[[Optimizer], None]
Change = Callable[[Optimizer, dict[str, Any]], dict[str, Any]]
"""Takes an optimizer and a group; gives the settings that hold during its step."""


class Steps:
    """The optimizers of a process and what treatments do around their steps."""

    def __init__(self) -> None:
        self.before: list[Act] = []
        self.before_late: list[Act] = []
        self.after: list[Act] = []
        self.after_late: list[Act] = []
        self.changes: list[Change] = []
        self.count = 0
        """Steps that ended, of all optimizers."""
        self.optimizers: list[weakref.ref[Optimizer]] = []
        self._kept: list[tuple[dict[str, Any], str, Any]] = []
        self._inside: Optimizer | None = None
        self._handles: list[Any] = []
        self._late: list[Any] = []
        self._initialiser: Any = None

    def living(self) -> list[Optimizer]:
        """The optimizers that were made and still exist."""
        return [one for reference in self.optimizers if (one := reference()) is not None]

    @property
    def running(self) -> bool:
        """Whether an optimizer's step runs."""
        return self._inside is not None

    def install(self) -> None:
        """Puts the hooks in place."""
        original: Any = Optimizer.__init__
        self._initialiser = original
        steps = self

        @functools.wraps(original)
        def __init__(self: Optimizer, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            original(self, *args, **kwargs)
            if steps._inside is None:
                steps.optimizers.append(weakref.ref(self))

        Optimizer.__init__ = __init__  # type: ignore[method-assign]
        self._handles = [
            register_optimizer_step_pre_hook(self._begin),
            register_optimizer_step_post_hook(self._end),
        ]

    def settle(self) -> None:
        """Registers the late hooks, now that the probe has registered its own."""
        if not self._late:
            self._late = [
                register_optimizer_step_pre_hook(self._begin_late),
                register_optimizer_step_post_hook(self._end_late),
            ]

    def remove(self) -> None:
        """Takes the hooks away."""
        for handle in self._handles + self._late:
            handle.remove()
        self._handles, self._late = [], []
        Optimizer.__init__ = self._initialiser  # type: ignore[method-assign]

    def _begin(self, optimizer: Optimizer, *_: Any) -> None:
        if self._inside is not None or torch.compiler.is_compiling():
            return
        self._inside = optimizer
        self._kept = []
        for change in self.changes:
            for group in optimizer.param_groups:
                for key, value in change(optimizer, group).items():
                    if key in group:
                        self._kept.append((group, key, group[key]))
                        group[key] = value
        for act in self.before:
            act(optimizer)

    def _begin_late(self, optimizer: Optimizer, *_: Any) -> None:
        if self._inside is optimizer:
            for act in self.before_late:
                act(optimizer)

    def _end(self, optimizer: Optimizer, *_: Any) -> None:
        if self._inside is not optimizer:
            return
        for act in self.after:
            act(optimizer)
        if not self._late:
            self._end_late(optimizer)

    def _end_late(self, optimizer: Optimizer, *_: Any) -> None:
        if self._inside is not optimizer:
            return
        for group, key, value in reversed(self._kept):
            group[key] = value
        self._kept = []
        self.count += 1
        for act in self.after_late:
            act(optimizer)
        self._inside = None


def tensors(optimizer: Optimizer) -> list[torch.Tensor]:
    """All parameters of an optimizer."""
    return [tensor for group in optimizer.param_groups for tensor in group["params"]]
