# SPDX-License-Identifier: Apache-2.0
"""Ignite: a logger whose handlers keep outputs, metrics and rates of an engine.

from backprobe.integrations.ignite import BackprobeLogger
logger = BackprobeLogger(project="digits")
logger.attach_output_handler(trainer, Events.ITERATION_COMPLETED, "train",
                             output_transform=lambda loss: {"loss": loss})
"""

from __future__ import annotations

from typing import Any

from backprobe.face.run import Run
from backprobe.integrations.begin import begin

try:
    import ignite.distributed as distributed
    from ignite.handlers.base_logger import (
        BaseLogger,
        BaseOptimizerParamsHandler,
        BaseOutputHandler,
    )
except ImportError as error:
    raise ImportError(
        "backprobe.integrations.ignite needs Ignite: pip install pytorch-ignite"
    ) from error


class BackprobeLogger(BaseLogger):
    """Begins or joins a run with the probe attached; models are found as they are called.

    Arguments:
        options: keywords of `backprobe.init` (`project`, `config`, `tags` …).
    """

    def __init__(self, **options: Any) -> None:
        self.run: Run | None = begin(distributed.get_rank(), [], options)

    def log(self, values: dict[str, Any], step: int) -> None:
        """Writes values of a step, on rank 0."""
        if self.run is not None and distributed.get_rank() == 0:
            self.run.log(values, step=step)

    def close(self) -> None:
        """Ends the run."""
        if self.run is not None:
            self.run.finish()

    def _create_output_handler(self, *args: Any, **kwargs: Any) -> OutputHandler:
        return OutputHandler(*args, **kwargs)

    def _create_opt_params_handler(self, *args: Any, **kwargs: Any) -> OptimizerParamsHandler:
        return OptimizerParamsHandler(*args, **kwargs)


class OutputHandler(BaseOutputHandler):
    """Writes an engine's output and metrics; see Ignite's `BaseOutputHandler` for the arguments."""

    def __call__(self, engine: Any, logger: Any, event_name: Any) -> None:
        """Called by the engine."""
        step = self.global_step_transform(engine, event_name)
        logger.log(self._setup_output_metrics_state_attrs(engine, True, key_tuple=False), step)


class OptimizerParamsHandler(BaseOptimizerParamsHandler):
    """Writes a setting of an optimizer's groups, the learning rate where nothing is said."""

    def __call__(self, engine: Any, logger: Any, event_name: Any) -> None:
        """Called by the engine."""
        step = engine.state.get_event_attrib_value(event_name)
        prefix = f"{self.tag}/" if self.tag else ""
        name = prefix + self.param_name
        groups = self.optimizer.param_groups
        several = {f"{name}/group_{n}": float(g[self.param_name]) for n, g in enumerate(groups)}
        logger.log(several if len(groups) > 1 else {name: next(iter(several.values()))}, step)
