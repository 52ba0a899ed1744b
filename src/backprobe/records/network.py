# SPDX-License-Identifier: Apache-2.0
"""What a network is made of: modules, parameters, and one forward that it really took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backprobe.records.run import Source


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
            ones that an operation gave; `distinct_in` and `distinct_out` of whole numbers that a
            remainder folded.
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
