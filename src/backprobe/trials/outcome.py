# SPDX-License-Identifier: Apache-2.0
"""What a trial is judged by, read from its record and from what it printed.

In this order: a metric logged in evaluation; a `name=value` that the script prints last; loss and
accuracy that the probe computed on batches of evaluation phases; loss on served batches that were
kept out of training. A loss of training alone is never an outcome.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from backprobe.records import Record
from backprobe.signals import metric_names as metrics
from backprobe.signals.printed import named_numbers
from backprobe.trials.nouns import SOURCES, Outcome, Trial

CHANGES_LOSS = ("swap-loss", "drop-output-activation", "class-weights", "align-shapes")
"""Treatments under which a loss is not the same quantity as without."""
UNSPECIFIC = frozenset({"loss", "cost"})
"""Names of objectives that do not say which; the last batch of training is summed up so, too."""
CHANGES_UNITS = ("standardize-targets",)
"""Treatments under which the probe sees outputs in other units than the script does."""


def read(record: Record, printed: str) -> dict[Outcome, float]:
    """Every outcome of a trial, with its value.

    Arguments:
        record: what the probe wrote.
        printed: what the script wrote to its standard output and error.
    """
    return {**_logged(record), **_printed(printed), **_evaluated(record), **_held_out(record)}


def choose(controls: Iterable[Trial], treatments: tuple[str, ...] = ()) -> Outcome | None:
    """The outcome that all controls have and that these treatments leave comparable."""
    found = [set(trial.values) for trial in controls]
    if not found:
        return None
    shared = [one for one in set.intersection(*found) if comparable(one, treatments)]
    order = {source: rank for rank, source in enumerate(SOURCES)}
    first = next(iter(controls)).values
    position = {one: place for place, one in enumerate(first)}
    shared.sort(key=lambda one: (one.higher is None, order[one.source], position[one]))
    return shared[0] if shared else None


def comparable(outcome: Outcome, treatments: tuple[str, ...]) -> bool:
    """Whether an outcome is the same quantity under the treatments as without them."""
    names = {text.partition("=")[0] for text in treatments}
    if outcome.loss and names & set(CHANGES_LOSS):
        return False
    return outcome.source in ("logged", "printed") or not names & set(CHANGES_UNITS)


def _logged(record: Record) -> dict[Outcome, float]:
    found = {}
    for key, (_, values) in record.history.items():
        if not metrics.evaluates(key) or metrics.trains(key):
            continue
        numbers = np.asarray(values, np.float64)
        if numbers.size:
            found[_outcome("logged", key)] = float(numbers[-1])
    return dict(sorted(found.items(), key=lambda item: (item[0].higher is None, item[0].loss)))


def _outcome(source: str, name: str) -> Outcome:
    loss = metrics.metric(name) in metrics.OBJECTIVES
    return Outcome(source, name, metrics.higher_is_better(name), loss)  # type: ignore[arg-type]


def _printed(text: str) -> dict[Outcome, float]:
    """Named numbers, the last line's first; each name with its last value."""
    found: dict[Outcome, tuple[int, float]] = {}
    lines = [line.split("\r")[-1] for line in text.rstrip("\n\r").split("\n")]
    last = max((n for n, line in enumerate(lines) if named_numbers(line)), default=-1)
    for number, line in enumerate(lines):
        sums_up = "final" in metrics.words(line) and not metrics.trains(line)
        line_evaluates = metrics.evaluates(line) or sums_up
        for segment, name, value in named_numbers(line):
            if metrics.trains(segment):
                continue
            word = metrics.metric(segment) or name
            marked = metrics.evaluates(segment) or (
                metrics.evaluates(line) and not metrics.trains(line)
            )
            # The last line's `loss` may be of training; one that is called by its kind, and
            # comes with the summing-up, is what the script is judged by: `FINAL nll=1.2`.
            named = sums_up and word not in UNSPECIFIC
            if word in metrics.OBJECTIVES and not (marked or named):
                continue
            if not (marked or line_evaluates or number == last):
                continue
            known = metrics.metric(segment)
            label = known or name
            if metrics.evaluates(segment):
                marks = [w for w in metrics.words(segment) if w in metrics.EVALUATION]
                label = f"{marks[-1]} {label}"
            found[_outcome("printed", label)] = number, value
    ordered = sorted(
        found.items(), key=lambda item: (item[0].higher is None, item[0].loss, -item[1][0])
    )
    return {outcome: value for outcome, (_, value) in ordered}


def _evaluated(record: Record) -> dict[Outcome, float]:
    found = {}
    for name in ("accuracy", "loss"):
        values = record.evaluations.numbers(name)
        if values.size and not math.isnan(values[-1]):
            found[_outcome("evaluation", name)] = float(values[-1])
    return found


def _held_out(record: Record) -> dict[Outcome, float]:
    events = record.named("held-out")
    if not events:
        return {}
    value = events[-1].data.get("loss")
    return {_outcome("held-out", "loss"): float(value)} if isinstance(value, (int, float)) else {}


def describe(values: Mapping[Outcome, float]) -> str:
    """The outcomes in one line, for messages."""
    return ", ".join(f"{one} {value:.4g}" for one, value in values.items()) or "nothing"
