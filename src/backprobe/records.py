# SPDX-License-Identifier: Apache-2.0
"""The nouns of backprobe as frozen data: a run, what was measured in it, and what was found.

Nothing here imports torch or touches a file. `Record` is the only input of a rule: it is built by
`backprobe.store.reader` from the log files that the probe wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

SCHEMA = 1
"""Version of the JSON that commands print and of the findings that are stored."""

Severity = Literal["error", "warning", "note"]
Kind = Literal["cause", "symptom"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")
"""Severities from the mildest to the gravest."""

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Source:
    """A place in the user's code.

    Arguments:
        file: path as the interpreter knew it.
        line: line number, from 1.
        text: the stripped line of code, or "" where it could not be read.
    """

    file: str
    line: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Run:
    """One execution of a training script.

    `state` is one of running, finished, failed (non-zero exit), killed (by a signal) and crashed
    (its processes are gone and nobody closed it). `kind` is "run" or "trial". `ignore` are the
    rules that were silenced for it.
    """

    id: str
    name: str = ""
    project: str = ""
    kind: str = "run"
    state: str = "running"
    created: float = 0.0
    ended: float | None = None
    command: tuple[str, ...] = ()
    cwd: str = ""
    exit_code: int | None = None
    host: str = ""
    pid: int = 0
    path: str = ""
    group: str = ""
    job_type: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """A diagnosis: what is wrong, where, how sure we are, on what evidence, and what to try.

    Arguments:
        rule: canonical rule name, e.g. "double-softmax".
        kind: whether this explains other findings or is explained by something else.
        severity: "error", "warning" or "note"; a healthy run has at most notes.
        confidence: probability, 0 to 1, that the finding is right.
        message: what was measured, what is normal for this network, and what follows.
        where: module names as in the root's `named_modules()`.
        source: the line of the user's code at fault, where known.
        steps: first and last optimizer step at which it was seen.
        evidence: the numbers behind the message, JSON-ready.
        treatments: strings valid after `--treat`, the cheapest first.
        rank: 1 for the likeliest cause; 0 until `diagnose` has ranked it.
        explained_by: rule names of the causes that explain this symptom.
    """

    rule: str
    severity: Severity
    confidence: float
    message: str
    kind: Kind = "cause"
    where: tuple[str, ...] = ()
    source: Source | None = None
    steps: tuple[int, int] = (0, 0)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    treatments: tuple[str, ...] = ()
    rank: int = 0
    explained_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Module:
    """One module of a watched model.

    Arguments:
        index: its number in the record.
        name: as in the root's `named_modules()`, without `module.` and `_orig_mod.`; "": the root.
        type: class name, e.g. "Linear".
        root: index of its root model's own module entry.
        parent: index of the parent module, -1 for a root.
        source: where the user's code constructs it.
        settings: its plain attributes (`in_features`, `p`, `momentum` …), numbers, strings, tuples.
        training: `module.training` during the first training forward.
        calls: how often it ran during the first captured forward (0: declared but never called).
        parameters: indexes of the parameters it owns directly.
    """

    index: int
    name: str
    type: str
    root: int = 0
    parent: int = -1
    source: Source | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    training: bool = True
    calls: int = 0
    parameters: tuple[int, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """One parameter tensor.

    `initial` holds what it was before the first update: `mean`, `std`, `min`, `max`, `zeros`
    (fraction), `distinct_rows` (number of distinct rows along dimension 0, bitwise) and `rows`.
    `optimizer` and `group` are -1 where no optimizer that stepped holds it. `shape` is of the whole
    tensor; `local` is the number of elements in this rank's shard, -1 where it is not sharded.
    """

    index: int
    name: str
    module: int
    shape: tuple[int, ...]
    dtype: str = "float32"
    requires_grad: bool = True
    optimizer: int = -1
    group: int = -1
    aliases: tuple[str, ...] = ()
    initial: Mapping[str, float] = field(default_factory=dict)
    local: int = -1

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True)
class Operation:
    """One operation of the forward path really taken, in the order of execution.

    Arguments:
        index: its number within its capture.
        name: the function's name, e.g. "linear", "relu", "view", "cross_entropy".
        module: index of the innermost module whose forward called it, -1 outside of any.
        source: the user's line that called it (or that called the module that did).
        inputs: producers of its tensor arguments: an operation index, or -1 for a tensor that no
            captured operation made (a model input, a parameter, a constant).
        shape: shape of its (first) output.
        input_shapes: shapes of its tensor arguments.
        dtype: dtype of its output.
        place: index of the place that measures its output, -1 for none.
        arguments: plain keyword facts (`p`, `dim`, `reduction` …); `itself` where a sum is of one
            tensor and the same tensor; `from_integers` where it made numbers with a point of whole
            ones that an operation gave.
    """

    index: int
    name: str
    module: int = -1
    source: Source | None = None
    inputs: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()
    input_shapes: tuple[tuple[int, ...], ...] = ()
    dtype: str = ""
    place: int = -1
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A place whose output is measured: a module, or a functional activation inside one.

    A function that computes attention as a whole is one too, of which only `out_entropy` is known.

    Arguments:
        index: its number in the record, also the column in `Record.outputs`.
        name: module name; for a function the name of the module that calls it.
        type: module class name or function name ("ReLU", "relu", "sigmoid").
        activation: canonical activation name ("relu", "tanh", "gelu" …), "" where it is none.
        module: index of the module, or of the module that calls the function.
        order: position in the order of execution.
        shape: shape of its output in the first forward, batch first where the network is.
        inputs: indexes of the places that feed it, nearest measured first.
        source: the user's line.
        functional: whether it is a function rather than a module.
    """

    index: int
    name: str
    type: str
    activation: str = ""
    module: int = -1
    order: int = 0
    shape: tuple[int, ...] = ()
    inputs: tuple[int, ...] = ()
    source: Source | None = None
    functional: bool = False


@dataclass(frozen=True)
class Optimizer:
    """One optimizer that stepped.

    `groups` holds each group's plain settings at the first step (`lr`, `momentum`, `betas`,
    `weight_decay` …) and `parameters`, the indexes of its tensors (-1: not of a watched model).
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
            the classes or outputs of a row `row_std`, `row_sum`, `row_sum_std`;
            `log_probabilities` where they are those of a cross entropy; where that is given shares
            of classes, what they add up to in a row: `share_sum_least`, `share_sum_most`, and
            `shares_whole` (1: all are 0 or 1); where a factor of each row spread the rows' losses
            to a table, its `spread_rows`, and how many axes the losses had: `spread_axes`.
        source: the line that computes the loss.
        backward_source: the line that calls `backward`.
        model: index of the root module it trains, -1 unknown.
        terms: summands of the root; with several, `kind` is that of the first known one.
        weighted: whether classes or rows are weighted.
        class_weights: of the classes of a cross entropy, or of the yes of each output; () where
            there are none.
        scale: what the script multiplied it by before its first backward (accumulation, AMP).
        summands: of a root with several terms, how each became one number, where that is known:
            `reduction`, `shape` (of what was reduced) and `scale` (its factor), of a built-in loss
            its `kind`, and of a sum of parameters' squares `squares_of`: the parameters' shapes.
        roles: the argument that was given what belongs to another one: "target" (the network's
            output, and the targets as `input`), "variance" (the targets, and the variance as
            `target`); "" where they are in order.
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


@dataclass(frozen=True)
class Series:
    """Signals of many tensors over steps.

    Arguments:
        step: optimizer steps, shape [n], ascending.
        index: which parameter or place each column is, shape [m].
        values: signal name → float32 array [n, m]; NaN where it was not measured.
    """

    step: IntArray
    index: IntArray
    values: Mapping[str, FloatArray] = field(default_factory=dict)

    def of(self, signal: str, index: int) -> FloatArray:
        """Values [n] of one signal of one parameter or place; all NaN where there are none."""
        columns = np.flatnonzero(self.index == index)
        if signal not in self.values or columns.size == 0:
            return np.full(self.step.shape, np.nan, dtype=np.float32)
        return self.values[signal][:, int(columns[0])]

    def __contains__(self, signal: object) -> bool:
        return signal in self.values


@dataclass(frozen=True)
class Table:
    """Named columns of equal length; float columns hold NaN where nothing was measured."""

    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NDArray[Any]:
        found = self.columns.get(name)
        return np.full(len(self), np.nan) if found is None else found

    def numbers(self, name: str) -> NDArray[np.float64]:
        """One column [n] as numbers with a point, whatever it is kept as."""
        return np.asarray(self[name], np.float64)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return next((len(column) for column in self.columns.values()), 0)


@dataclass(frozen=True)
class Event:
    """Something that happened once: `name`, when (seconds since the epoch), and its facts."""

    name: str
    time: float
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """All that was measured in one process of one run: the only input of a rule.

    Arguments:
        run: who and when.
        steps: one row an optimizer step: `step`, `time`, `seconds` (step duration), `loss` (mean
            over its backward passes), `loss_index`, `backwards` (backward passes), `lr` (of the
            first group), `grad_norm` (global, as the optimizer sees it), `clip_norm` (before the
            user's clipping), `clip_limit`, `clip_share` (of the gradients' elements that are not
            zero: what clipping by value cut), `samples` (rows of the first root's batch),
            `carried` (1: the gradients that the last step used were still there when this step's
            backward began), `optimizer`, `scale` (GradScaler), `skipped` (1: it skipped the step
            because a gradient was not finite), `training` (1: the root was in train mode).
        parameters_series: columns are parameters; signals `grad_mean grad_rms grad_min grad_max
            grad_zero grad_nonfinite weight_mean weight_rms weight_min weight_max weight_nonfinite
            update_rms grad_cosine` (see `backprobe.signals`).
        outputs: columns are places; signals `out_mean out_rms out_min out_max out_zero
            out_nonfinite out_batch_std out_saturated out_dead`, and now and then `out_rank
            bn_mean_gap bn_var_ratio out_entropy` (parameters: `adam_lag`; entropy of attention, 1
            where it is even over the keys that a query sees).
        batches: one row a root forward that was looked at: `step`, `evaluation` (0/1), `rows`,
            `mean`, `std`, `min`, `max`, `nonfinite`, `integer`, `checksum`, `distinct` (share of
            different numbers), `common` (share of the commonest one), `model`, `loader`,
            `first_mean` … `first_max` (of what the first weighted layer gets), and of training
            batches `target_mean`, `target_std`, `target_classes`, `target_checksum`, `accuracy`.
        evaluations: one row an evaluation phase that ended: `step`, `time`, `loss`, `accuracy`,
            `batches`, `training` (1: some module was in train mode), `dropped` (1: dropout was on).
        hashes: one row a row of data that was hashed: `step`, `evaluation` (0/1), `input` and
            `target` (64-bit, 0: not known), of a sample of the training batches and of the first
            evaluation batches.
        noise: one row a step whose gradient is the mean of several small batches' (micro-batches,
            ranks of DDP): `step`, `micro` (their number), `rows` (of one of them), `small` and
            `big` (mean squared norm of their gradients, squared norm of the mean, scaled alike);
            `part` is 1 where `big` is of one rank's shards only (FSDP): merged they are added up.
        system: one row every few seconds: `time`, `cpu` (of this process, 1 is one core), `memory`
            (resident bytes), `machine_cpu` (0 to 1), `machine_memory` (0 to 1), `gpu`,
            `gpu_memory` (0 to 1) where there is one.
        history: what the user's `log()` calls gave: key → (step [n], value [n]).
        console: what the script wrote to its standard output, in pieces: the last step that was
            recorded before (-1: none), and the text.
        blind_spots: what could not be seen, in words for the user.
        damage: frames of the log that could not be read, in words.
        rank, world: of this process.
    """

    run: Run
    modules: tuple[Module, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    places: tuple[Place, ...] = ()
    graph: tuple[Operation, ...] = ()
    optimizers: tuple[Optimizer, ...] = ()
    losses: tuple[Loss, ...] = ()
    steps: Table = field(default_factory=Table)
    parameters_series: Series = field(
        default_factory=lambda: Series(np.zeros(0, np.int64), np.zeros(0, np.int64))
    )
    outputs: Series = field(
        default_factory=lambda: Series(np.zeros(0, np.int64), np.zeros(0, np.int64))
    )
    batches: Table = field(default_factory=Table)
    evaluations: Table = field(default_factory=Table)
    hashes: Table = field(default_factory=Table)
    noise: Table = field(default_factory=Table)
    system: Table = field(default_factory=Table)
    history: Mapping[str, tuple[IntArray, NDArray[Any]]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    console: tuple[tuple[int, str], ...] = ()
    blind_spots: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()
    rank: int = 0
    world: int = 1

    def module(self, name: str) -> Module | None:
        """The module of that name in the first root, or None."""
        return next((module for module in self.modules if module.name == name), None)

    def named(self, event: str) -> tuple[Event, ...]:
        """Events of that name, in the order they happened."""
        return tuple(found for found in self.events if found.name == event)
