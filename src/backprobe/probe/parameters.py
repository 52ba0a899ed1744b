# SPDX-License-Identifier: Apache-2.0
"""Statistics of one optimizer's parameters, gradients and updates, around its step.

Extremes, RMS and non-finite counts are over every element. The update and the successive-gradient
cosine come from up to 512 fixed random coordinates a tensor (relative error about
1/sqrt(2 * 512) = 3 %), so that no copy of the model is kept; histograms count the same sample.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from backprobe.probe.blocks import Block, Pattern
from backprobe.probe.coordinates import Coordinates
from backprobe.probe.host import freed
from backprobe.probe.kernels import calls, native
from backprobe.probe.occasional import adam_state, second_moment_lag
from backprobe.probe.parameters_late import SIGNALS, Binned, LateParameters, Store, elements, local
from backprobe.probe.transfer import Transfers
from backprobe.probe.turns import Turns

DTYPES = {torch.float32: 0, torch.float64: 1, torch.bfloat16: 2, torch.float16: 3}
PAIRS = DTYPES | {torch.complex64: 0, torch.complex128: 1}
"""The same with complex numbers, which lie as pairs of real ones and are read as such."""
QUICK = 1 << 20
"""Elements that are read in so little time that the interpreter's lock is kept meanwhile."""
CHECKED = 8
"""Tensors of an optimizer that are asked whether their gradients were cleared."""


class ParameterSet:
    """The tensors of one optimizer, measured before and after each of its observed steps.

    Arguments:
        parameters: the tensors, in the order of their indexes.
        indexes: their numbers in the record.

    `reading` does in compiled code what can be done so, None where nothing can.
    """

    def __init__(self, parameters: Sequence[Tensor], indexes: Sequence[int]) -> None:
        self.parameters = list(parameters)
        self.index = np.asarray(indexes, np.int32)
        self.block: Block | None = None
        self._turns = Turns()
        two = np.array([0, 1], np.uint8)
        count = len(self.index)
        self._pattern = Pattern(  # as `bp_before` and `bp_after` write them
            np.concatenate([np.tile(two, count), np.full(count, 2, np.uint8)]),
            np.concatenate([np.repeat(self.index, 2), self.index]),
        )
        self._begin()

    @property
    def pattern(self) -> Pattern:
        """Of the histograms of a step."""
        return self._pattern

    def _begin(self) -> None:
        """Makes room for what the tensors are now."""
        held = [elements(getattr(p, "_local_tensor", p)) for p in self.parameters]
        self.sizes = np.array(held, np.float64)
        count = len(self.parameters)
        self._coordinates = Coordinates(held)
        self.squares = -1.0
        self._pointers: list[int] = []
        self._grad_pointers: list[int] = []
        self._everything = np.arange(count, dtype=np.int32)
        self._checked = list(range(0, count, max(1, count // CHECKED)))[:CHECKED]
        self.reading: calls.Reading | None = None
        self._library = native.quick() if sum(held) <= QUICK else native.library()
        self._fast = self._library is not None and all(_simple(p) for p in self.parameters)
        self.close()
        if self._fast:
            self._prepare()
        else:
            self._late = LateParameters(self.parameters, self.sizes, self._coordinates)

    def close(self) -> None:
        """Ends the rows: no step comes any more."""
        if self.block is not None:
            self.block.closed = True
            self.block = None

    def before(self, histograms: bool) -> None:
        """Reads gradients and weights; call it when the optimizer is about to step."""
        if self.reading is not None and self.read_at_once(histograms, False):
            return
        if not self._readable():
            self._late.before(histograms)
            return
        if self.block is None or self.block.full:
            self._open()
        self._read(histograms, False)

    def gradients(self, histograms: bool) -> None:
        """Reads gradients only: of an optimizer whose closure ran the backward within its step."""
        if not self._fast:
            self._late.gradients(histograms)
        elif self.read_at_once(histograms, True):
            return
        elif self._located():
            self._read(histograms, True)

    def read_at_once(self, histograms: bool, again: bool) -> bool:
        """Whether compiled calls could read everything: nothing is other than it was."""
        reading, block = self.reading, self.block
        if reading is None or block is None or block.full:
            return False
        squares = reading.read(block.at, block.sink_at if histograms else 0, again)
        if squares is None:
            self._pointers, self._grad_pointers = [], []  # what is in the arrays is not these
            return False
        self.squares = squares
        return True

    def _read(self, histograms: bool, again: bool) -> None:
        block = self.block
        if block is None or block.full:  # the kernel must not write behind its end
            return
        pointers = self._gradient_pointers()
        if pointers != self._grad_pointers:  # often the memory that the step before gave back
            self._grad_pointers = pointers
            self._grads[:] = pointers
        self.squares = self._bp_before(
            self._specs,
            self._weights_at,
            self._grads_at,
            len(self.parameters),
            block.at,
            block.sink_at if histograms else None,
            again,
        )
        if self._held:
            self._held.clear()

    def after(self, histograms: bool) -> None:
        """Reads what the step did to the sampled coordinates."""
        if not self._fast:
            self._late.after(histograms)
            return
        block = self.block
        if block is None or block.full:
            return
        if self.reading is not None:
            if self.reading.changed(block.at, block.sink_at if histograms else 0):
                return
            self._pointers = []
        # A step that gave the weights another size or type leaves no update to read.
        weights = self._weights_at if self._located() else self._nothing_at
        self._bp_after(
            self._specs,
            weights,
            len(self.parameters),
            block.at,
            block.sink_at if histograms else None,
        )

    def commit(self, step: int, histograms: bool, blocks: deque[Block]) -> None:
        """Completes the row of a step that the compiled kernel measured.

        Arguments:
            step: its number.
            histograms: whether it was measured with them.
            blocks: where a block is announced to the flush thread.
        """
        block = self.block
        if block is None or block.full:
            return
        if not block.steps:
            blocks.append(block)
        block.commit(step, self._pattern if histograms else None)

    def lags(self, optimizer: Any) -> Iterator[tuple[int, Tensor]]:
        """Index and second-moment lag of tensors of an Adam-like optimizer, which take turns."""
        self._turns.begin(len(self.parameters))
        groups = [group for group in optimizer.param_groups for _ in group["params"]]
        for k, (parameter, group) in enumerate(zip(self.parameters, groups, strict=True)):
            if parameter.grad is None or not self._turns.has(k):
                continue
            began = perf_counter()
            gradient = local(parameter.grad)
            found = adam_state(optimizer, group, parameter)
            if gradient is not None and found is not None:
                moment, step, beta = local(found[0]), *found[1:]
                if moment is not None and moment.numel() == gradient.numel():
                    sample = self._coordinates.take(gradient, k)
                    lag = second_moment_lag(sample, self._coordinates.take(moment, k), step, beta)
                    yield int(self.index[k]), lag
            self._turns.took(perf_counter() - began)

    def cleared(self) -> bool:
        """Whether most of the checked gradients are gone or zero."""
        if self._fast and self._readable():
            pointers = self._gradient_pointers()
            chosen = np.array([pointers[k] for k in self._checked], np.int64)
            count: int = self._library.bp_nonzero(  # type: ignore[union-attr]
                self._specs, chosen.ctypes.data, self._checked_at, len(chosen)
            )
            self._held.clear()
            return count * 2 < len(chosen)
        kept = 0
        for k in self._checked:
            gradient = self.parameters[k].grad
            held = None if gradient is None else local(gradient)
            if held is not None and held.numel():
                kept += bool(torch.count_nonzero(self._coordinates.take(held, k)))
        return kept * 2 < len(self._checked)

    def checked_none(self) -> bool:
        """Whether all checked gradients are None: the cheap answer to `cleared`."""
        if self.reading is not None:
            return self.reading.gone()
        parameters = self.parameters
        return all(parameters[k].grad is None for k in self._checked)

    def _readable(self) -> bool:
        """Whether the kernel can read the tensors; begins anew where they changed."""
        if not self._fast:
            return False
        if not self._located():
            self._begin()
            if self._fast:
                self._located()
        return self._fast

    def _located(self) -> bool:
        """Finds the weights' memory again; whether it has the size and type that it had.

        Assigning `p.data` (pruning, `half()`, `cuda()`) moves it; reading on with the old size
        would read memory of someone else. Memory that has not moved can't have shrunk.
        """
        pointers = [p.data_ptr() for p in self.parameters]
        if pointers == self._pointers:
            return True
        self._weights[:] = pointers
        same = all(
            spec.n == elements(p) and spec.weight_dtype == PAIRS.get(p.dtype) and _simple(p)
            for spec, p in zip(self._spec_array, self.parameters, strict=True)
        )
        if same:
            self._pointers = pointers
        return same

    def _prepare(self) -> None:
        count = len(self.parameters)
        coordinates = self._coordinates.of
        sizes = [len(where) for where in coordinates]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self._sampled = (np.concatenate(coordinates) if sizes else np.zeros(0, np.uint32)).astype(
            np.uint32
        )
        self._weight_samples = np.zeros(int(starts[-1]), np.float32)
        self._grad_samples = np.zeros(int(starts[-1]), np.float32)
        self._pointers = []
        self._grad_pointers = []
        self._weights: Any = (ctypes.c_int64 * count)()
        self._grads: Any = (ctypes.c_int64 * count)()
        self._nothing = (ctypes.c_int64 * count)()
        self._weights_at = ctypes.addressof(self._weights)
        self._grads_at = ctypes.addressof(self._grads)
        self._nothing_at = ctypes.addressof(self._nothing)
        self._bp_before = self._library.bp_before  # type: ignore[union-attr]
        self._bp_after = self._library.bp_after  # type: ignore[union-attr]
        self._held: list[Tensor] = []
        self._checked_array = np.array(self._checked, np.int32)
        self._checked_at = self._checked_array.ctypes.data
        specs = (native.Tensor * count)()
        for k, parameter in enumerate(self.parameters):
            spec, start = specs[k], int(starts[k])
            spec.n = elements(parameter)
            spec.weight_dtype = spec.grad_dtype = PAIRS[parameter.dtype]
            spec.samples, spec.fresh = sizes[k], 1
            if sizes[k] < spec.n:
                spec.where = self._sampled.ctypes.data + 4 * start
            spec.weight_sample = self._weight_samples.ctypes.data + 4 * start
            spec.grad_sample = self._grad_samples.ctypes.data + 4 * start
        self._spec_array = specs
        self._specs = ctypes.addressof(specs)
        if any(parameter.is_complex() for parameter in self.parameters):
            return  # what the compiled calls are given is not what they would count
        self.reading = calls.reading(
            self.parameters,
            specs,
            self._weights,
            self._grads,
            self._checked_array,
            self._library is native.quick(),
        )

    def _open(self) -> None:
        self.close()
        self.block = Block("parameters", self.index, len(SIGNALS), 3 * len(self.index))

    def _gradient_pointers(self) -> list[int]:
        pointers: list[int] = []
        add = pointers.append
        try:
            for parameter in self.parameters:
                gradient = parameter.grad
                if gradient is None:
                    add(0)
                elif gradient.is_contiguous() and not gradient.is_conj():
                    add(gradient.data_ptr())
                else:
                    return self._odd_pointers()
        except RuntimeError:  # a sparse gradient has neither
            return self._odd_pointers()
        return pointers

    def _odd_pointers(self) -> list[int]:
        """The same where a gradient is sparse or strided: of a dense copy, held meanwhile."""
        pointers = []
        for parameter in self.parameters:
            gradient = parameter.grad
            if gradient is not None and not (
                gradient.layout == torch.strided
                and gradient.is_contiguous()
                and not gradient.is_conj()
            ):
                gradient = gradient.to_dense() if gradient.layout != torch.strided else gradient
                gradient = gradient.to(parameter.dtype).resolve_conj().contiguous()
                self._held.append(gradient)
            pointers.append(0 if gradient is None else gradient.data_ptr())
        return pointers

    @property
    def at_once(self) -> bool:
        """Whether the compiled kernel measured: the row can be committed as it is."""
        return self._fast

    def store(self, transfers: Transfers, store: Store, binned: Binned | None) -> None:
        """Hands on the values of the step that was measured.

        Arguments:
            transfers: brings results of a device to the host.
            store: called with positions [k] in this set, values [k, 13], and the sum of their
                squared gradients (NaN: one is not finite; -1: there was no gradient).
            binned: called with positions [k] and counts [k, 3, 135], None where none are wanted.
        """
        block = self.block
        if self._fast and block is not None:
            store(self._everything, block.row.copy(), self.squares)
            if binned is not None:
                counts = block.waiting()
                pairs = counts[: 2 * len(self.index)].reshape(-1, 2, native.BINS)
                updates = counts[2 * len(self.index) :].reshape(-1, 1, native.BINS)
                binned(self._everything, np.concatenate([pairs, updates], axis=1))
            return
        self._late.store(transfers, store, binned)


def _simple(parameter: Tensor) -> bool:
    return (
        parameter.device.type == "cpu"
        and parameter.layout == torch.strided
        and parameter.dtype in PAIRS
        and parameter.is_contiguous()
        and type(parameter.data) is Tensor
        and getattr(parameter, "grad_dtype", None) in (None, parameter.dtype)
        and not freed(parameter)
    )
