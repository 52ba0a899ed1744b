# SPDX-License-Identifier: Apache-2.0
"""The loss of the trivial predictor: the best answer that ignores the input.

Unit: that of the loss. A network that learns anything ends below it. Entropy of the class shares
for cross entropy and NLL (ln C when the classes are balanced), entropy of the share of ones of
each output for BCE, variance of the targets for MSE, mean absolute deviation for L1.
Source: Karpathy, "A Recipe for Training Neural Networks" (2019), input-independent baseline.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Loss
from backprobe.signals.losses import BINARY, CLASSES

NOTHING = 1e-9
"""Targets that are all alike cost a constant answer nothing: there is nothing to beat."""
NORMAL_MEAN_DEVIATION = math.sqrt(2.0 / math.pi)
"""Mean absolute deviation of a normal distribution with standard deviation 1."""


def trivial_loss(loss: Loss | None) -> float | None:
    """Loss of the best constant prediction, or None where the loss kind has no known one.

    A sum instead of a mean is scaled by the number of rows that the reduction saw.
    """
    if loss is None or is_relative(loss):
        return None
    smoothed = smoothing(loss)
    if smoothed > 0.0:
        return _smoothed_prior(loss, smoothed)
    if loss.terms > 1:
        return _of_classes(loss)
    value = first_term_baseline(loss)
    if value is None or value <= NOTHING:
        return None
    return value * _summed(loss) if loss.reduction == "sum" else value


def _of_classes(loss: Loss) -> float | None:
    """Of a sum of cross entropies: each one's at even odds; None where a summand is another one.

    Classes that are not even cost a constant answer less: what is learned counts for too much then.
    """
    if len(loss.summands) != loss.terms:
        return None  # what the other summands can reach is not known
    total = 0.0
    for summand in loss.summands:
        shape = summand["shape"]
        if summand.get("kind") != "nll" or summand["reduction"] != "mean" or len(shape) < 2:
            return None
        total += float(summand["scale"]) * math.log(max(2, int(shape[1])))
    return total


def first_term_baseline(loss: Loss) -> float | None:
    """Loss of the best constant prediction, of a mean, as far as the first known summand goes."""
    bent = loss.output.get("rooted")
    if bent == "mean":
        plain = _of_mean(loss)
        return None if plain is None or loss.reduction != "mean" else math.sqrt(plain)
    return None if bent else _of_mean(loss)


def _of_mean(loss: Loss) -> float | None:
    """The same, where nothing is done to the mean."""
    target = loss.target
    if loss.output.get("rows_weighted"):
        return None  # of what the script weighs by row the scale is not known
    # It may differ from one output to the next: the mean picture of an autoencoder.
    if loss.kind in CLASSES:
        counts = () if loss.weighted else target.get("classes")
        if isinstance(counts, (list, tuple)) and counts and sum(counts) > 0:
            return prior_entropy(counts)
        return math.log(loss.classes) if loss.classes > 1 else None
    if loss.kind in BINARY:
        share = number(target, "mean")
        if loss.weighted or share is None or not 0.0 <= share <= 1.0:
            return None
        by_output = number(target, "output_entropy")
        return binary_entropy(share) if by_output is None else by_output
    if loss.weighted:
        return None  # weights may go by the targets, and the rare ones are far from the mean
    spread = number(target, "output_std")
    spread = number(target, "std") if spread is None else spread
    if spread is None:
        return None
    if loss.kind == "mse":
        return spread * spread
    if loss.kind == "l1":
        return NORMAL_MEAN_DEVIATION * spread
    if loss.kind in ("smooth_l1", "huber"):
        value = _huber(spread, loss.bend)
        return value / loss.bend if loss.kind == "smooth_l1" else value
    return None


def _huber(spread: float, bend: float) -> float:
    """Mean Huber loss of normal errors: half their squares up to the bend, a line from there on."""
    if not spread > 0.0:
        return 0.0
    z = bend / spread
    inside = math.erf(z / math.sqrt(2.0))
    density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
    squares = spread * spread * (inside - 2.0 * z * density)
    sizes = 2.0 * spread * density - 0.5 * bend * (1.0 - inside)
    return 0.5 * squares + bend * sizes


def least_loss(loss: Loss | None) -> float:
    """What the loss of the very best answer is: above 0 for targets that are shares themselves.

    The cross entropy between targets t and an answer is the entropy of t at least (Gibbs): of
    yes-or-no targets that are shares, and of classes whose certainty label smoothing takes away.
    """
    smoothed = smoothing(loss)
    if loss is not None and smoothed > 0.0:
        own = 1.0 - smoothed + smoothed / loss.classes
        return _entropy(np.array([own] + [smoothed / loss.classes] * (loss.classes - 1)))
    if loss is None or loss.kind not in BINARY or loss.weighted:
        return 0.0
    value = number(loss.target, "entropy") or 0.0
    return value * _summed(loss) if loss.reduction == "sum" else value


def smoothing(loss: Loss | None) -> float:
    """Share of each target that `label_smoothing` spreads over all classes, 0.0 where none does.

    Cross entropy is a sum then: of the target's own term, and of all classes' (Szegedy et al.,
    "Rethinking the Inception architecture", 1512.00567, section 7); their weights make 1.
    """
    if loss is None or loss.kind not in CLASSES or loss.terms != 2 or len(loss.summands) != 2:
        return 0.0
    own, all_classes = loss.summands
    rows = math.prod(all_classes["shape"]) if all_classes["reduction"] == "sum" else 1
    if own.get("kind") != "nll" or own["reduction"] != "mean" or all_classes.get("kind"):
        return 0.0
    share = float(all_classes["scale"]) * rows * loss.classes
    return share if 0.0 < share < 1.0 and abs(float(own["scale"]) + share - 1.0) < 1e-3 else 0.0


def _smoothed_prior(loss: Loss, smoothed: float) -> float:
    """Loss of the best constant answer under label smoothing."""
    counts = () if loss.weighted else loss.target.get("classes") or ()
    if not isinstance(counts, (list, tuple)) or sum(counts) <= 0:
        return math.log(loss.classes)
    prior = np.asarray(counts, np.float64) / sum(counts)
    return _entropy((1.0 - smoothed) * prior + smoothed / len(counts))


def _entropy(shares: NDArray[np.float64]) -> float:
    """In nats."""
    present = shares[shares > 0.0]
    return float(-(present * np.log(present)).sum())


def is_relative(loss: Loss) -> bool:
    """Whether the difference is divided by something before it is squared: a relative error."""
    for name in loss.chain:
        if name.startswith("SubBackward"):
            return False
        if name.startswith("DivBackward"):
            return any(other.startswith("SubBackward") for other in loss.chain)
    return False


def _summed(loss: Loss) -> float:
    shape = loss.loss_shape or loss.target_shape
    if loss.kind in CLASSES and loss.target_shape:
        shape = loss.target_shape  # a class id stands for all of its row's scores
    return float(max(1, math.prod(shape))) if shape else 1.0


def prior_entropy(counts: list[Any] | tuple[Any, ...]) -> float:
    """Entropy in nats of the class shares in so many rows, corrected for their small number.

    n rows underestimate the entropy by (classes seen − 1) / 2n (Miller, 1955). Where many classes
    were seen once, as of the words of a text, others were not seen at all: their share is about
    that of the classes seen once (Good, 1953), and each class seen counts for more, as it might as
    well have been missed (Chao & Shen, 2003). The larger of the two, and at most ln C.
    """
    n = np.asarray(counts, np.float64)
    n = n[n > 0]
    total = float(n.sum())
    p = n / total
    entropy = float(-(p * np.log(p)).sum()) + (p.size - 1) / (2.0 * total)
    once = int((n == 1).sum())
    if 0 < once < total:
        shares = p * (1.0 - once / total)
        seen = 1.0 - (1.0 - shares) ** total
        entropy = max(entropy, float(-(shares * np.log(shares) / seen).sum()))
    return min(entropy, math.log(max(len(counts), 2)))


def binary_entropy(share: float) -> float:
    """Entropy in nats of a yes-or-no answer that is yes with this probability."""
    return -sum(p * math.log(p) for p in (share, 1.0 - share) if p > 0.0)


def number(facts: Mapping[str, Any], key: str) -> float | None:
    """A finite number among facts, or None."""
    value = facts.get(key)
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    return None
