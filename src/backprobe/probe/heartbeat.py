# SPDX-License-Identifier: Apache-2.0
"""The optimizer's step is the beat: parameters, gradients and updates are read around it.

Where no optimizer steps (a hand-written update, a `step()` that never comes) each backward is the
beat, and in-place changes of the leaves count as updates.
"""

from __future__ import annotations

import math
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import noise, sites
from backprobe.probe.outputs import SIGNALS as OUTPUT_SIGNALS
from backprobe.probe.parameters import SIGNALS, ParameterSet
from backprobe.probe.scaling import shifted, supported, unscaled
from backprobe.probe.state import NAN, State
from backprobe.records import Optimizer

PATIENCE = 32
"""Backward passes without any optimizer step before each of them is taken for a beat: longer than
people accumulate gradients for."""
MAX_NODES = 20_000
_SETTINGS = (int, float, bool, str, type(None))


@dataclass
class _Watched:
    """One optimizer: its tensors, and whether their gradients were cleared since its last step."""

    index: int
    parameters: ParameterSet
    reference: Any
    groups: int
    steps: int = 0
    cleared: bool = True
    measured: bool = False


class Heartbeat:
    """Follows the optimizers' steps.

    Arguments:
        state: shared with the other parts of the probe.
        on_step: called with the number of steps done, after each.
    """

    def __init__(self, state: State, on_step: Callable[[int], None]) -> None:
        self.state = state
        self._on_step = on_step
        self._watched: dict[int, _Watched] = {}
        self.optimizers: list[Optimizer] = []
        self._inside: Any = None
        self._closed_by: int = -1
        self._implicit: ParameterSet | None = None
        self._implicit_open = False
        self._micro: tuple[int, float | Tensor] = (0, 0.0)
        self._beats = 0
        self._fired = 0
        self._accumulates = False
        self._micro_batches = noise.MicroBatches()
        self._settings: dict[int, Any] = {}
        state.recorder.signals = {"parameters": SIGNALS, "outputs": OUTPUT_SIGNALS}

    # --- optimizers -----------------------------------------------------------------------

    def before_step(self, optimizer: Any, *_: Any) -> None:
        """Global optimizer pre-step hook."""
        if self._inside is not None or torch.compiler.is_compiling():
            return
        began = perf_counter()
        self._inside = optimizer
        self.state.guard.run("heartbeat", self._before, optimizer)
        self.state.budget.spent += perf_counter() - began

    def after_step(self, optimizer: Any, *_: Any) -> None:
        """Global optimizer post-step hook."""
        if self._inside is not optimizer:
            return
        self._inside = None
        self._fired += 1
        began = perf_counter()
        self.state.guard.run("heartbeat", self._after, optimizer)
        self.state.budget.spent += perf_counter() - began
        self._on_step(self.state.step)

    def scaler_steps(self, scaler: Any, optimizer: Any, step: Callable[[], Any]) -> Any:
        """Runs a GradScaler's step; one that it skips, because of a gradient, is a beat too."""
        guard = self.state.guard
        if not supported(scaler) or self._inside is not None:
            return step()
        guard.run("scaler", self.state.scaling.stepping, scaler)
        fired = self._fired
        result = step()
        if fired == self._fired and isinstance(optimizer, torch.optim.Optimizer):
            began = perf_counter()
            guard.run("heartbeat", self._skipped, optimizer)
            self.state.budget.spent += perf_counter() - began
            self._on_step(self.state.step)
        return result

    def _skipped(self, optimizer: Any) -> None:
        self.state.scaling.skipped = 1.0
        self._before(optimizer)
        self._after(optimizer)

    @property
    def stepping(self) -> bool:
        """Whether an optimizer's step is running."""
        return self._inside is not None

    def gradients_kept(self) -> None:
        """Before a backward: asks each optimizer that stepped whether its gradients are gone."""
        if not self.state.observing:
            return
        for watched in self._watched.values():
            if watched.steps and not watched.cleared:
                watched.cleared = watched.parameters.checked_none() or watched.parameters.cleared()

    def _before(self, optimizer: Any) -> None:
        state = self.state
        watched = self._watched.get(id(optimizer))
        if (
            watched is None
            or watched.reference() is not optimizer
            or watched.groups != _count(optimizer)
        ):
            watched = self._add(optimizer)
        if self._beats == 0:
            self._take_back()
        state.scaling.given(optimizer)
        watched.measured = state.observing
        if watched.measured:
            watched.parameters.before(state.histograms)
            state.guard.run("settings", self._changed, watched, optimizer)
            if state.occasion:
                state.guard.run("second moment", self._lags, watched, optimizer)
        self._backwards_before = state.backwards

    def _after(self, optimizer: Any) -> None:
        state = self.state
        watched = self._watched[id(optimizer)]
        if watched.measured:
            if state.backwards > self._backwards_before:  # a closure ran the backward
                watched.parameters.gradients(state.histograms)
            watched.parameters.after(state.histograms)
        if state.backwards == 0 and self._beats and self._closed_by != watched.index:
            self._extra(watched)  # a second optimizer for the same backward
        else:
            self._beat(watched, optimizer)
        watched.cleared = False
        watched.steps += 1
        self._closed_by = watched.index

    def _changed(self, watched: _Watched, optimizer: Any) -> None:
        """Tells when a group's settings change: all but the first group's rate, a column."""
        now = [_plain(group) for group in optimizer.param_groups]
        first = now[0].pop("lr", None)
        for group in now[1:]:  # a schedule that moves all groups alike is no change
            if isinstance(first, (int, float)) and first and isinstance(group.get("lr"), float):
                group["lr"] = float(f"{group['lr'] / first:.6g}")
        if self._settings.get(watched.index) != now:
            if watched.index in self._settings:
                groups = [_plain(group) for group in optimizer.param_groups]
                self.state.recorder.event(
                    "optimizer-settings",
                    step=self.state.step,
                    optimizer=watched.index,
                    groups=groups,
                )
            self._settings[watched.index] = now

    def _lags(self, watched: _Watched, optimizer: Any) -> None:
        for index, lag in watched.parameters.lags(optimizer):
            self.state.signal("parameters", "adam_lag", index, lag)

    def _beat(self, watched: _Watched, optimizer: Any) -> None:
        state = self.state
        self._beats += 1
        carried = NAN
        if watched.steps and watched.measured:
            carried = 0.0 if watched.cleared else 1.0
        self.state.guard.run("noise", self._noise)
        self._accumulates = state.backwards > 1 and self._inside is None
        self._close(
            watched.parameters if watched.measured else None,
            rate=float(optimizer.param_groups[0].get("lr", NAN)),
            carried=carried,
            optimizer=watched.index,
        )
        state.begin_step()

    def _extra(self, watched: _Watched) -> None:
        """A further optimizer's part of the step that was just closed."""
        if watched.measured:
            self._store(watched.parameters, self.state.step - 1)
        self.state.scaling.begin_step()

    def _close(
        self, parameters: ParameterSet | None, rate: float, carried: float, optimizer: int
    ) -> None:
        """Writes the step: its tensors' values, its outputs, its row."""
        state = self.state
        row = {
            "step": float(state.step),
            "time": time.time(),
            "seconds": perf_counter() - state.step_began,
            "loss_index": float(state.loss_index),
            "backwards": float(state.backwards),
            "lr": rate,
            "clip_limit": state.clip_limit,
            "samples": state.samples,
            "carried": carried,
            "optimizer": float(optimizer),
            "training": state.training,
            "observed": float(state.observing),
        }
        squares: list[float] = []
        if parameters is not None:
            self._store(parameters, state.step, squares)
        if state.observing:
            self._outputs()
        count = state.backwards
        measured = {
            "loss": state.loss_sum,
            "clip_norm": state.clip_norm,
            "clip_share": state.clip_share,
            "scale": state.scaling.scale,
            "skipped": state.scaling.skipped,
        }
        late = {name: value for name, value in measured.items() if isinstance(value, Tensor)}
        row |= {name: value for name, value in measured.items() if not isinstance(value, Tensor)}
        if not isinstance(state.loss_sum, Tensor):
            row["loss"] = state.loss_sum / count if count else NAN

        def finish(values: Any = ()) -> None:
            for name, value in zip(late, values, strict=True):
                row[name] = float(value) / count if name == "loss" else float(value)
            row["grad_norm"] = math.sqrt(sum(squares)) if squares else NAN
            state.recorder.steps.append(row)
            if not math.isfinite(row["loss"]) and count:
                state.budget.anomaly()

        if late:
            state.transfers.send(list(late.values()), finish)
        else:
            state.transfers.after(finish)
        state.transfers.poll()

    def _store(
        self, parameters: ParameterSet, step: int, squares: list[float] | None = None
    ) -> None:
        """Keeps one step's values; adds the sums of squared gradients to `squares`."""
        recorder = self.state.recorder
        pending = self.state.scaling.unscaling(self.state.transfers)

        def store(where: NDArray[np.int32], values: NDArray[np.float32], sums: float) -> None:
            if (scale := pending()) != 1.0:
                values = unscaled(values, scale)
                sums = sums if sums == -1.0 else sums / (scale * scale)
            recorder.matrices["parameters"].append((step, parameters.index[where], values))
            if sums != sums:
                self.state.budget.anomaly()
            if squares is not None and sums != -1.0:
                squares.append(sums)

        def binned(where: NDArray[np.int32], counts: NDArray[Any]) -> None:
            gradients = shifted(counts[:, 0], pending())
            for quantity in range(3):
                recorder.add_histograms(
                    step,
                    quantity,
                    parameters.index[where],
                    counts[:, quantity] if quantity else gradients,
                )

        parameters.store(self.state.transfers, store, binned if self.state.histograms else None)

    def _outputs(self) -> None:
        state = self.state
        step = state.step
        outputs = state.recorder.matrices["outputs"]
        state.outputs.take(
            state.transfers,
            lambda index, values: outputs.append((step, index, values)),
            (lambda index, counts: state.recorder.add_histograms(step, 3, index, counts))
            if state.histograms
            else None,
        )

    def _add(self, optimizer: Any) -> _Watched:
        structure = self.state.structure
        known = self._watched.get(id(optimizer))
        same = known is not None and known.reference() is optimizer
        index = known.index if known is not None and same else len(self.optimizers)
        tensors: list[Tensor] = []
        numbers: list[int] = []
        for group_number, group in enumerate(optimizer.param_groups):
            for position, tensor in enumerate(group["params"]):
                number = structure.parameter_of.get(id(tensor))
                if number is None:
                    number = structure.add_parameter(tensor, f"group{group_number}.{position}")
                tensors.append(tensor)
                numbers.append(number)
                entry = structure.parameters[number]
                structure.put(replace(entry, optimizer=index, group=group_number))
        entry_of = Optimizer(
            index=index,
            type=type(optimizer).__name__,
            source=sites.source(sites.made(optimizer)),
            step_source=sites.source(sites.here()),
            groups=tuple(_plain(group) for group in optimizer.param_groups),
        )
        if index == len(self.optimizers):
            self.optimizers.append(entry_of)
        structure.touch("optimizers", entry_of)
        watched = _Watched(
            index, ParameterSet(tensors, numbers), weakref.ref(optimizer), _count(optimizer)
        )
        self._watched[id(optimizer)] = watched
        return watched

    # --- no optimizer ---------------------------------------------------------------------

    def before_backward(self, loss: Tensor, frame: FrameType) -> None:
        """Closes the beat of the backward before, as long as no optimizer has ever stepped."""
        self.gradients_kept()
        if self._watched or self._inside is not None:
            return
        if self._implicit_open:
            self._close_implicit()
        if self._implicit is None:
            self._implicit = self._leaves(loss, frame)

    def after_backward(self) -> None:
        """Reads gradients right after a backward: of a micro-batch, or where nothing ever steps."""
        if self._watched:
            if self._accumulates and self.state.observing and self._inside is None:
                self.state.guard.run("noise", self._micro_batch)
            return
        if self._inside is not None or self._implicit is None:
            return
        if self.state.observing:
            self._implicit.before(self.state.histograms)
        self._implicit_open = True

    def _micro_batch(self) -> None:
        if len(self._watched) != 1:  # of several optimizers' losses none is a micro-batch
            return
        watched = next(iter(self._watched.values()))
        sample = watched.parameters.sampled_gradients(noise.TENSORS)
        if sample is not None:
            self._micro_batches.add(sample)

    def _noise(self) -> None:
        found = self._micro_batches.result()
        if found is None:
            return
        step, (count, squares) = self.state.step, found

        def deliver(values: NDArray[np.float32]) -> None:
            self.state.recorder.tables["noise"].append(
                {"step": step, "micro": count, "small": float(values[0]), "big": float(values[1])}
            )

        self.state.transfers.send([squares], deliver)

    def finish(self) -> None:
        """Closes the last beat, and lets go what waited for an optimizer that never came."""
        if self._implicit_open:
            self._close_implicit()
        self.state.transfers.wait()
        self.state.recorder.held = False

    def _take_back(self) -> None:
        """The first optimizer step: the beats before it were micro-batches of this step."""
        state = self.state
        if self._implicit_open:
            self._implicit_open = False
        if self._micro[0]:
            state.transfers.wait()
            state.recorder.forget()
            state.step = 0
            state.backwards += self._micro[0]
            state.loss_sum += self._micro[1]
        self._implicit = None
        state.recorder.held = False

    def _close_implicit(self) -> None:
        state, parameters = self.state, self._implicit
        self._implicit_open = False
        if parameters is None:
            return
        if state.observing:
            parameters.after(state.histograms)
        self._close(parameters if state.observing else None, rate=NAN, carried=NAN, optimizer=-1)
        self._micro = (self._micro[0] + state.backwards, self._micro[1] + state.loss_sum)
        state.begin_step()
        if state.step >= PATIENCE:
            state.recorder.held = False

    def _leaves(self, loss: Tensor, frame: FrameType) -> ParameterSet | None:
        structure = self.state.structure
        found: dict[int, Tensor] = {}
        for reference in structure.roots.values():
            root = reference()
            if root is not None:
                found.update((id(p), p) for p in root.parameters() if p.requires_grad)
        names = {id(v): k for k, v in frame.f_globals.items() if isinstance(v, Tensor)}
        names |= {id(v): k for k, v in frame.f_locals.items() if isinstance(v, Tensor)}
        for tensor in leaves_of(loss):
            found.setdefault(id(tensor), tensor)
        for key, tensor in found.items():
            if key not in structure.parameter_of:
                name = names.get(key, f"tensor{len(structure.parameters)}")
                structure.add_parameter(tensor, name)
        if not found:
            return None
        return ParameterSet(list(found.values()), [structure.parameter_of[k] for k in found])


def leaves_of(loss: Tensor) -> list[Tensor]:
    """The leaf tensors that a loss's gradient reaches, from a walk of its whole graph."""
    seen: set[Any] = set()
    pending = [loss.grad_fn]
    found: list[Tensor] = []
    while pending and len(seen) < MAX_NODES:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if variable is not None:
            found.append(variable)
        pending += [child for child, _ in node.next_functions]
    return found


def _count(optimizer: Any) -> int:
    return sum(len(group["params"]) for group in optimizer.param_groups)


def _plain(group: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in group.items():
        if name == "params":
            continue
        if isinstance(value, Tensor) and value.numel() == 1:
            value = float(value)
        if isinstance(value, _SETTINGS):
            found[name] = value
        elif isinstance(value, (tuple, list)) and all(isinstance(v, _SETTINGS) for v in value):
            found[name] = list(value)
    return found
