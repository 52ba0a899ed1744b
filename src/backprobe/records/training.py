# SPDX-License-Identifier: Apache-2.0
"""What trains a network: its optimizers and its losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backprobe.records.run import Source


@dataclass(frozen=True)
class Optimizer:
    """One optimizer that stepped.

    `groups` holds each group's plain settings at the first step (`lr`, `momentum`, `betas`,
    `weight_decay` …) and `tensors`, how many it holds.
    """

    index: int
    type: str
    source: Source | None = None
    step_source: Source | None = None
    groups: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Loss:
    """One loss: a root of a backward pass, read off the autograd graph.

    Arguments:
        index: its number in the record.
        kind: "cross_entropy", "nll", "mse", "l1", "smooth_l1", "huber", "bce", "bce_with_logits",
            "kl_div", "ctc", "hinge", "poisson_nll" (of a logarithm), "sum" (several), or
            "custom".
        chain: autograd node names from the root towards the model's output, nearest first.
        before: canonical names of the activations between the model's last layer and the loss
            proper, outermost first: ("log_softmax", "softmax") is a double softmax.
        reduction: "mean", "sum", "none" or "".
        classes: size of the class dimension, 0 where there is none.
        output_shape, target_shape, loss_shape: of the prediction, the target, and of what the
            reduction reduces. A `loss_shape` larger than both is a broadcast.
        target: facts of the targets: `dtype`, `mean`, `std`, `min`, `max`, `integer`, `classes`
            (histogram as a list, class ids only), `ignored` (fraction), `ignore_index` (the id
            that is ignored, -1 where none was), `entropy` (mean, in nats, where they are shares
            between 0 and 1), `rows_more` and `rows_less` (share of the rows
            of several numbers that add up to more, or less, than 1).
        output: facts of the predictions at the first step: `mean`, `std`, `min`, `max`, and over
            the classes or outputs of a row `row_std`, `row_sum`, `row_sum_std`; `log_probabilities`
            where they are those of a cross entropy; where that is given shares of classes, what
            they add up to in a row: `share_sum_least`, `share_sum_most`, and `shares_whole` (1: all
            are 0 or 1); where a factor of each row spread the rows' terms to a table, its
            `spread_rows`, and how many axes these had: `spread_axes`; where one of several summands
            compares a result of each row with every row's target, the same: `compared_rows`,
            `compared_axes` (0: of two results, on purpose); of rows that are compared after a
            division by their norm over the rows, how many these are and their width: `normed_rows`,
            `normed_width`; the ends of a clamp between it and the loss: `least`, `most`; where a
            softmax's result is normalised as scores once more, over how many classes: `twice_over`;
            how many results of one activation were joined on the way to the loss: `joined`, and
            where only what the first of them was compared with is known, its ends: `target_least`,
            `target_most`; `reaches_none` where its graph is known to end in no parameter;
            `elements` where `backward` is called on several numbers, of which the loss's value is
            not known; where scores of classes are cosines times one number, that number:
            `cosine_scale`; 1 where it rises with an overlap of the output and its targets, -1 where
            it falls with one: `overlap`; where a convolution's result was cut by a view into rows
            of a few numbers that are none of its axes, its shape before and after: `cut_from`,
            `cut_to`, and whether rows of it are picked then: `cut_picked`; of what a CTC
            loss was given, the distance from 0 of the logarithm of what a row adds up to, which
            nine rows in ten exceed: `log_total`; where quantile levels weigh all differences of a
            row's predictions and targets and are the targets': how many these are, `levels_of`, and
            on which axis, 1 or 2, the targets: `levels_axis`; where every summand compares one and
            the same result with itself, how ("scores", "difference", "cosine"): `itself`; where it
            reads slices of one tensor that overlap, and leaves columns of it unread: `crossed`,
            with its `width`, `both` slices [from, to) and those `unread`; `rows_weighted` where
            rows count more or less by more than a mask; where it is a function of a mean, "mean"
            for its root, "other" else: `rooted`.
        source: the line that computes the loss.
        backward_source: the line that calls `backward`.
        model: index of the root module it trains, -1 unknown.
        terms: summands of the root; with several, `kind` is that of the first known one.
        weighted: whether classes or rows are weighted; not by weights that are all alike.
        class_weights: of the classes of a cross entropy, or of the yes of each output; () where
            there are none.
        scale: what the script multiplied it by before its first backward (accumulation, AMP).
        summands: of a root with several terms, how each became one number, where that is known:
            `reduction`, `shape` (of what was reduced) and `scale` (its factor), of a built-in loss
            its `kind`, of scores or shares of classes `classes`: their axis of the shape, and of a
            sum of parameters' squares `squares_of`: the parameters' shapes. Of a mean over rows of
            what was summed over each, `row_sums`: the shape that was summed, and what each number
            of it counts, `row_scale`. Of a further error
            whose predictions end in an activation also its `kind`, `chain`, `output_shape` and
            `least`, `most`, as of a loss, and between what its first targets lie: `target_least`,
            `target_most`.
        roles: the argument that was given what belongs to another one: "target" (the network's
            output, and the targets as `input`), "variance" (the targets, and the variance as
            `target`); "" where they are in order.
        bend: of "smooth_l1" (`beta`) and "huber" (`delta`), the error from which it is a straight
            line.
    """

    index: int
    kind: str
    chain: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    reduction: str = ""
    classes: int = 0
    output_shape: tuple[int, ...] = ()
    target_shape: tuple[int, ...] = ()
    loss_shape: tuple[int, ...] = ()
    target: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] = field(default_factory=dict)
    source: Source | None = None
    backward_source: Source | None = None
    model: int = -1
    terms: int = 1
    weighted: bool = False
    class_weights: tuple[float, ...] = ()
    scale: float = 1.0
    summands: tuple[Mapping[str, Any], ...] = ()
    roles: str = ""
    bend: float = 1.0
