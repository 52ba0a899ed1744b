# SPDX-License-Identifier: Apache-2.0
"""What a loss's first look tells of its numbers, which a device may still hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from backprobe.probe import host as hosts
from backprobe.probe import lossgraph, predictions
from backprobe.probe.targets import MAX_ELEMENTS
from backprobe.probe.transfer import Transfers
from backprobe.records import Loss

MOST_WEIGHTS = 256
"""Weights of more classes are not kept."""
LEVEL_EXACT = 1e-4
"""Difference of two computations of one quantile level."""
LEVELS = 0.05
"""Difference of the outer levels and those in the middle; share of targets that lie between
predictions."""


class FirstLook:
    """Completes entries with facts of the first predictions, targets and weights.

    Arguments:
        entries: the losses, by number; it replaces them.
        touch: called with an entry that is changed.
        transfers: brings a device's numbers to the host.
        event: writes a fact of the record.
        parameter_of: indexes of parameters, by `id`.
    """

    def __init__(
        self,
        entries: list[Loss],
        touch: Callable[[str, Any], None],
        transfers: Transfers,
        event: Callable[..., None],
        parameter_of: Mapping[int, int],
    ) -> None:
        self._entries = entries
        self._touch = touch
        self._transfers = transfers
        self._event = event
        self._parameter_of = parameter_of

    def tell(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes all that there is of a loss, now or when it arrives from a device."""
        self._output(index, reading)
        self._shares(index, reading)
        self._weights(index, reading)
        self._variance(index, reading)
        self._log_shares(index, reading)
        self._levels(index, reading)
        self._target_ends(index, reading)
        self._beside(index, reading)
        self._itself(index, reading)
        self._apart(index, reading)

    def _output(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes the facts of the first predictions, now or when they arrive from a device."""
        sample = predictions.sample_of(reading)
        if sample is None:
            return
        width, logs = sample.shape[1], reading.log_probabilities is not None

        def deliver(values: NDArray[np.float32]) -> None:
            facts = predictions.facts_of(torch.from_numpy(values.reshape(-1, width).copy()), logs)
            told = {**self._entries[index].output, **facts}
            self._entries[index] = replace(self._entries[index], output=told)
            self._touch("losses", self._entries[index])

        if hosts.near(sample):
            facts = predictions.facts_of(sample, logs)
            told = {**self._entries[index].output, **facts}
            self._entries[index] = replace(self._entries[index], output=told)
            self._touch("losses", self._entries[index])
        else:
            self._transfers.send([sample], deliver)

    def _shares(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes what the first rows of `cross_entropy`'s shares of classes add up to."""
        shares = predictions.shares_of(reading)
        if shares is None:
            return

        def deliver(values: NDArray[np.float32]) -> None:
            names = ("share_sum_least", "share_sum_most", "shares_whole")
            told = {name: float(v) for name, v in zip(names, values, strict=True)}
            entry = self._entries[index]
            self._entries[index] = replace(entry, output={**entry.output, **told})
            self._touch("losses", self._entries[index])

        self._transfers.send([shares], deliver)

    def _weights(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes the classes' weights, now or when they arrive from a device."""
        weights = reading.class_weights
        if weights is None or not predictions.plain(weights) or weights.numel() > MOST_WEIGHTS:
            return

        def deliver(values: NDArray[np.float32]) -> None:
            told = tuple(float(value) for value in values)
            entry = self._entries[index]
            weighted = entry.weighted and not _alike(told, reading)
            self._entries[index] = replace(entry, class_weights=told, weighted=weighted)
            self._touch("losses", self._entries[index])

        flat = weights.detach().reshape(-1)
        if hosts.near(flat):
            deliver(hosts.host(flat.float()))
        else:
            self._transfers.send([flat], deliver)

    def _variance(self, index: int, reading: lossgraph.LossReading) -> None:
        """Asks whether what a likelihood was given as its variance differs from row to row."""
        given = reading.extra.get("variance")
        if given is None or not predictions.plain(given):
            return
        flat = given.detach().reshape(-1)[:MAX_ELEMENTS]

        def deliver(values: NDArray[np.float32]) -> None:
            if values[1] > values[0]:
                self._entries[index] = replace(self._entries[index], roles="variance")
                self._touch("losses", self._entries[index])

        self._transfers.send([torch.stack([flat.min(), flat.max()])], deliver)

    def _log_shares(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes how far from 1 the symbols' probabilities add up that a CTC loss was given."""
        given = reading.extra.pop("log_shares", None)
        if given is None or not predictions.plain(given) or not given.numel():
            return

        def deliver(values: NDArray[np.float32]) -> None:
            if np.isfinite(values[0]):
                entry = self._entries[index]
                told = {**entry.output, "log_total": float(values[0])}
                self._entries[index] = replace(entry, output=told)
                self._touch("losses", self._entries[index])

        with torch.no_grad():
            self._transfers.send([lossgraph.distance(given)], deliver)

    def _levels(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes whether what weighs all differences of a row is a level of each target."""
        given, axis = reading.extra.pop("weights_of_all", (None, 0))
        if given is None or not predictions.plain(given):
            return
        made = tuple(given.shape[1:])

        def deliver(values: NDArray[np.float32]) -> None:
            over, among, both, most = (float(v) for v in values)
            if over <= LEVEL_EXACT and among >= LEVELS and both >= LEVELS and most <= 1.0:
                entry = self._entries[index]
                told = {**entry.output, "levels_of": list(made), "levels_axis": 3 - axis}
                self._entries[index] = replace(entry, output=told)
                self._touch("losses", self._entries[index])

        with torch.no_grad():
            self._transfers.send([lossgraph.levels_of_targets(given, axis)], deliver)

    def _target_ends(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes the ends of targets of which only a part is known."""
        given = reading.extra.get("targets_of_first")
        if given is None or not predictions.plain(given):
            return
        flat = given.reshape(-1)[:MAX_ELEMENTS]

        def deliver(values: NDArray[np.float32]) -> None:
            if np.isfinite(values).all():
                told = {"target_least": float(values[0]), "target_most": float(values[1])}
                entry = self._entries[index]
                self._entries[index] = replace(entry, output={**entry.output, **told})
                self._touch("losses", self._entries[index])

        self._transfers.send([torch.stack([flat.min(), flat.max()])], deliver)

    def _beside(self, index: int, reading: lossgraph.LossReading) -> None:
        """Takes between which ends the first targets of further summands lie."""
        for place, told, target in reading.extra.pop("beside", ()):
            if not predictions.plain(target):
                continue
            flat = target.detach().reshape(-1)[:MAX_ELEMENTS].float()

            def deliver(
                values: NDArray[np.float32], place: int = place, told: dict[str, Any] = told
            ) -> None:
                if not np.isfinite(values).all():
                    return
                known = {**told, "target_least": float(values[0]), "target_most": float(values[1])}
                parts = list(self._entries[index].summands)
                parts[place] = {**parts[place], **known}
                self._entries[index] = replace(self._entries[index], summands=tuple(parts))
                self._touch("losses", self._entries[index])

            self._transfers.send([torch.stack([flat.min(), flat.max()])], deliver)

    def _itself(self, index: int, reading: lossgraph.LossReading) -> None:
        """Tells of a comparison with itself, once each row's target is known to be its number."""
        way = reading.extra.get("itself")
        if way is None:
            return
        targets = reading.extra.pop("itself_targets", ())

        def deliver(values: NDArray[np.float32]) -> None:
            if values.all():
                entry = self._entries[index]
                self._entries[index] = replace(entry, output={**entry.output, "itself": way})
                self._touch("losses", self._entries[index])

        if not targets:
            deliver(np.ones(1, np.float32))
            return
        own = [(t == torch.arange(len(t), device=t.device)).all().float() for t in targets]
        self._transfers.send([torch.stack(own)], deliver)

    def _apart(self, index: int, reading: lossgraph.LossReading) -> None:
        """Tells what each summand trains, where one of them shares nothing with the others."""
        terms = reading.extra.pop("apart", ())
        known = self._parameter_of
        for term in terms:
            term["parameters"] = sorted(known[id(p)] for p in term["parameters"] if id(p) in known)
        if terms:
            self._event("summands-apart", loss=index, terms=terms)


def _alike(weights: tuple[float, ...], reading: lossgraph.LossReading) -> bool:
    """Whether weights change nothing: all are 1, or one number that a mean over them divides by."""
    classes = reading.kind in ("cross_entropy", "nll")
    if not weights or reading.extra.get("rows_weighted"):
        return False
    mean = classes and reading.reduction == "mean"
    return all(weight == (weights[0] if mean else 1.0) for weight in weights)
