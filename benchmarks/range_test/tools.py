# SPDX-License-Identifier: Apache-2.0
"""What each finder suggests for a task: ours, and others' run for real where they are installed.

Each gets a new network, batches of its own order, and its own default settings. A tool answers
None where it refuses, and is left out where it is not installed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import torch

from backprobe.experiments.lr_finder import LRFinder
from benchmarks.range_test.tasks import Task

Suggest = Callable[[Task, int], float | None]


def ours(task: Task, seed: int) -> float | None:
    """`LRFinder` as it is."""
    network, optimizer = task.make(seed, task.default)
    torch.manual_seed(seed + 1000)
    finder = LRFinder(network, optimizer, task.criterion())
    finder.range_test(task.loader(seed + 50))
    if finder.suggestion() is None and "still falls" in (finder.refused or ""):
        finder.range_test(task.loader(seed + 51), end_lr=1000)  # as the refusal says
    return finder.suggestion()


def lr_finder(task: Task, seed: int) -> float | None:
    """pytorch-lr-finder: its steepest point, from 1e-7 as its README begins."""
    from torch_lr_finder import LRFinder as Theirs

    network, optimizer = task.make(seed, 1e-7)
    torch.manual_seed(seed + 1000)
    finder = Theirs(network, optimizer, task.criterion(), device="cpu")
    with _quiet():
        finder.range_test(task.loader(seed + 50), end_lr=10, num_iter=100)
        from matplotlib import pyplot

        _, axes = pyplot.subplots()
        answer = finder.plot(ax=axes)
        pyplot.close("all")
    return float(answer[1]) if isinstance(answer, tuple) and answer[1] is not None else None


def fastai(task: Task, seed: int) -> float | None:
    """fastai's `lr_find` with its default, valley."""
    import fastai.callback.schedule  # noqa: F401  # gives Learner its `lr_find`
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner
    from fastai.optimizer import OptimWrapper

    network, _ = task.make(seed, 1e-3)
    torch.manual_seed(seed + 1000)

    def wrap(parameters: Any, lr: float = 1e-3, **_: Any) -> Any:
        return OptimWrapper(opt=task.optimizer(list(_flat(parameters)), lr))

    with _quiet(), tempfile.TemporaryDirectory() as folder:
        loader: Any = task.loader(seed + 50)
        loaders = DataLoaders(_fastai_loader(loader), _fastai_loader(loader))
        learner = Learner(
            loaders, network, loss_func=task.criterion(), opt_func=wrap, path=folder, train_bn=True
        )
        return float(learner.lr_find(show_plot=False).valley)


def lightning(task: Task, seed: int) -> float | None:
    """Lightning's tuner with its defaults."""
    import lightning as pl
    from lightning.pytorch.tuner.tuning import Tuner

    network, _ = task.make(seed, 1e-3)
    torch.manual_seed(seed + 1000)
    criterion = task.criterion()

    class Module(pl.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = network
            self.lr = 1e-3

        def training_step(self, batch: Any, _: int) -> Any:
            return criterion(self.network(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return task.optimizer(self.parameters(), self.lr)

    with _quiet(), tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            max_epochs=100,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
        )
        found = Tuner(trainer).lr_find(Module(), train_dataloaders=task.loader(seed + 50))
        rate = found.suggestion() if found is not None else None
    return None if rate is None else float(rate)


def default(task: Task, seed: int) -> float:  # noqa: ARG001  # one signature for all
    """The rate that users begin with."""
    return task.default


def installed() -> dict[str, Suggest]:
    """Name → what suggests; those that are there."""
    found: dict[str, Suggest] = {"backprobe": ours}
    if importlib.util.find_spec("fastai"):
        found["fastai valley"] = fastai
    if importlib.util.find_spec("torch_lr_finder"):
        found["pytorch-lr-finder"] = lr_finder
    if importlib.util.find_spec("lightning"):
        found["Lightning"] = lightning
    found["default rate"] = default
    return found


def _flat(parameters: Any) -> Any:
    for one in parameters:
        if isinstance(one, torch.Tensor):
            yield one
        else:
            yield from _flat(one)


def _fastai_loader(loader: Any) -> Any:
    from fastai.data.load import DataLoader

    return DataLoader(
        loader.dataset, bs=loader.batch_size, shuffle=True, drop_last=True, num_workers=0
    )


@contextlib.contextmanager
def _quiet() -> Any:
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
