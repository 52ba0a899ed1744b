# SPDX-License-Identifier: Apache-2.0
"""Transformers: a callback for `Trainer`, and `report_to="backprobe"`.

    import backprobe.integrations.transformers  # makes the name known to TrainingArguments

    Trainer(..., args=TrainingArguments(..., report_to="backprobe"))

or `Trainer(..., callbacks=[BackprobeCallback(project="digits")])`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backprobe.face import state
from backprobe.integrations.begin import begin

try:
    from transformers import TrainerCallback
    from transformers.integrations import integration_utils
except ImportError as error:
    raise ImportError(
        "backprobe.integrations.transformers needs Transformers: pip install transformers"
    ) from error

_utils: Any = integration_utils  # without annotations of its own
TOTALS = (
    "train_runtime",
    "train_samples_per_second",
    "train_steps_per_second",
    "train_loss",
    "total_flos",
)
"""What the trainer tells once, at its end: it goes into the summary, as with W&B's callback."""


class BackprobeCallback(TrainerCallback):
    """Watches the model, and keeps the trainer's arguments and what it logs.

    Arguments:
        options: keywords of `backprobe.init`; the trainer's `run_name` names the run.
    """

    def __init__(self, **options: Any) -> None:
        self._options = options

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: Any = None, **_: Any
    ) -> None:
        """Begins or joins a run with the trainer's arguments as config; a new one each trial."""
        del control
        if state.is_hyper_param_search and (earlier := _run()) is not None:
            earlier.finish()
        name = state.trial_name or _named(args)
        options = {"name": name, **self._options}
        run = begin(args.process_index, [] if model is None else model, options)
        if run is not None and state.is_world_process_zero:
            run.config.update(_config(args, model), allow_val_change=True)

    def on_log(
        self,
        args: Any,
        state: Any,
        control: Any,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Writes what the trainer logs, named `train/…` and `eval/…` as its other trackers do."""
        del control
        run = begin(args.process_index, [], self._options)
        if run is None or not logs or not state.is_world_process_zero:
            return
        for name in TOTALS:
            if name in logs:
                run.summary[name] = logs[name]
        told = {name: value for name, value in logs.items() if name not in TOTALS}
        if told:
            run.log(_utils.rewrite_logs(told), step=state.global_step)

    def on_predict(
        self, args: Any, state: Any, control: Any, metrics: Mapping[str, Any], **_: Any
    ) -> None:
        """Writes the metrics of a prediction."""
        del args, control
        if (run := _run()) is not None and state.is_world_process_zero:
            run.log(_utils.rewrite_logs(metrics), step=state.global_step)


def _run() -> Any:
    return state.run


def _named(args: Any) -> str | None:
    """The run's name that was chosen; the output folder is only what stands in for one."""
    return args.run_name if args.run_name != args.output_dir else None


def _config(args: Any, model: Any) -> dict[str, Any]:
    config = getattr(model, "config", None)
    known = config if isinstance(config, dict) else config.to_dict() if config is not None else {}
    found = {**known, **args.to_dict()}
    if model is not None:
        found["model/num_parameters"] = sum(p.numel() for p in model.parameters())
    return found


_utils.INTEGRATION_TO_CALLBACK["backprobe"] = BackprobeCallback
