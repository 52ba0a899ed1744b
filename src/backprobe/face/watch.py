# SPDX-License-Identifier: Apache-2.0
"""`watch`: checks the arguments as W&B does, and attaches the probe."""

from __future__ import annotations

import sys
from typing import Any, SupportsInt

LOGS = ("gradients", "parameters", "all", None)


def check(models: Any, log: Any = "gradients", log_freq: Any = 1000) -> None:
    """Refuses what W&B refuses.

    Arguments:
        models: a module, or a list or tuple of modules.
        log: "gradients", "parameters", "all" or None.
        log_freq: a number of steps.

    Raises:
        TypeError: something that is no `torch.nn.Module`.
        ValueError: another `log`, or a `log_freq` below 1.
    """
    if log not in LOGS:
        raise ValueError(f"watch(log={log!r}): expected 'gradients', 'parameters', 'all' or None")
    if not isinstance(log_freq, SupportsInt) or int(log_freq) < 1:
        raise ValueError(f"watch(log_freq={log_freq!r}): expected a number of steps, at least 1")
    for model in _listed(models):
        _check(model)


def attach(models: Any, log: str | None, log_freq: int) -> None:
    """Attaches the whole probe to this process, whatever is to be logged."""
    from backprobe.probe import entry  # here: it needs torch, which the models have brought

    entry.watch(models, log=log, log_freq=int(log_freq))


def detach(models: Any = None) -> None:
    """Takes the probe's hooks away again, of all models where none are named.

    Raises:
        TypeError: something that is no `torch.nn.Module`.
    """
    for model in [] if models is None else _listed(models):
        _check(model)
    if "backprobe.probe.entry" in sys.modules:
        from backprobe.probe import entry  # here: see above

        entry.unwatch(models)


def _listed(models: Any) -> list[Any]:
    return list(models) if isinstance(models, list | tuple) else [models]


def _check(model: Any) -> None:
    torch = sys.modules.get("torch")  # a module of torch's can't exist before torch is imported
    if torch is None or not isinstance(model, torch.nn.Module):
        raise TypeError(
            f"watch() expects a torch.nn.Module or a list of them; got {type(model).__name__}"
        )
