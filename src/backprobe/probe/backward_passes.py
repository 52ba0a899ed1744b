# SPDX-License-Identifier: Apache-2.0
"""What is asked of gradients before and after a backward pass: kept, dropped, summed up."""

from __future__ import annotations

from types import FrameType

from torch import Tensor

from backprobe.probe.closures import Closures
from backprobe.probe.dropped import Dropped
from backprobe.probe.noise import SmallBatches
from backprobe.probe.optimizers import Optimizers
from backprobe.probe.state import State
from backprobe.probe.unstepped import Unstepped
from backprobe.probe.watched import Beats


class BackwardPasses:
    """Asks around each backward pass what the optimizers' steps can't tell.

    Arguments:
        state: shared with the other parts of the probe.
        optimizers: that have stepped.
        beats: which steps have been taken.
        unstepped: follows passes as long as there was no step.
    """

    def __init__(
        self, state: State, optimizers: Optimizers, beats: Beats, unstepped: Unstepped
    ) -> None:
        self.state = state
        self._optimizers = optimizers
        self._beats = beats
        self._unstepped = unstepped
        self._small = SmallBatches()
        self._dropped = Dropped(state.recorder.event)
        self._closures = Closures(state.recorder.event)

    @property
    def listening(self) -> bool:
        """Whether the gradient of one small batch is being measured."""
        return self._small.listening

    def before(self, loss: Tensor, frame: FrameType) -> None:
        """Before each pass.

        Arguments:
            loss: that it begins at.
            frame: that calls it.
        """
        self._kept()
        state, beats, only = self.state, self._beats, self._optimizers.only
        again = state.backwards and beats.inside is None  # not a closure's own passes
        if again and only is not None and not self._dropped.done:
            run = self._dropped.before_backward
            state.guard.run("dropped gradients", run, loss, only.parameters)
        inside = beats.inside is not None and state.backwards > beats.backwards_before
        if inside and only is not None and not self._closures.done:
            state.guard.run("closures", self._closures.before_backward, only.parameters)
        if not state.stepped and beats.inside is None:
            self._unstepped.before_backward(loss, frame)
        elif only is not None and self._sums_up() and (only.cleared or state.backwards):
            tensors = only.parameters.parameters  # to no older gradient is this one added
            state.guard.run("noise", self._small.before, state.step, tensors, loss)

    def as_usual(self) -> bool:
        """What `before` does, where nothing is to follow the pass; whether it was."""
        only = self._optimizers.only
        if only is None or self._beats.accumulates or self._beats.inside is not None:
            return False
        if self.state.structure.replicas > 1 or self._small.listening:
            return False
        if only.steps and not only.cleared:
            only.cleared = only.parameters.checked_none() or only.parameters.cleared()
        return True

    def after(self) -> None:
        """After each pass: of a micro-batch, or where no optimizer has ever stepped."""
        if self._beats.inside is not None:
            return
        if not self.state.stepped:
            self._unstepped.after_backward()
        elif self._small.listening:
            self.state.guard.run("noise", self._small.after)

    def tell(self) -> None:
        """At the end of a step: what its passes told."""
        state, beats = self.state, self._beats
        if beats.accumulates or state.structure.replicas > 1 or self._small.listening:
            state.guard.run("noise", self._small.tell, state)
        beats.accumulates = state.backwards > 1 and beats.inside is None
        if not self._dropped.done:
            self._dropped.closed(state.backwards)

    def _kept(self) -> None:
        """Asks each optimizer that stepped whether its gradients are gone."""
        if self.state.observing:
            only = self._optimizers.only
            for watched in list(self._optimizers.watched.values()):
                if not watched.asked and only is None:
                    watched.unsure = self.state.step != watched.since
                watched.asked = True
                if watched.steps and not watched.cleared:
                    parameters = watched.parameters
                    watched.cleared = parameters.checked_none() or parameters.cleared()

    def _sums_up(self) -> bool:
        """Whether a step's gradient is a mean of several batches', and worth a look now.

        Of several optimizers' losses none is a micro-batch.
        """
        return (
            (self._beats.accumulates or self.state.structure.replicas > 1)
            and self.state.observing
            and not self.state.light
            and self._beats.inside is None
        )
