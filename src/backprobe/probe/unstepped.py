# SPDX-License-Identifier: Apache-2.0
"""Training without an optimizer's step: each backward is the beat.

A hand-written update and a `step()` that never comes are both seen so; in-place changes of the
leaves count as updates. Until it is known that no optimizer comes, these steps are held back: they
may be the micro-batches of one step.
"""

from __future__ import annotations

from types import FrameType

from torch import Tensor

from backprobe.probe import sites
from backprobe.probe.beat import Beat
from backprobe.probe.host import freed
from backprobe.probe.lone import Lone
from backprobe.probe.lossgraph.nodes import leaves_of
from backprobe.probe.parameters import ParameterSet
from backprobe.probe.state import NAN, State

PATIENCE = 32
"""Backward passes without any optimizer step before each of them is taken for a beat: longer than
people accumulate gradients for."""


class Unstepped:
    """Follows backward passes as long as no optimizer has ever stepped.

    Arguments:
        state: shared with the other parts of the probe.
        beat: what closes a step.

    `lone`: such parameters of no module, see there.
    """

    def __init__(self, state: State, beat: Beat) -> None:
        self.state = state
        self._beat = beat
        self._parameters: ParameterSet | None = None
        self._open = False
        self._micro: tuple[int, float | Tensor] = (0, 0.0)
        self.lone = Lone()

    def before_backward(self, loss: Tensor, frame: FrameType) -> None:
        """Closes the beat of the backward before."""
        if self._open:
            self._close()
        if self._parameters is None:
            self._parameters = self._leaves(loss, frame)

    def after_backward(self) -> None:
        """Reads gradients right after a backward."""
        if self._parameters is None:
            return
        if self.state.observing:
            self.state.guard.run("parameters", self._parameters.before, self.state.histograms)
        self._open = True

    def finish(self) -> None:
        """Closes the last beat, and lets go what waited for an optimizer that never came."""
        if self._open:
            self._close()

    def take_back(self) -> None:
        """The first optimizer step: the beats before it were micro-batches of this step."""
        state = self.state
        self._open = False
        if self._micro[0]:
            state.transfers.wait()
            state.recorder.forget()
            state.step = 0
            state.backwards += self._micro[0]
            state.loss_sum += self._micro[1]
        self._parameters = None
        state.recorder.held = False

    def _close(self) -> None:
        state, parameters = self.state, self._parameters
        self._open = False
        if parameters is None:
            return
        if state.observing:
            state.guard.run("parameters", parameters.after, state.histograms)
        measured = parameters if state.observing and state.guard.works("parameters") else None
        self._beat.close(measured, rate=NAN, carried=NAN, optimizer=-1)
        self._micro = (self._micro[0] + state.backwards, self._micro[1] + state.loss_sum)
        began = state.samples, state.training  # the next backward's forward has run already
        state.begin_step()
        state.samples, state.training = began
        if state.step >= PATIENCE:
            state.recorder.held = False

    def _leaves(self, loss: Tensor, frame: FrameType) -> ParameterSet | None:
        structure = self.state.structure
        found: dict[int, Tensor] = {}
        for reference in structure.roots.values():
            root = reference()
            if root is not None:
                found.update((id(p), p) for p in root.parameters() if p.requires_grad)
        # Sharded parameters are gathered into other tensors for a while, whose memory goes when the
        # backward has run: those are none of ours, though modules may hold them now.
        if any(parameter.local >= 0 for parameter in structure.parameters):
            found = {key: p for key, p in found.items() if hasattr(p, "_local_tensor")}
        else:
            for tensor in leaves_of([loss]):
                if not freed(tensor):
                    found.setdefault(id(tensor), tensor)
        names: dict[int, str] = {}
        if any(key not in structure.parameter_of for key in found):
            names = {id(v): k for k, v in frame.f_globals.items() if isinstance(v, Tensor)}
            names |= {id(v): k for k, v in sites.locals_of(frame).items() if isinstance(v, Tensor)}
        for key, tensor in found.items():
            if key not in structure.parameter_of:
                name = names.get(key, f"tensor{len(structure.parameters)}")
                structure.add_parameter(tensor, name)
        if not found:
            return None
        self.state.guard.run("lone parameters", self.lone.keep, structure, found)
        return ParameterSet(list(found.values()), [structure.parameter_of[k] for k in found])
