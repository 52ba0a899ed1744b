# SPDX-License-Identifier: Apache-2.0
"""Can the network learn one batch by heart? And are inputs better than none?

Sources: cs231n, "Neural Networks part 3", sanity checks; Karpathy, "A Recipe for Training Neural
Networks" (2019); TheDeepChecker (2204.00694): 16 rows, 95 % right.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from backprobe.experiments.batches import Batch, tensors
from backprobe.experiments.checks.subject import Subject, subset
from backprobe.experiments.checks.targets import labels
from backprobe.experiments.checks.training import RATES, Course, adam, train, unregularised
from backprobe.experiments.objective import main_output
from backprobe.report.checks import Check

ROWS = 16
"""Rows of the batch: few enough for every network, more than a batch norm needs."""
STEPS = 300
LEAST_STEPS = 30
LOOKS = 5
"""At the held-out rows, during a training whose inputs are judged."""
SHARE_SECONDS = 0.35
"""Of the time that is left."""
RIGHT = 0.95
"""Share of the rows that must be right."""
SURE = 0.5
"""Share of the first loss that may be left beside it: a few steps may be right by chance."""
LEFT = 0.1
"""Share of the first loss that may be left of a loss without classes."""
STUCK = 0.6
"""A loss of which so much is left after all steps has not learned the batch."""
FAR = 10.0
"""Largest target over the largest output: beyond it the outputs are still on their way there."""
LESS = 0.97
"""Loss with inputs over the one without: above, they are of no use."""
FALLING = 0.9
"""Loss of the last fifth of the steps over that of the fifth before: below, it goes on falling."""


def overfit(subject: Subject) -> list[Check]:
    """Trains on one batch without dropout and weight decay, by Adam at two rates."""
    name = "overfit-one-batch"
    if subject.objective is None:
        return [Check(name, "skipped", message=subject.no_loss)]
    if not subject.trainable():
        return [Check(name, "skipped", message="no parameter is trainable")]
    batch = subset(subject.batches[0], ROWS)
    seconds = SHARE_SECONDS * max(0.0, subject.seconds_left)
    best: Course | None = None
    right = math.nan
    for rate in RATES:
        with subject.fresh("train") as model, unregularised(model):
            course = train(
                subject, [batch], adam(rate), STEPS, seconds / len(RATES), enough=_learned(batch)
            )
            share = _right(main_output(course.last), batch.target)
        if best is None or course.best < best.best:
            best, right = course, share
        if _passes(course, share):
            break
    assert best is not None
    measured = f"loss {best.losses[0]:.3g} to {best.best:.3g} in {len(best.losses)} steps"
    if right == right:
        measured += f", {right:.0%} right"
    expected = f"{RIGHT:.0%} right" if right == right else f"{LEFT:.0%} of the loss left"
    evidence = {
        "losses": [
            float(f"{value:.5g}") for value in best.losses[:: max(1, len(best.losses) // 50)]
        ]
    }
    if _passes(best, right):
        return [Check(name, "pass", measured, expected, "", evidence)]
    if len(best.losses) < LEAST_STEPS and math.isfinite(best.losses[-1]):
        why = f"a step takes {best.seconds / max(1, len(best.losses)):.2g} s"
        return [Check(name, "skipped", measured, expected, why, evidence)]
    if _falling(best.losses):
        why = f"the loss still falls after {len(best.losses)} steps: longer would tell"
        return [Check(name, "skipped", measured, expected, why, evidence)]
    left = best.best / best.losses[0] if best.losses[0] > 0 else math.nan
    if right != right and left < STUCK:
        why = (
            f"{left:.0%} of the loss is left: whether it can reach 0 is not known (smoothed or "
            "noisy targets, a likelihood)"
        )
        return [Check(name, "skipped", measured, expected, why, evidence)]
    status = "fail" if not left < STUCK else "warn"
    return [Check(name, status, measured, expected, _why(subject, batch, best), evidence)]  # type: ignore[arg-type]


def blank(subject: Subject) -> list[Check]:
    """Trains on some batches as they are and with zeros for inputs; judged on others."""
    name = "zero-inputs"
    if subject.objective is None:
        return [Check(name, "skipped", message=subject.no_loss)]
    batches = subject.first_pass()  # of a second pass, no row would be new
    if len(batches) < 4:
        why = f"{len(batches)} batches were seen; 4 are needed to keep some for judging"
        return [Check(name, "skipped", message=why)]
    if not subject.trainable():
        return [Check(name, "skipped", message="no parameter is trainable")]
    count = max(1, len(batches) // 4)
    held, served = batches[:count], batches[count:]
    seconds = SHARE_SECONDS * max(0.0, subject.seconds_left) / 2
    steps = max(150, min(600, 5 * len(served)))
    found, courses = [], []
    for change in (None, _zeroed):
        with subject.fresh("train"):
            judged = _Judge(subject, held, change, max(1, steps // LOOKS))
            course = train(subject, served, adam(1e-3), steps, seconds, change, judged)
            if not math.isfinite(course.losses[-1]) or len(course.losses) < LEAST_STEPS:
                why = f"{len(course.losses)} steps were made in {course.seconds:.1f} s"
                return [Check(name, "skipped", message=why)]
            judged.look()
            found.append(min(judged.seen))
            steps = min(steps, len(course.losses))
            courses.append(course)
    mean, nothing = found
    measured = f"loss {mean:.3g} with inputs, {nothing:.3g} without"
    if mean < LESS * nothing or (nothing <= 0 and mean < nothing):
        return [Check(name, "pass", measured, "lower with inputs")]
    late, without = (statistics.fmean(one.losses[-steps // 3 :]) for one in courses)
    if late > LESS * without and _differ(courses[0].last):
        why = (
            f"after {steps} steps the network has not learned from the inputs on the rows that it "
            f"is trained on either: loss {late:.3g} with them, {without:.3g} without"
        )
        return [Check(name, "skipped", measured, "lower with inputs", why)]
    return [
        Check(
            name,
            "warn",
            measured,
            "lower with inputs",
            f"after {steps} steps the network does no better on other rows than one that is given "
            "zeros: labels may not belong to their rows, or the inputs do not reach the output.",
        )
    ]


class _Judge:
    """Looks at the loss of held-out batches now and then: a network may soon learn by heart.

    Arguments:
        subject: whose model is judged.
        batches: held out.
        change: of each batch, or None.
        every: steps between two looks.
    """

    def __init__(self, subject: Subject, batches: list[Batch], change: Any, every: int) -> None:
        self._subject, self._batches, self._change = subject, batches, change
        self._every = every
        self.seen: list[float] = []

    def __call__(self, course: Course, _output: Any) -> bool:
        if len(course.losses) % self._every == 0:
            self.look()
        return False

    def look(self) -> None:
        """One look."""
        objective, model = self._subject.objective, self._subject.model
        assert objective is not None
        modes = [(module, module.training) for module in model.modules()]
        model.eval()
        total = 0.0
        with torch.no_grad():
            for given in self._batches:
                batch, output = objective.forward(self._change(given) if self._change else given)
                total += float(objective.loss_of(batch, output))
        for module, mode in modes:
            module.training = mode
        self.seen.append(total / len(self._batches))


def _zeroed(batch: Batch) -> Batch:
    def zero(value: Any) -> Any:
        if isinstance(value, Tensor):
            return torch.zeros_like(value)
        if isinstance(value, (tuple, list)):
            return type(value)(zero(item) for item in value)
        return value

    masks = ("mask", "attention_mask")
    kwargs = {k: v if k in masks or "mask" in k else zero(v) for k, v in batch.kwargs.items()}
    whole = None
    if batch.whole is not None:
        whole = {key: kwargs.get(key, value) for key, value in batch.whole.items()}
    first = tuple(zero(value) for value in batch.args[:1])
    return replace(batch, args=(*first, *batch.args[1:]), kwargs=kwargs, whole=whole)


def _learned(batch: Batch) -> Any:
    def enough(course: Course, output: Any) -> bool:
        if len(course.losses) % 5 or len(course.losses) < 5:
            return False
        return _passes(course, _right(main_output(output), batch.target))

    return enough


def _passes(course: Course, right: float) -> bool:
    if not course.losses or not math.isfinite(course.losses[0]):
        return False
    first = course.losses[0]
    if right == right:
        return right >= RIGHT and (course.best < SURE * first or first <= 0)
    return course.best < LEFT * first if first > 0 else course.best < first


def _falling(losses: list[float]) -> bool:
    """Whether the last fifth of the steps still took away a tenth of what was left, or more.

    A difference of medians: the loss of one batch is smooth, but not where a net drops units.
    """
    fifth = len(losses) // 5
    if fifth < 2 or not all(map(math.isfinite, losses[-2 * fifth :])):
        return False
    before = statistics.median(losses[-2 * fifth : -fifth])
    last = statistics.median(losses[-fifth:])
    return 0.0 < last < FALLING * before and last < STUCK * losses[0]


def _right(output: Any, target: Any) -> float:
    """Share of the rows that are right; NaN where there are no classes."""
    if not isinstance(output, Tensor) or not isinstance(target, Tensor):
        return math.nan
    output = output.detach()
    whole = not target.is_floating_point() and output.dim() == target.dim() + 1
    if whole and output.shape[:1] + output.shape[2:] == target.shape and output.shape[1] > 1:
        known = target >= 0
        hits = (output.argmax(1) == target)[known]
        return float(hits.float().mean()) if hits.numel() else math.nan
    if labels(target) and output.numel() == target.numel() and int(target.max()) <= 1:
        edge = 0.5 if bool(((output >= 0) & (output <= 1)).all()) else 0.0
        return float(((output.reshape(-1) > edge) == (target.reshape(-1) > 0)).float().mean())
    return math.nan


def _why(subject: Subject, batch: Batch, course: Course) -> str:
    """The reason why a batch was not learned, as far as it can be measured."""
    if not math.isfinite(course.losses[-1]):
        return (
            f"the loss becomes NaN or infinite after {len(course.losses)} steps of Adam: look for "
            "logarithms and divisions by 0, and inputs or targets that are far too large."
        )
    clash = _contradictions(batch)
    if clash:
        return f"{clash} of the batch's rows have the same input as another and another target."
    output = main_output(course.last)
    if not _differ(output):
        return (
            "the network gives every row the same output: units are dead or saturated, or the "
            "input does not reach the output."
        )
    assert subject.objective is not None
    misfit = _misfit(subject.objective.given(course.last), batch.target)
    if misfit:
        return misfit
    with subject.fresh("train") as model:
        loss = subject.objective(batch)
        if not loss.requires_grad:
            return "the loss does not depend on any parameter: look for detach() and .data."
        loss.backward()
        without = [n for n, p in model.named_parameters() if p.requires_grad and p.grad is None]
        if without:
            return f"no gradient reaches {', '.join(without[:3])}."
    return (
        f"{course.best / course.losses[0]:.0%} of the loss is left after {len(course.losses)} "
        "steps: the network is too small or too deep for its initialisation, or the loss does not "
        "measure what the output says. Check the last activation against the loss."
    )


def _differ(last: Any) -> bool:
    """Whether rows get different outputs; so, too, where that can't be told."""
    output = main_output(last)
    if not isinstance(output, Tensor) or output.dim() < 2 or len(output) < 3:
        return True
    values = output.detach().float()
    return float(values.std(0).mean()) >= 1e-4 * max(float(values.abs().mean()), 1e-12)


def _contradictions(batch: Batch) -> int:
    first = next(tensors((batch.args, dict(batch.kwargs))), None)
    if first is None or not isinstance(batch.target, Tensor) or len(batch.target) != len(first):
        return 0
    flat = first.reshape(len(first), -1)
    same = (flat[:, None] == flat[None]).all(-1)
    target = batch.target.reshape(len(first), -1)
    differ = (target[:, None] != target[None]).any(-1)
    return int((same & differ).any(1).sum())


def _misfit(output: Any, target: Any) -> str:
    """How the outputs miss the targets by their range, their shape or their size."""
    if not isinstance(output, Tensor) or not isinstance(target, Tensor):
        return ""
    if not target.is_floating_point():
        return ""
    if bounds := _out_of_bounds(output, target):
        return bounds
    if output.shape != target.shape:
        return (
            f"outputs of shape {list(output.shape)} meet targets of shape {list(target.shape)}: "
            f"they are broadcast against each other ({output.numel()} and {target.numel()} "
            "numbers). Give them one shape."
        )
    reached, wanted = float(output.detach().abs().max()), float(target.abs().max())
    if wanted > FAR * max(1.0, reached):
        return (
            f"targets reach {wanted:.3g}, the outputs have come to {reached:.3g}: so far they move "
            "too slowly. Standardise the targets."
        )
    return ""


def _out_of_bounds(output: Tensor, target: Tensor) -> str:
    if output.numel() != target.numel():
        return ""
    low, high = float(output.detach().min()), float(output.detach().max())
    for floor, ceiling, names in ((0.0, 1.0, "a sigmoid"), (-1.0, 1.0, "a tanh")):
        inside = floor <= low and high <= ceiling
        beyond = float(target.min()) < floor - 1e-6 or float(target.max()) > ceiling + 1e-6
        if inside and beyond:
            return (
                f"outputs stay within {floor:g} to {ceiling:g}, as of {names}; targets reach from "
                f"{float(target.min()):.3g} to {float(target.max()):.3g}. Drop the last "
                "activation, or scale the targets."
            )
    return ""
