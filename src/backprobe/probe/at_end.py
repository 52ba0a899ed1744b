# SPDX-License-Identifier: Apache-2.0
"""What is only known of the networks when the training has ended."""

from __future__ import annotations

from backprobe.probe import frozen
from backprobe.probe.lone import Lone
from backprobe.probe.optimizers import Optimizers
from backprobe.probe.state import State
from backprobe.probe.unheld import Unheld


def tell(state: State, optimizers: Optimizers, unheld: Unheld, lone: Lone) -> None:
    """Writes it down.

    Arguments:
        state: of the probe.
        optimizers: that have stepped.
        unheld: what followed parts that no optimizer holds.
        lone: what followed tensors of no module.
    """
    event, run, structure = state.recorder.event, state.guard.run, state.structure
    watched = list(optimizers.watched.values())
    found = run("frozen", frozen.since_start, structure, watched)
    if frozen_later := sorted({*optimizers.frozen, *(found or ())}):
        event("frozen-later", parameters=frozen_later)
    if found := run("unheld", unheld.found, structure, state.step):
        event("unheld-parameters", parts=found)
    if found := run("unheld", unheld.networks, structure, state.step):
        event("unheld-networks", networks=found)
    numbers = {int(index) for each in watched for index in each.parameters.index}
    numbers |= optimizers.held
    if found := run("lone parameters", lone.unmoved, structure, numbers):
        event("lone-parameters", parameters=found, held=lone.held_by(found))
    run("shares", state.shares.finish)
    run("mixtures", state.mixtures.finish)
    run("mirrors", state.mirrors.finish)
    run("judged", state.judged.finish)
