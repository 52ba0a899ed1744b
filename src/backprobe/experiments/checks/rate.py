# SPDX-License-Identifier: Apache-2.0
"""The optimizer's learning rate against a range test."""

from __future__ import annotations

from backprobe.experiments.batches import Supply
from backprobe.experiments.checks.subject import Subject
from backprobe.experiments.sweep import Setting, sweep
from backprobe.report.checks import Check
from backprobe.signals.lr_curve import Reading, combine, enough, focus, read

POINTS = 100
START, END = 1e-7, 10.0
ABOVE, BELOW = 10.0, 100.0
"""Factors by which a rate may leave the range before it is called wrong: ranges are good to a
factor of three, and a small rate is made up for by more steps."""


def rate(subject: Subject) -> list[Check]:
    """Where the optimizer's own rate lies in the range."""
    name = "learning-rate"
    if subject.objective is None:
        return [Check(name, "skipped", message=subject.no_loss)]
    optimizer = subject.optimizer
    if optimizer is None or "lr" not in optimizer.param_groups[0]:
        return [Check(name, "skipped", message="no optimizer with a rate was given")]
    own = peak(optimizer.param_groups[0])
    readings: list[Reading] = []
    supply = Supply(subject.batches)
    low, high = START, END
    while not readings or (not enough(readings) and subject.seconds_left > 3):
        rates = [low * (high / low) ** (point / (POINTS - 1)) for point in range(POINTS)]
        with subject.fresh("train"):
            points = sweep(subject.objective, optimizer, supply, Setting(rates))
        readings.append(read(points.lr, points.loss))
        low, high = focus(readings[0], START, END)
    advice = combine(readings)
    if advice.suggestion is None or advice.range is None:
        return [Check(name, "skipped", own, None, advice.refused or "")]
    low, high = advice.range
    evidence = {"suggestion": advice.suggestion, "range": [low, high]}
    expected = (float(f"{low / BELOW:.2g}"), float(f"{high * ABOVE:.2g}"))
    status, message = "pass", ""
    if own > expected[1]:
        status = "fail" if own > 10 * expected[1] else "warn"
        message = f"the rate is {own / advice.suggestion:.2g} times what a range test suggests"
    elif own < expected[0]:
        status = "warn"
        message = f"the rate is {own / advice.suggestion:.2g} of what a range test suggests"
    if message:
        message += f". Try {advice.suggestion:.1g}; `backprobe lr SCRIPT` shows the curve."
    return [Check(name, status, own, expected, message, evidence)]  # type: ignore[arg-type]


def peak(group: dict[str, object]) -> float:
    """The highest rate that a schedule will give a group, as far as it is known."""
    known = [group.get(key) for key in ("lr", "initial_lr", "max_lr")]
    return max((float(one) for one in known if isinstance(one, (int, float))), default=0.0)
