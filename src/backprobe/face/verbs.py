# SPDX-License-Identifier: Apache-2.0
"""The verbs of the module: `backprobe.log(…)` is `backprobe.run.log(…)`, and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backprobe.face import state
from backprobe.face.artifact import Artifact
from backprobe.face.define_metric import Metric
from backprobe.face.errors import Error
from backprobe.face.init import init


def log(
    data: Mapping[str, Any],
    step: int | None = None,
    commit: bool | None = None,
    sync: bool | None = None,
) -> None:
    """Writes values of this step into the run; see `Run.log`.

    Raises:
        Error: there is no run yet.
    """
    run = state.run
    if run is None:
        raise Error("You must call backprobe.init() before backprobe.log()")
    run.log(data, step, commit, sync)


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """Ends the run of this process; nothing happens where there is none."""
    if state.run is not None:
        state.run.finish(exit_code, quiet)


def watch(
    models: Any,
    criterion: Any = None,
    log: str | None = "gradients",
    log_freq: int = 1000,
    idx: int | None = None,
    log_graph: bool = False,
) -> list[Any]:
    """Attaches the probe, the whole of it; begins a run where there is none. See `Run.watch`."""
    run = state.run if state.run is not None else init()
    return run.watch(models, criterion, log, log_freq, idx, log_graph)


def unwatch(models: Any = None) -> None:
    """Takes the probe's hooks away; what was recorded stays."""
    state.require("unwatch").unwatch(models)


def define_metric(name: str, *args: Any, **kwargs: Any) -> Metric:
    """Says of a metric what its x axis is and how it is summarised; see `Run.define_metric`."""
    return state.require("define_metric").define_metric(name, *args, **kwargs)


def alert(title: str, text: str, *args: Any, **kwargs: Any) -> None:
    """Puts a message into the record and on standard error; see `Run.alert`."""
    state.require("alert").alert(title, text, *args, **kwargs)


def save(*args: Any, **kwargs: Any) -> bool | list[str]:
    """Copies files into the run's folder; see `Run.save`."""
    return state.require("save").save(*args, **kwargs)


def log_artifact(*args: Any, **kwargs: Any) -> Artifact:
    """Keeps files under a name and a version; see `Run.log_artifact`."""
    return state.require("log_artifact").log_artifact(*args, **kwargs)


def use_artifact(*args: Any, **kwargs: Any) -> Artifact:
    """An artifact of this store; see `Run.use_artifact`."""
    return state.require("use_artifact").use_artifact(*args, **kwargs)


def log_model(*args: Any, **kwargs: Any) -> Artifact:
    """Keeps a file or folder as an artifact of type "model"."""
    return state.require("log_model").log_model(*args, **kwargs)


def login(*_: Any, **__: Any) -> bool:
    """True: there is nothing to log in to."""
    return True


def setup(*_: Any, **__: Any) -> None:
    """Nothing: there is no service to start."""


def teardown(exit_code: int | None = None) -> None:
    """Ends the run of this process."""
    finish(exit_code)
