# SPDX-License-Identifier: Apache-2.0
"""Reads what a loss is off its autograd graph, before `backward` runs and frees it.

Only nodes near the root are looked at, and only loss nodes and softmaxes are asked for a saved
tensor; none is that was made under saved-tensor hooks (checkpointing, offloading), since unpacking
would run the forward again: see `backprobe.probe.packed`.
"""

from __future__ import annotations

from typing import Any

from backprobe.probe.lossgraph.beside import errors_beside
from backprobe.probe.lossgraph.builtin import read_builtin
from backprobe.probe.lossgraph.columns import crossed
from backprobe.probe.lossgraph.compared import normed_rows
from backprobe.probe.lossgraph.cosines import cosine_scale
from backprobe.probe.lossgraph.cut_places import cut_places
from backprobe.probe.lossgraph.differences import spread_differences
from backprobe.probe.lossgraph.divisors import row_length, summed_over
from backprobe.probe.lossgraph.handwritten import read_handwritten, rebuilt
from backprobe.probe.lossgraph.itself import compared_with_itself
from backprobe.probe.lossgraph.levels import levels_of_targets, weights_of_all
from backprobe.probe.lossgraph.likelihood import read_likelihood
from backprobe.probe.lossgraph.log_shares import distance, log_shares
from backprobe.probe.lossgraph.members import joined, targets_of_first
from backprobe.probe.lossgraph.mixed import mixed
from backprobe.probe.lossgraph.nodes import (
    LOSSES,
    Readable,
    children,
    descend,
    loss_below,
    shape_of,
)
from backprobe.probe.lossgraph.overlap import overlap_taken
from backprobe.probe.lossgraph.reaches import apart
from backprobe.probe.lossgraph.reading import LossReading
from backprobe.probe.lossgraph.rooted import rooted
from backprobe.probe.lossgraph.shares import shares_asked
from backprobe.probe.lossgraph.spread import spread
from backprobe.probe.lossgraph.summands import own, reduced, summands, unscaled
from backprobe.probe.lossgraph.twice import shares_taken_for_scores
from backprobe.probe.lossgraph.weights import counted, weight_of_each, weights_of

BENT = (*LOSSES.values(), "l1")
"""Kinds that are read as they are also where a script writes them out."""
MEANS = 1.5
"""Ignored targets make the divisor smaller than the count of all, by less than a third mostly."""

__all__ = [
    "LossReading", "Readable", "children", "distance", "factor", "levels_of_targets", "read",
    "read_once", "rebuilt", "shape_of",
]  # fmt: skip


def read(root: Any, readable: Readable) -> LossReading:
    """What the loss with this `grad_fn` is.

    Arguments:
        root: the `grad_fn` of the tensor that `backward` is called on.
        readable: whether the saved tensors of a node may be read.
    """
    reading = LossReading()
    reading.scale, terms = _terms(root, readable)
    reading.terms = len(terms)
    if len(terms) > 1:
        told = (reduced(*term, readable) for term in terms)
        reading.summands = tuple(one for one in told if one is not None)
    node = _first(terms)
    found = loss_below(node)
    if found is not None:
        read_builtin(found, reading, readable)
    else:
        read_handwritten(node, reading, readable)
        read_likelihood(node, reading, readable)
    asked = shares_asked(terms, readable)
    if asked is not None:
        reading.extra["asked"], reading.extra["asked_axis"] = asked
    both = mixed(terms, readable) if len(terms) > 1 else None
    if both is not None:
        reading.extra["mixed"] = both
    _as_mean(node, reading, readable)
    known = reading.terms == 1 and (
        found is not None or reading.kind in BENT or reading.kind == "cross_entropy"
    )
    weights = weights_of(node, reading, readable) if known else None
    bent = rooted(node) if known else ""
    if weights is not None:
        if not weights.masks:
            reading.weighted = reading.extra["rows_weighted"] = True
        if weights.averaged and weights.mean is not None and not bent:
            reading.scale *= 1.0 if weights.summed else weights.mean
            reading.folded *= 1.0 if weights.summed else weights.mean
        elif weights.averaged:
            bent = "other"  # the mean of weights that are not known
    if bent:
        reading.extra["rooted"] = bent
    table = next((found for t, _ in terms if (found := spread(t, readable))), None)
    if table is not None:
        reading.extra["spread_rows"], reading.extra["spread_axes"] = table[0], len(table[1])
    normed = normed_rows(root)
    if normed is not None:
        reading.extra["normed_rows"], reading.extra["normed_width"] = normed
    return reading


def read_once(root: Any, reading: LossReading, readable: Readable) -> None:
    """Adds what asks for more of the graph than a look at each step may: told of the first only."""
    classes = shares_taken_for_scores(own(root))
    if classes:
        reading.extra["twice_over"] = classes
    columns = crossed(own(root))
    if columns is not None:
        reading.extra["crossed"] = columns
    terms = _terms(root, readable)[1]
    first = _first(terms)
    given = log_shares(terms, readable)
    if given is not None:
        reading.extra["log_shares"] = given
    weights = weights_of_all(first, readable)
    if weights is not None:
        reading.extra["weights_of_all"] = weights
    cut = cut_places(terms)
    if cut is not None:
        reading.extra.update(zip(("cut_from", "cut_to", "cut_picked"), cut, strict=True))
    overlap = overlap_taken(own(root), len(terms), readable)
    if overlap:
        reading.extra["overlap"] = overlap
    if len(terms) > 1:
        reading.extra["beside"] = errors_beside(terms, first, readable)
        compared = spread_differences([term for term, _ in terms], readable)
        if compared is not None:
            reading.extra["compared_rows"] = compared[0]
            reading.extra["compared_axes"] = len(compared[1])
    path = list(descend(first))
    reading.extra["apart"] = apart(terms)
    itself = compared_with_itself([term for term, _ in terms], readable)
    if itself is not None:
        reading.extra["itself"], reading.extra["itself_targets"] = itself
    scale = cosine_scale(path, readable)
    if scale is not None:
        reading.extra["cosine_scale"] = scale
    join = joined(path)
    if join is None:
        return
    reading.extra["joined"] = len(join.next_functions)
    difference, sign = reading.extra.get("difference"), reading.extra.get("sign")
    if reading.target is None and difference is not None and sign is not None:
        targets = targets_of_first(path, join, difference, sign, readable)
        if targets is not None:
            reading.extra["targets_of_first"] = targets


def _terms(root: Any, readable: Readable) -> tuple[float, list[tuple[Any, float]]]:
    """The factor of all, and the summands, each with its own."""
    node, scale = unscaled(own(root), readable)
    return scale, list(summands(node, readable))


def _first(terms: list[tuple[Any, float]]) -> Any:
    """The summand that is told of: the first built-in loss, else the first."""
    return next((term for term, _ in terms if loss_below(term) is not None), terms[0][0])


def _as_mean(node: Any, reading: LossReading, readable: Readable) -> None:
    """A sum that the script divides by what it is over is the mean, of a step's part at least.

    As the losses of Transformers, which divide by the tokens of all batches of a step. What torch
    does not reduce and the script adds up is a sum where it isn't divided so. Of a mean of sums,
    or a sum of means, one number's weight tells what the loss is times their mean.
    """
    if reading.terms != 1:
        return
    each = weight_of_each(node, reading, readable)
    if each is not None and each.averaged:
        share = each.weight * each.count
        reading.reduction, reading.folded = "mean", share
        reading.scale = abs(reading.scale) * share
        return
    count = summed_over(node, reading, readable)
    rows = reading.reduction == "none" or (reading.reduction == "mean" and reading.kind in BENT)
    length = row_length(node, readable) if count is None and rows and each is None else None
    if length:  # summed over each row: a mean times a row's length
        reading.reduction, reading.folded = "mean", max(1.0, length)
        reading.scale *= length
    if each is not None:  # by the rows' sums, or by a factor of each number
        count, reading.reduction = float(each.count), "sum"
        reading.scale, reading.folded = reading.scale * each.weight, each.weight
    if count is None:
        return
    share = abs(reading.scale) * count
    # Of the classes that came; which reduction it is goes by the rows alone, as weights vary.
    mean = counted(reading, count) / count if count > 0 and each is None else 1.0
    if count > 1 and share <= MEANS:
        reading.reduction = "mean"
        reading.folded *= count * mean
        rounded = mean == 1.0 and share >= 1.0 / MEANS
        reading.scale = 1.0 if rounded else reading.scale * count * mean
    elif count > 1:
        reading.reduction = "sum" if reading.reduction == "none" else reading.reduction
        reading.scale, reading.folded = reading.scale * mean, reading.folded * mean


def factor(root: Any, readable: Readable) -> float:
    """What the loss with this `grad_fn` was multiplied by, as far as it shows on the CPU."""
    return unscaled(own(root), readable)[1]
