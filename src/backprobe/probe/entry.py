# SPDX-License-Identifier: Apache-2.0
"""How the probe gets into a process: `install` at start-up, `watch` from the user's code."""

from __future__ import annotations

import os
import sys
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from backprobe import session as sessions
from backprobe import settings
from backprobe.probe import patches
from backprobe.probe.probe import Probe

_probe: Probe | None = None
_failed = False
_automatic = False
"""Whether the first sign of training begins the probe (`backprobe run`), or only `watch` does."""


def current() -> Probe | None:
    """The probe of this process, with all that it knows, or None; a forked child has none."""
    found = _existing()
    if found is not None:
        found.state.catch_up()
    return found


def _existing() -> Probe | None:
    if _probe is None or _probe.session.ended or _probe.session.pid != os.getpid():
        return None
    return _probe


def attached() -> Probe | None:
    """The probe of this process while its hooks are in place."""
    found = current()
    return found if found is not None and found.attached else None


def present() -> Probe | None:
    """As `attached`; what it knows of steps may be old."""
    found = _existing()
    return found if found is not None and found.attached else None


def began() -> Probe | None:
    """The probe of this process, made at the first sign of training; None while it is detached."""
    found = _probe
    if found is not None and not found.session.ended and found.session.pid == os.getpid():
        found.state.catch_up()
        return found if found.handles else None
    return _begin() if _automatic else None


def install() -> None:
    """Watches this process from its first forward on; called once torch is imported."""
    global _automatic
    _automatic = True
    patches.install(attached, began, present)
    _first_forward()


def watch(models: Any, log: str | None = "gradients", log_freq: int | None = 1000) -> None:
    """Attaches the whole probe to this process, and numbers these models first.

    Arguments:
        models: a module or a list of modules.
        log: "all" with `log_freq=1` observes every step in full, without a budget.
        log_freq: steps between two histograms for the charts; None for the probe's own clock.
    """
    patches.install(attached, began, present)
    every_step = log == "all" and log_freq == 1
    found = current()
    if found is None:
        found = _begin(None if every_step else settings.budget(), log_freq)
    if found is None:
        return
    if every_step:
        found.state.budget.share = None
    found.state.clock.every = log_freq
    for model in models if isinstance(models, (list, tuple)) else [models]:
        found.guard.run("structure", found.state.structure.add_root, model)
    found.attach()


def unwatch(models: Any = None) -> None:  # noqa: ARG001  # the hooks are global
    """Takes the hooks away again; what was recorded stays."""
    found = current()
    if found is not None:
        found.detach()


def _begin(budget: float | None = -1.0, every: int | None = None) -> Probe | None:
    """Makes the probe and its session; a failure is told once and the script goes on."""
    global _probe, _failed
    if _failed:
        return None
    try:
        session = sessions.start()
        steps = settings.step_limit()
        share = settings.budget() if budget is not None and budget < 0 else budget
        with torch._C._DisableFuncTorch():  # the first forward may run inside `vmap` or `grad`
            _probe = Probe(session, share, every, steps)
            _probe.attach()
    except Exception as error:  # noqa: BLE001  # never into the user's script
        _failed = True
        sys.stderr.write(f"backprobe: not watching: {error}; the script goes on\n")
        return None
    return _probe


def _first_forward() -> None:
    """Waits for the first root call with as little as possible in the way."""
    handle: Any = None

    def first(module: nn.Module, args: Any) -> None:
        nonlocal handle
        if torch.compiler.is_compiling() or handle is None:
            return
        taken, handle = handle, None
        taken.remove()
        probe = began()
        if probe is not None:
            probe.forward.before(module, args)

    handle = register_module_forward_pre_hook(first)
