# SPDX-License-Identifier: Apache-2.0
"""fastai: a callback that watches the model and keeps what the learner's recorder has.

    from backprobe.integrations.fastai import BackprobeCallback

    learn = Learner(dls, model, cbs=BackprobeCallback(project="digits"))

or `learn.fit_one_cycle(5, cbs=BackprobeCallback())`.
"""

from __future__ import annotations

from typing import Any

from backprobe.face.run import Run
from backprobe.integrations.begin import begin

try:
    from fastai.learner import Callback, Recorder
    from fastai.torch_core import rank_distrib
except ImportError as error:
    raise ImportError("backprobe.integrations.fastai needs fastai: pip install fastai") from error

CLOCK = "time"
"""A column of the recorder that is text."""
SETTINGS = ("n_epoch", "lr", "wd", "moms", "opt_func", "loss_func", "model", "splitter")
"""Of a learner, for the config."""


class BackprobeCallback(Callback):  # type: ignore[misc]
    """Begins or joins a run, watches the model, and keeps losses, rates and metrics.

    Searches for a learning rate and calls of `get_preds` are not part of the run.

    Arguments:
        options: keywords of `backprobe.init` (`project`, `name`, `tags` …).
    """

    order = Recorder.order + 1
    remove_on_fetch = True

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._kept: Run | None = None
        self._at = 0

    def before_fit(self) -> None:
        """Begins or joins a run with the learner's arguments as config."""
        searching = hasattr(self.learn, "lr_finder") or hasattr(self, "gather_preds")
        self._kept = None
        if searching:
            return
        self._kept = begin(rank_distrib(), self.learn.model, self._options)
        if self._kept is not None and rank_distrib() == 0:
            self._at = self._kept.step
            self._kept.config.update(self._settings(), allow_val_change=True)

    def after_batch(self) -> None:
        """Writes the smoothed and the raw loss of a training batch, and the groups' rates."""
        if not self.training or self._kept is None or rank_distrib() != 0:
            return
        groups = [float(group["lr"]) for group in self.opt.hypers]
        rates = {"train/lr": groups[-1]}
        if len(groups) > 1:
            rates = {f"train/lr/group_{n}": rate for n, rate in enumerate(groups)}
        values = {
            "train/loss": self.loss.detach(),
            "train/smooth_loss": self.smooth_loss,
            "epoch": float(self.pct_train * self.n_epoch),
        }
        self._kept.log({**values, **rates}, step=self._at)
        self._at += 1

    def after_epoch(self) -> None:
        """Writes the row that the recorder shows for an epoch."""
        if self._kept is None or rank_distrib() != 0:
            return
        row = dict(zip(self.recorder.metric_names, self.recorder.log, strict=False))
        named = {"train_loss": "train/epoch_loss", "valid_loss": "valid/loss", "epoch": "epoch"}
        values = {
            named.get(name, f"valid/{name}"): value
            for name, value in row.items()
            if name != CLOCK and value is not None
        }
        if "epoch" in values:
            values["epoch"] = float(values["epoch"]) + 1
        self._kept.log(values, step=max(self._at - 1, 0))

    def _settings(self) -> dict[str, Any]:
        """What the learner was made with and is asked to do; batches are those of training."""
        given = {name: _plain(getattr(self.learn, name, None)) for name in SETTINGS}
        return {**given, "batch_size": getattr(self.dls.train, "bs", None)}


def _plain(value: Any) -> Any:
    """A setting as it reads: functions, classes and objects by their names."""
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return getattr(value, "__qualname__", type(value).__name__)
