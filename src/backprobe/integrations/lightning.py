# SPDX-License-Identifier: Apache-2.0
"""Lightning: a logger that keeps what modules log and attaches the probe, and a callback.

    from backprobe.integrations.lightning import BackprobeLogger

    trainer = Trainer(logger=BackprobeLogger(project="digits"))

Both work with `lightning` and with `pytorch_lightning`, whichever the script has imported.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from backprobe.face import state
from backprobe.face.run import Run
from backprobe.integrations.begin import begin


def _library() -> str:
    both = ("lightning.pytorch", "pytorch_lightning")
    return next((name for name in both if name in sys.modules), both[0])


try:
    Callback: Any = import_module(f"{_library()}.callbacks").Callback
    _loggers = import_module(f"{_library()}.loggers.logger")
    _ranks = import_module(f"{_library()}.utilities.rank_zero")
except ImportError as error:
    raise ImportError(
        "backprobe.integrations.lightning needs Lightning: pip install lightning"
    ) from error

Logger: Any = _loggers.Logger
rank_zero_experiment: Any = _loggers.rank_zero_experiment
rank_zero_only: Any = _ranks.rank_zero_only


class BackprobeLogger(Logger):  # type: ignore[misc]
    """Keeps the metrics and hyper-parameters that Lightning gives, and watches the module.

    Arguments:
        project, name: how lists of runs show it.
        watch: whether to attach the probe to the module that is fitted.
        options: further keywords of `backprobe.init` (`tags`, `notes`, `mode` …).
    """

    def __init__(
        self,
        project: str | None = None,
        name: str | None = None,
        watch: bool = True,
        **options: Any,
    ) -> None:
        super().__init__()
        self._options = {"project": project, "name": name, **options}
        self._watch = watch
        self._run: Run | None = None

    @property
    def name(self) -> str | None:
        """The project: Lightning's word for it; its checkpoints are kept below that name."""
        return self._run.project if self._run is not None else self._options["project"]

    @property
    def version(self) -> str | None:
        """The run's id."""
        return self._run.id if self._run is not None else None

    @property
    @rank_zero_experiment  # type: ignore[untyped-decorator]
    def experiment(self) -> Run:
        """The run, with all that `backprobe.init` gives; begun when it is first asked for."""
        run: Run = self._joined([])
        return run

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Writes metrics at the trainer's step."""
        self.experiment.log(dict(metrics), step=step)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_hyperparams(self, params: Mapping[str, Any] | Namespace, *_: Any, **__: Any) -> None:
        """Puts what `save_hyperparameters` collected into the config."""
        given = vars(params) if isinstance(params, Namespace) else dict(params)
        self.experiment.config.update(given, allow_val_change=True)

    def log_graph(self, model: Any, input_array: Any = None) -> None:
        """Attaches the probe: Lightning calls this on every rank before it trains."""
        del input_array
        if self._watch:
            self._joined(model)

    def _joined(self, models: Any) -> Any:
        if self._run is None or state.run is not self._run or models != []:
            rank = int(getattr(rank_zero_only, "rank", 0))
            self._run = begin(rank, models, self._options, watch=self._watch)
        return self._run

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_run": None}  # a spawned process joins, it does not inherit


class BackprobeCallback(Callback):  # type: ignore[misc]
    """Attaches the probe to the module, and keeps the metrics of each epoch.

    Beside a `BackprobeLogger` it has nothing to do: that one does both.

    Arguments:
        options: keywords of `backprobe.init` (`project`, `name`, `tags` …).
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._options = options

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Begins or joins a run, and watches the module."""
        begin(trainer.global_rank, pl_module, self._options)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Writes what `self.log` collected in the epoch, where no logger of ours does."""
        del pl_module
        ours = any(isinstance(one, BackprobeLogger) for one in trainer.loggers)
        if state.run is not None and trainer.global_rank == 0 and not ours:
            metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
            state.run.log({**metrics, "epoch": trainer.current_epoch}, step=trainer.global_step)
