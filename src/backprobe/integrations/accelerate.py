# SPDX-License-Identifier: Apache-2.0
"""Accelerate: a tracker, by name or as an object.

import backprobe.integrations.accelerate  # makes the name known
accelerator = Accelerator(log_with="backprobe")
accelerator.init_trackers("digits", config={"lr": 0.1})
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backprobe.face import state
from backprobe.face.run import Run
from backprobe.integrations.begin import begin

try:
    from accelerate import tracking  # type: ignore[import-untyped]
    from accelerate.state import PartialState  # type: ignore[import-untyped]
except ImportError as error:
    raise ImportError(
        "backprobe.integrations.accelerate needs Accelerate: pip install accelerate"
    ) from error


class BackprobeTracker(tracking.GeneralTracker):  # type: ignore[misc]
    """Keeps what `accelerator.log` gives, and attaches the probe.

    Arguments:
        run_name: the project, as `init_trackers` calls it.
        options: keywords of `backprobe.init`, given as `init_kwargs={"backprobe": {…}}`.
    """

    name = "backprobe"
    requires_logging_directory = False
    main_process_only = False  # every rank joins a launcher's run, rank 0 writes

    def __init__(self, run_name: str | None = None, **options: Any) -> None:
        super().__init__()
        self._options = {"project": run_name, **options}

    def start(self) -> None:
        """Begins or joins a run; models are found as they are called."""
        begin(PartialState().process_index, [], self._options)

    @property
    def tracker(self) -> Run | None:
        """The run, as `backprobe.init` gives it."""
        return state.run

    def store_init_configuration(self, values: Mapping[str, Any]) -> None:
        """Puts the configuration given to `init_trackers` into the config."""
        if (run := self._writes()) is not None:
            run.config.update(values, allow_val_change=True)

    def log(self, values: Mapping[str, Any], step: int | None = None, **more: Any) -> None:
        """Writes values at a step; `more` goes to `backprobe.log` (`commit`)."""
        if (run := self._writes()) is not None:
            run.log(values, step=step, **more)

    def finish(self) -> None:
        """Ends the run."""
        if state.run is not None:
            state.run.finish()

    def _writes(self) -> Run | None:
        return state.run if PartialState().is_main_process else None


if hasattr(tracking, "register_tracker_class"):  # since 1.13; before, give log_with the object
    tracking.register_tracker_class(BackprobeTracker)
