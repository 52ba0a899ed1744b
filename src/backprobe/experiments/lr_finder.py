# SPDX-License-Identifier: Apache-2.0
"""`LRFinder`: a learning-rate range test on a live model, which is left as it was."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from backprobe.experiments.batches import Supply, device_of, is_generator
from backprobe.experiments.keeping import Kept
from backprobe.experiments.lr_plot import draw
from backprobe.experiments.objective import Criterion, Objective
from backprobe.experiments.sweep import Points, Setting, distributed, own_scaler, sweep
from backprobe.probe import entry
from backprobe.signals.lr_curve import MOST, Advice, Reading, combine, enough, focus, read

START = 1e-7
"""Where sweeps begin: below any rate that trains (fastai)."""


class NotRestored(RuntimeWarning):
    """Something is not as it was before the range test."""


class LRFinder:
    """Finds a learning rate by training with rising ones for some steps.

    The model, its buffers and gradients, the optimizer, a scaler, the random streams and the
    loader's generators are put back bit for bit after each sweep, and that is verified.
    Code written for `torch_lr_finder.LRFinder` runs; so does `LRFinder(model, optimizer, device)`,
    which takes the loss from the model's output.

    Arguments:
        model: the network.
        optimizer: of its parameters, as it will train; its groups' rates stay in proportion.
        criterion: takes output and target, gives one number; None takes the model's own loss
            (Transformers), or the one that fits output and targets, or says why none does.
        device: batches are put on; by default that of the model's parameters.
        memory_cache: False keeps what is put back in the main memory, not on the device.
        cache_dir: accepted; nothing is written to disk.
        grad_scaler: of mixed precision; the sweep uses a copy.
        amp_config: arguments of `torch.autocast`, e.g. `{"dtype": torch.bfloat16}`.

    Attributes:
        history: `{"lr", "loss"}` of the first sweep; losses are smoothed by `smooth_f`.
        sweeps: every sweep, with the losses as measured.
        refused: why there is no suggestion, or None.
        range: lowest and highest sensible rate, or None.
        restored: whether all was found as it was, None before a test.
        notes: what else is worth knowing, in words.

    Example:
        >>> finder = LRFinder(model, optimizer, criterion)
        >>> finder.range_test(loader)
        >>> finder.suggestion() or finder.refused
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        criterion: Criterion | torch.device | str | None = None,
        device: torch.device | str | None = None,
        memory_cache: bool = True,
        cache_dir: str | None = None,
        amp_backend: Any = None,
        amp_config: dict[str, Any] | None = None,
        grad_scaler: Any = None,
    ) -> None:
        del cache_dir, amp_backend
        if isinstance(criterion, (torch.device, str)):  # LRFinder(model, optimizer, device)
            criterion, device = None, criterion
        _check(model, optimizer, criterion)
        self.model = model
        self.optimizer = optimizer
        self.criterion = criterion
        self.device = device
        self.grad_scaler = grad_scaler
        self.amp_config = amp_config
        self.history: dict[str, list[float]] = {"lr": [], "loss": []}
        self.best_loss: float | None = None
        self.sweeps: list[Points] = []
        self.advice = Advice(refused="no range test was made yet: call range_test(loader)")
        self.restored: bool | None = None
        self.notes: list[str] = []
        self._keep_on = None if memory_cache else "cpu"

    @property
    def refused(self) -> str | None:
        """Why there is no suggestion, or None."""
        return self.advice.refused

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest sensible rate, or None."""
        return self.advice.range

    def range_test(
        self,
        train_loader: Iterable[Any],
        val_loader: Iterable[Any] | None = None,
        start_lr: float | None = None,
        end_lr: float = 10,
        num_iter: int = 100,
        step_mode: str = "exp",
        smooth_f: float = 0.05,
        diverge_th: float = 5,
        accumulation_steps: int = 1,
        non_blocking_transfer: bool = True,
        logwandb: bool = False,
        repeats: int | None = None,
    ) -> LRFinder:
        """Sweeps the rate twice, and once more where the two disagree, and restores everything.

        Arguments:
            train_loader: batches: `(x, y)`, `(x1, x2, y)`, dicts, or tensors; begun again where
                it ends.
            val_loader: batches whose mean loss is measured after each step instead.
            start_lr: of the first group; None is 1e-7, or the optimizer's own where that is less.
            end_lr: the highest.
            num_iter: steps of a sweep.
            step_mode: "exp" or "linear".
            smooth_f: weight of a new loss in `history` and in the average that divergence is told
                by; 0 smooths nothing.
            diverge_th: a sweep ends where that average is so many times its best.
            accumulation_steps: batches a step.
            non_blocking_transfer: of batches to the device.
            logwandb: log `lr` and `loss` of each point to the run of `backprobe.init`.
            repeats: sweeps; None makes two, and a third where they disagree.

        Raises:
            ValueError: an argument that makes no sweep; the text says what was expected.
            TypeError: a loader or batch of no known kind.
        """
        rates = _rates(self._start(start_lr), end_lr, num_iter, step_mode)
        if accumulation_steps < 1:
            raise ValueError(f"accumulation_steps={accumulation_steps}; expected 1 or more")
        if not 0 <= smooth_f < 1:
            raise ValueError(f"smooth_f={smooth_f}; expected a number from 0 to below 1")
        log = _logger() if logwandb else None
        self.sweeps, self.notes = [], []
        readings: list[Reading] = []
        setting = Setting(rates, smooth_f, diverge_th, accumulation_steps, self._device())
        setting.autocast = self._autocast()
        setting.non_blocking = non_blocking_transfer
        with self._kept(train_loader) as kept:
            supply = Supply(train_loader)
            most = repeats or MOST
            while len(readings) < most:
                setting.scaler = own_scaler(self.grad_scaler)
                objective = Objective(self.model, self.criterion)
                self._train_mode()
                try:
                    points = sweep(objective, self.optimizer, supply, setting, val_loader)
                finally:
                    kept.restore_objects()  # random streams go on: other batches
                self.sweeps.append(points)
                readings.append(read(points.lr, points.loss))
                if repeats is None and enough(readings):
                    break
                if step_mode == "exp":
                    first = rates[0], rates[-1]
                    setting.rates = _rates(*focus(readings[0], *first), num_iter, step_mode)
        self._say_supply(supply, train_loader)
        self.advice = combine(readings)
        self._set_history(smooth_f)
        if log is not None:
            for rate, loss in zip(self.history["lr"], self.history["loss"], strict=True):
                log({"lr": rate, "loss": loss})
        return self

    def suggestion(self) -> float | None:
        """A learning rate, or None; `refused` then says why."""
        return self.advice.suggestion

    def reset(self) -> None:
        """Nothing is left to do: every sweep is undone as soon as it ends."""

    def plot(
        self,
        skip_start: int = 10,
        skip_end: int = 5,
        log_lr: bool = True,
        show_lr: float | None = None,
        ax: Any = None,
        suggest_lr: bool = True,
    ) -> Any:
        """Draws loss over rate with matplotlib.

        Arguments:
            skip_start: points left out at the start.
            skip_end: points left out at the end.
            log_lr: a logarithmic axis.
            show_lr: marks a rate.
            ax: axes to draw on; new ones where None, which are shown.
            suggest_lr: marks the suggestion and the range, and returns `(axes, suggestion)`.

        Returns:
            The axes, or `(axes, suggestion)` where a suggestion was asked for and there is one.

        Raises:
            ImportError: matplotlib is not installed; the text says how to install it.
            ValueError: `skip_start` or `skip_end` below 0.
        """
        advice = self.advice if suggest_lr else Advice()
        return draw(self.history, advice, (skip_start, skip_end), log_lr, show_lr, ax)

    def _start(self, start_lr: float | None) -> float:
        if start_lr is not None:
            return float(start_lr)
        own = float(self.optimizer.param_groups[0].get("lr", START))
        return min(START, own) if own > 0 else START

    def _device(self) -> Any:
        if self.device is not None:
            return torch.device(self.device)
        return device_of(self.model)

    def _autocast(self) -> dict[str, Any] | None:
        if self.amp_config is not None:
            return dict(self.amp_config)
        return {"dtype": torch.float16} if self.grad_scaler is not None and self._on_gpu() else None

    def _on_gpu(self) -> bool:
        found = device_of(self.model)
        return found is not None and found.type == "cuda"

    def _train_mode(self) -> None:
        if not self.model.training:  # else parts that the user froze in eval mode stay so
            self.model.train()

    @contextmanager
    def _kept(self, loader: Any) -> Iterator[Kept]:
        """Within it everything may change; afterwards it is as before, and that was verified."""
        modules = [self.model]
        if isinstance(self.criterion, nn.Module):
            modules.append(self.criterion)
        probe = entry.attached()
        if probe is not None:
            probe.detach()  # these steps are no part of the run
        kept = Kept(modules, self.optimizer, [self.grad_scaler], loader, self._keep_on)
        home = device_of(self.model)
        moved = self.device is not None and home not in (None, torch.device(self.device))
        try:
            if moved:
                self.model.to(self.device)
            yield kept
        finally:
            if moved:
                self.model.to(home)
            kept.restore()
            different = kept.differences()
            self.restored = not different
            if probe is not None:
                probe.attach()
        if different:
            text = f"after the range test is not as it was: {'; '.join(different[:5])}"
            self.notes.append(text)
            warnings.warn(text, NotRestored, stacklevel=3)

    def _say_supply(self, supply: Supply, loader: Any) -> None:
        if supply.passes > 1:
            self.notes.append(f"the loader was gone through {supply.passes} times")
        if is_generator(loader):
            self.notes.append(
                f"{supply.taken} batches were taken from an iterator, which can't be given back"
            )
        if distributed(self.model):
            self.notes.append("losses are means over the ranks")

    def _set_history(self, smooth_f: float) -> None:
        first = self.sweeps[0]
        losses: list[float] = []
        for loss in first.loss:
            smoothed = smooth_f > 0 and losses
            losses.append(smooth_f * loss + (1 - smooth_f) * losses[-1] if smoothed else loss)
        self.history = {"lr": list(first.lr), "loss": losses}
        self.best_loss = min(losses, default=None)


def _check(model: Any, optimizer: Any, criterion: Any) -> None:
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is {type(model).__name__}; expected a torch.nn.Module")
    if not isinstance(optimizer, torch.optim.Optimizer) and not hasattr(optimizer, "param_groups"):
        raise TypeError(
            f"optimizer is {type(optimizer).__name__}; expected a torch.optim.Optimizer: "
            "LRFinder(model, optimizer, criterion, device)"
        )
    if criterion is not None and not callable(criterion):
        raise TypeError(
            f"criterion is {criterion!r:.60}; expected a callable of output and target, such as "
            "nn.CrossEntropyLoss()"
        )


def _rates(start: float, end: float, count: int, mode: str) -> list[float]:
    if mode not in ("exp", "linear"):
        raise ValueError(f"step_mode={mode!r}; expected 'exp' or 'linear'")
    if count <= 1:
        raise ValueError(f"num_iter={count}; expected 2 or more, such as 100")
    if not 0 < start < end:
        raise ValueError(
            f"start_lr={start:g} and end_lr={end:g}; expected 0 < start_lr < end_lr, such as "
            "start_lr=1e-7, end_lr=10"
        )
    shares = [position / (count - 1) for position in range(count)]
    if mode == "linear":
        return [start + share * (end - start) for share in shares]
    return [start * (end / start) ** share for share in shares]


def _logger() -> Any:
    """`log` of the run of this process.

    Raises:
        ValueError: there is no run.
    """
    state: Any = sys.modules.get("backprobe.face.state")  # there once `backprobe.init` was called
    run = getattr(state, "run", None)
    if run is None:
        raise ValueError(
            "logwandb=True, and there is no run to log to; call backprobe.init() first"
        )
    return run.log
