# SPDX-License-Identifier: Apache-2.0
"""Samples that get mixed up with each other."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from backprobe.records import Finding, Loss, Operation, Record, Source
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import at_least_warning, severity_of_mistake
from backprobe.rules.model.batch_units import in_units_of_batch
from backprobe.rules.model.regrouped import crosses, splits_heads
from backprobe.rules.model.row_positions import added_by_row
from backprobe.rules.model.scrambled import refined, scrambles
from backprobe.rules.model.single_sequence import one_sequence
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at, unique
from backprobe.signals.forward_graph import by_index
from backprobe.signals.operations import ADDS, PRODUCTS
from backprobe.signals.progress import progress

RESHAPES = frozenset({"view", "reshape", "flatten"})
RECURRENT = frozenset({"gru", "lstm", "rnn_tanh", "rnn_relu"})
ATTENTION = "multi_head_attention_forward"
SOFTMAX = ("softmax", "log_softmax")
BATCH_FIRST = ("batch-first",)


class BatchMixing(AbstractRule):
    """One axis is taken for another, so that numbers of different samples or channels mix.

    ## What it looks for
    Reshapes of a batch whose result has the axes in another order (a `view` where a `permute` was
    meant), of the batch or within a sample, that join heads or channels which don't lie beside what
    they are joined with, that split heads off ahead of the positions, or that gather rows, or parts
    of a few samples, from an axis in the middle, recurrent and attention layers without
    `batch_first` that get the batch first (not one sequence at a time), a table of positions that
    is cut by the number of rows, a softmax (the last one, or that of an attention) that runs over
    the rows, a loss that compares rows which were divided by their norm over the rows, not over
    their features, a convolution's result that is cut into rows as a loss takes them (boxes,
    classes of places) while its channels lie ahead of the places (a note where all of it is
    compared number by number, as targets that are cut alike do no harm), and outputs that are
    multiplied by the deviation of the inputs over the rows, where these come back in other company
    (an instance normalisation along the wrong axis). And edges of a batch of graphs that all lie
    among the nodes of one.

    ## Why it matters
    A reshape keeps the order of the numbers in memory: rows of one sample become parts of others.
    The network sees features that belong to nobody, and what it answers for a row depends on its
    neighbours.

    ## Example
    `reshape (net.py:21) turns (32, 20, 8) into (20, 32, 8): numbers of different samples are mixed;
    moving an axis takes permute or transpose`

    ## What to try
    - `permute` or `transpose` instead of `view` or `reshape`
    - `batch_first=True` in the recurrent or attention layer
    - `dim=1` or `dim=-1` in the softmax or in `normalize`
    - `edges + nodes_before` when graphs are joined to a batch
    - `x.mean(1, keepdim=True)` and `x.std(1, keepdim=True)` where each sample has its own scale
    - `table[:, :x.size(1)]` of positions, where the batch comes first

    ## When it is wrong
    Sequences given time first on purpose, with as many steps as rows. Where each row is taught the
    next one rows are steps, and nothing is told; of other batches that no loader made, a note,
    unless the run suffers.

    ## References
    - PyTorch, `torch.nn.GRU`: the argument `batch_first`
    """

    name = "batch-mixing"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        rows: float = threshold(2, "rows", "one row has nobody to mix with")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a place in the code, and one of all reshapes between two shapes."""
        rows = _rows(record)
        modules = {m.index: m for m in record.modules}
        found: dict[tuple[object, ...], Finding] = {}
        last_softmax = _last_softmax(record)
        for op in record.graph:
            module = modules.get(op.module)
            batch_first = bool(module.settings.get("batch_first")) if module is not None else True
            message = ""
            treatments: tuple[str, ...] = ()
            certain = True
            if op.name in RESHAPES:
                message = self._reshape(op, rows) or self._within(op, rows)
                if not message and scrambles(record, op):
                    message, certain = self._joined(op), False
                elif not message and splits_heads(record, op):
                    message, certain = self._split(op), False
            elif op.name in (*RECURRENT, ATTENTION) and not batch_first:
                message, treatments = self._time_first(record, op, rows), BATCH_FIRST
                certain = _served(record)  # of a batch made by hand either axis may be time
            elif op.name in ADDS:
                message = self._position(record, op, rows)
            elif op.name in PRODUCTS:
                message, certain = self._units(record, op, rows), False
            elif op.name in SOFTMAX and op.index == last_softmax:
                message = self._softmax(op, rows)
            elif op.name in SOFTMAX:
                message = self._attention(record, op, rows)
            if message:
                own = [module.name] if module is not None else []
                names = unique([*own, *([] if op.name in ADDS else _taker(record, op))])
                if op.name in SOFTMAX and op.index == last_softmax:
                    names = unique([*names, *output_names(record, progress(record).loss)])
                key = _key(op)
                if key in found:  # in another block, or of queries and then of keys
                    where = unique([*found[key].where, *names])
                    found[key] = replace(found[key], where=where)
                    continue
                found[key] = self._finding(record, message, names, op.source, treatments, certain)
        return [
            *found.values(),
            *self._edges(record),
            *(self._normed(record, loss) for loss in _normed(record)),
            *(self._cut(record, loss) for loss in record.losses if _compares_cuts(loss)),
        ]

    def _reshape(self, op: Operation, rows: int) -> str:
        """A reshape that moves the batch axis, which takes a permute."""
        before, after = op.input_shapes[0] if op.input_shapes else (), op.shape
        if rows < self.limits.rows or not before or not after or rows not in before:
            return ""
        moved = len(before) == len(after) and sorted(before) == sorted(after)
        alone = before.count(rows) == 1
        swapped = alone and moved and before[0] == rows and after[0] != rows
        # (64, 56) to (8, 64, 7): the batch is cut up and lies in the middle now.
        cut = before[0] == rows and after[0] % rows != 0 and rows in after[1:]
        # (8, 64, 6) to (64, 48): a row of 48 is gathered from several samples.
        ahead = math.prod(before[: before.index(rows)])
        gathered = alone and ahead > 1 and before[0] % rows != 0 and after[0] == rows
        if not (swapped or cut or gathered or crosses(op, rows)):
            return ""
        return (
            f"`{op.name}`{at(op.source)} turns {before} into {after}: numbers of different samples "
            "are mixed; moving an axis takes permute or transpose"
        )

    def _within(self, op: Operation, rows: int) -> str:
        """A reshape that swaps axes of unequal sizes within each sample, which takes a permute."""
        before, after = op.input_shapes[0] if op.input_shapes else (), op.shape
        if len(before) != len(after) or len(before) < 3 or before[:1] != after[:1]:
            return ""
        inner, made = [n for n in before[1:] if n > 1], [n for n in after[1:] if n > 1]
        if rows < 1 or before[0] != rows or inner == made or sorted(inner) != sorted(made):
            return ""  # where only ones move, nothing is scrambled
        return (
            f"`{op.name}`{at(op.source)} turns {before} into {after}: the numbers keep their order "
            "in memory, so channels and positions are mixed; moving an axis takes permute or "
            "transpose"
        )

    def _joined(self, op: Operation) -> str:
        """Of a reshape that joins axes which don't lie side by side."""
        return (
            f"`{op.name}`{at(op.source)} turns {op.input_shapes[0]} into {op.shape}: the numbers "
            f"keep their order in memory, so each of the {op.shape[1]} rows of a sample holds "
            "parts of several; an axis is moved by permute or transpose first"
        )

    def _split(self, op: Operation) -> str:
        """Of a reshape that splits heads off ahead of the positions."""
        return (
            f"`{op.name}`{at(op.source)} turns {op.input_shapes[0]} into {op.shape}: the numbers "
            "keep their order in memory, so each head gets some positions whole, not a part of "
            "each; heads are split off last and moved by transpose"
        )

    def _time_first(self, record: Record, op: Operation, rows: int) -> str:
        """A time-first layer whose input has the batch first."""
        shape = op.input_shapes[0] if op.input_shapes else ()
        if len(shape) != 3 or shape[0] != rows or shape[1] == rows or rows < self.limits.rows:
            return ""
        if shape[1] == 1 and one_sequence(record, op):
            return ""
        what = "attention" if op.name == ATTENTION else op.name.upper()
        return (
            f"the {what}{at(op.source)} has batch_first=False and gets {shape}: it takes the "
            f"{rows} samples for time steps, and what each gives depends on the others"
        )

    def _position(self, record: Record, op: Operation, rows: int) -> str:
        """A table of positions of which each sample, not each step, gets an entry."""
        cut = added_by_row(record, op, rows) if rows >= self.limits.rows else None
        if cut is None:
            return ""
        return (
            f"a table of {cut.input_shapes[0]} is cut to {cut.shape}{at(op.source)}, as many "
            f"entries as samples, and added to {op.shape}: all steps of a sample get the same "
            "entry, and which one depends on the sample's place in the batch; with the batch first "
            "the table is cut by `x.size(1)`"
        )

    def _units(self, record: Record, op: Operation, rows: int) -> str:
        """Outputs that are scaled by what was measured over the batch."""
        statistic = in_units_of_batch(record, op, rows)
        if statistic is None:
            return ""
        return (
            f"the last layer's {op.shape} are multiplied{at(op.source)} by `{statistic.name}`"
            f"{at(statistic.source)} of {statistic.input_shapes[0]} over axis 0, the {rows} "
            "samples, not over a sample's own numbers: what is answered for a row is in units of "
            "the rows that come with it, and large and small samples stay as far apart as they "
            "were; `dim=1` (or -1) measures each by itself"
        )

    def _softmax(self, op: Operation, rows: int) -> str:
        """A softmax over the batch."""
        dim = op.arguments.get("dim")
        if dim is None and len(op.shape) == 3:
            dim = 0  # what PyTorch takes where none is given
        over_rows = dim in (0, -len(op.shape)) and len(op.shape) >= 2
        if not over_rows or op.shape[0] != rows or rows < self.limits.rows:
            return ""
        return (
            f"`{op.name}`{at(op.source)} runs over axis 0 of {op.shape}, the {rows} samples, not "
            "over the classes: the probabilities of one class add up to 1 over the batch"
        )

    def _attention(self, record: Record, op: Operation, rows: int) -> str:
        """Weights inside the network that compete between the samples of a batch.

        A bag of instances is one sample, for which the network gives one answer.
        """
        over_rows = op.arguments.get("dim") in (0, -len(op.shape)) and len(op.shape) >= 2
        if not over_rows or op.shape[0] != rows or rows in op.shape[1:]:
            return ""
        loss = progress(record).loss
        answers = loss.output_shape[:1] if loss is not None else ()
        if answers != (rows,) or rows < self.limits.rows or max(op.shape[1:]) < 2:
            return ""
        return (
            f"`{op.name}`{at(op.source)} runs over axis 0 of {op.shape}, the {rows} samples: the "
            "weights of one sample depend on the others in its batch"
        )

    def _edges(self, record: Record) -> list[Finding]:
        """Graphs of a batch whose edges all lie among the nodes of one."""
        told = [event.data for event in record.named("edges-inside")]
        if not told:
            return []
        nodes, graphs = int(told[0]["nodes"]), int(told[0]["graphs"])
        message = (
            f"the edges of {graphs} graphs with {nodes} nodes in all end at node "
            f"{int(told[0]['last'])}, and the largest graph has {int(told[0]['largest'])}: all are "
            "among the first nodes, the other graphs have none, and the first gets those of all; "
            "when graphs are laid end to end, the nodes before each one are added to its edges"
        )
        return [self._finding(record, message, (), progress(record).source, (), True)]

    def _normed(self, record: Record, loss: Loss) -> Finding:
        """Of embeddings that were normalised over the batch and compared row by row."""
        rows, width = int(loss.output["normed_rows"]), int(loss.output["normed_width"])
        message = (
            f"the loss{at(loss.source)} compares rows of ({rows}, {width}) that were divided by "
            f"their norm over axis 0, the {rows} samples: each column has norm 1 and no row has, "
            "so a row depends on the others of its batch and similarities stay small; over "
            f"the {width} features it takes `dim=1`"
        )
        names = unique(output_names(record, loss))
        return self._finding(record, message, names, loss.source, (), True)

    def _cut(self, record: Record, loss: Loss) -> Finding:
        """Of a convolution's channels that a loss takes as rows, by a view that left them first."""
        before, after = _cut_shapes(loss)
        op = next(
            (x for x in record.graph if x.input_shapes[:1] == (before,) and x.shape == after), None
        )
        source = loss.source if op is None else op.source
        maker = by_index(record).get(op.inputs[0]) if op is not None and op.inputs else None
        modules = {m.index: m.name for m in record.modules}
        names = [modules[x.module] for x in (maker, op) if x is not None and x.module in modules]
        kept = ", ".join(map(str, (0, *range(2, len(before)), 1)))
        message = (
            f"a view{at(source)} turns a convolution's {before} into {after}, which the loss"
            f"{at(loss.source)} takes: the numbers keep their order in memory, so the {after[-1]} "
            f"of a row are neighbours in one of the {before[1]} channels, not {after[-1]} channels "
            f"of one place; `permute({kept})` comes first"
        )
        # Number by number, targets that were cut in the same way agree with it.
        certain = bool(loss.output["cut_picked"]) or loss.classes == after[-1]
        certain = certain or not refined(before[1:], after[-2:])
        return self._finding(record, message, unique(names), source, (), certain)

    def _finding(
        self,
        record: Record,
        message: str,
        names: tuple[str, ...],
        source: Source | None,
        treatments: tuple[str, ...],
        certain: bool,
    ) -> Finding:
        state = progress(record)
        severity = severity_of_mistake(record)
        return Finding(
            rule=self.name,
            severity=at_least_warning(severity) if certain else severity,
            confidence=confidence(0.75, 0.97, state.hurt),
            message=message,
            where=names,
            source=source,
            treatments=treatments,
            evidence={"rows": _rows(record)},
        )


def _normed(record: Record) -> list[Loss]:
    return [loss for loss in record.losses if "normed_rows" in loss.output]


def _cut_shapes(loss: Loss) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(loss.output["cut_from"]), tuple(loss.output["cut_to"])


def _compares_cuts(loss: Loss) -> bool:
    """Whether a loss takes rows of channels that are none: the sizes rule it out, or it asks each.

    Stretches of one axis may be meant, but not where the targets have as many numbers, or classes.
    """
    if "cut_from" not in loss.output:
        return False
    before, after = _cut_shapes(loss)
    width = after[-1]
    asked = [loss.classes, *loss.target_shape[1:][-1:]]
    for part in loss.summands:
        shape = part.get("shape", ())
        asked += [*shape[1:][-1:], *(shape[c] for c in (part.get("classes"),) if c is not None)]
    return width in asked or not refined(before[1:], after[-2:])


def _key(op: Operation) -> tuple[object, ...]:
    """One mistake: the same reshape wherever it is written, else a line of the code."""
    if op.name in RESHAPES:
        return (op.source.file if op.source else "", op.input_shapes[0], op.shape)
    return (op.source.file, op.source.line) if op.source else (op.name, op.index)


def _taker(record: Record, op: Operation) -> list[str]:
    """The module that takes what a reshape in its parent's forward made."""
    modules = {m.index: m for m in record.modules}
    made = {op.index}
    for later in record.graph:
        if later.index > op.index and made & set(later.inputs):
            if later.module != op.module and later.module in modules:
                return [modules[later.module].name]
            made.add(later.index)
    return []


def _last_softmax(record: Record) -> int:
    """Index of the softmax between the network and its loss, -1 where there is none.

    Attention has softmaxes too, over whatever it likes, but no log-softmax.
    """
    squashed = any(loss.before[:1] == ("softmax",) for loss in record.losses)
    kinds = SOFTMAX if squashed else SOFTMAX[1:]
    return max((op.index for op in record.graph if op.name in kinds), default=-1)


def _served(record: Record) -> bool:
    """Whether a loader serves the training batches: samples come first then."""
    training = record.batches.numbers("evaluation") == 0.0
    return bool((record.batches.numbers("loader")[training] >= 0.0).any())


def _rows(record: Record) -> int:
    """Rows of the first training batch: of its targets where they are known.

    0 where a row is taught the next one: time comes first there, and a row is no sample.
    """
    if record.named("successive-rows"):
        return 0
    for loss in record.losses:
        if loss.target_shape:
            return loss.target_shape[0]
    samples = record.steps.numbers("samples")
    samples = samples[np.isfinite(samples)]
    return int(samples[0]) if samples.size else 0
