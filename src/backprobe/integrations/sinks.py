# SPDX-License-Identifier: Apache-2.0
"""The trackers that a run can be passed on to; each is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backprobe.integrations.forward import Missing, Sink
from backprobe.records import Finding, Run
from backprobe.store.exports.tensorboard import EventFile

LEVELS = {"note": "INFO", "warning": "WARN", "error": "ERROR"}
"""Severity → W&B's level of an alert."""
LONGEST_TAG = 5000
"""Characters that MLflow takes as the value of a tag."""


class TensorBoard:
    """An event file; needs nothing installed.

    Arguments:
        run: the run.
        into: the folder; `runs/<name>` where not given.
    """

    def __init__(self, run: Run, into: str | None) -> None:
        folder = Path(into or f"runs/{run.name}")
        self._events = EventFile(folder)
        self._began = run.created
        self.place = f"tensorboard --logdir {folder.parent if into is None else folder}"
        if run.config:
            self._events.hparams(run.created, run.config, run.id)

    def metrics(self, step: int, now: float, values: Mapping[str, float]) -> None:
        """Takes numbers of one step."""
        self._events.scalars(step, now, values)
        self._events.flush()

    def findings(self, found: list[Finding], text: str) -> None:
        """Puts the report under TEXT."""
        del found
        self._events.text(0, self._began, "findings", text)

    def end(self, state: str) -> None:
        """Ends the file."""
        del state
        self._events.close()


class WandB:
    """A run of W&B's, online or offline as it is set up.

    Arguments:
        run: the run.
        into: the project; the run's own where not given.
    """

    def __init__(self, run: Run, into: str | None) -> None:
        try:
            import wandb
        except ImportError as error:
            raise Missing("forwarding to W&B needs wandb: pip install wandb") from error
        self._wandb: Any = wandb
        self._run: Any = wandb.init(
            project=into or run.project or None,
            name=run.name,
            config=dict(run.config),
            tags=list(run.tags),
            notes=run.notes or None,
            reinit=True,
        )
        # W&B drops rows whose step goes back: the step is a metric here, and the axis of all
        self._run.define_metric("step")
        self._run.define_metric("*", step_metric="step")
        self.place = str(self._run.url or self._run.dir)

    def metrics(self, step: int, now: float, values: Mapping[str, float]) -> None:
        """Takes numbers of one step."""
        del now
        self._run.log({**values, "step": step})

    def findings(self, found: list[Finding], text: str) -> None:
        """Puts the rules into the summary, and an alert for each warning and error."""
        del text
        self._run.summary["findings"] = [one.rule for one in found]
        for one in found:
            if one.severity != "note":
                level = getattr(self._wandb.AlertLevel, LEVELS[one.severity])
                self._run.alert(title=one.rule, text=one.message, level=level)
        if found:
            columns = ["rule", "kind", "severity", "confidence", "message"]
            rows = [[getattr(one, name) for name in columns] for one in found]
            self._run.log({"findings": self._wandb.Table(columns=columns, data=rows)})

    def end(self, state: str) -> None:
        """Ends the run."""
        self._run.finish(exit_code=0 if state == "finished" else 1)


class MLflow:
    """A run of MLflow's.

    Arguments:
        run: the run.
        into: the tracking URI; as MLflow is set up where not given.
    """

    def __init__(self, run: Run, into: str | None) -> None:
        try:
            from mlflow.entities import Metric, Param
            from mlflow.tracking import MlflowClient
        except ImportError as error:
            raise Missing("forwarding to MLflow needs mlflow: pip install mlflow-skinny") from error
        self._metric: Any = Metric
        self._client: Any = MlflowClient(tracking_uri=into)
        name = run.project or "backprobe"
        known = self._client.get_experiment_by_name(name)
        experiment = known.experiment_id if known else self._client.create_experiment(name)
        began = round(run.created * 1000)
        made = self._client.create_run(experiment, start_time=began, run_name=run.name)
        self._id = made.info.run_id
        self.place = f"experiment {name!r}, run {self._id}"
        params = [Param(str(key), str(value)[:500]) for key, value in run.config.items()]
        for begin in range(0, len(params), 100):  # MLflow's limit of one batch
            self._client.log_batch(self._id, params=params[begin : begin + 100])

    def metrics(self, step: int, now: float, values: Mapping[str, float]) -> None:
        """Takes numbers of one step."""
        stamp = round(now * 1000)
        points = [self._metric(key, value, stamp, step) for key, value in values.items()]
        self._client.log_batch(self._id, metrics=points)

    def findings(self, found: list[Finding], text: str) -> None:
        """Puts each finding into a tag `finding.<rule>`."""
        for one in found:
            self._client.set_tag(self._id, f"finding.{one.rule}", one.message[:LONGEST_TAG])
        self._client.set_tag(self._id, "mlflow.note.content", text[:LONGEST_TAG])

    def end(self, state: str) -> None:
        """Ends the run."""
        status = {"finished": "FINISHED", "killed": "KILLED"}.get(state, "FAILED")
        self._client.set_terminated(self._id, status)


SINKS: Mapping[str, type[Any]] = {"tensorboard": TensorBoard, "wandb": WandB, "mlflow": MLflow}
"""Name → tracker."""


def begin(kind: str, run: Run, into: str | None) -> Sink:
    """The tracker of that name, ready to take the run.

    Raises:
        Missing: it is not installed.
        KeyError: there is none of that name.
    """
    sink: Sink = SINKS[kind](run, into)
    return sink
