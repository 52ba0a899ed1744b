# SPDX-License-Identifier: Apache-2.0
"""Sees the operations of one forward: the graph really taken, and functional activations.

A `TorchFunctionMode` is on only from a root's pre-hook to its post-hook, with gradients enabled
and nothing compiled, so it is always the innermost mode when it is taken off again, and the
Transformer fast path (evaluation only) is never disabled.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from backprobe.probe import folds, masks, sites
from backprobe.probe.activations import FUNCTIONS
from backprobe.probe.attention import FUSED, Call
from backprobe.probe.edges import MOST, Picked, picked
from backprobe.probe.gathered import sent_back
from backprobe.records import Operation, Place

SKIPPED = frozenset(
    {
        "__get__",
        "__set__",
        "dim",
        "size",
        "numel",
        "stride",
        "is_contiguous",
        "requires_grad_",
        "__len__",
        "__format__",
        "__repr__",
        "item",
        "has_torch_function",
        "is_floating_point",
        "is_complex",
        "data_ptr",
        "register_hook",
    }
)
MEASURED = frozenset((*FUNCTIONS, *FUSED))
"""What is looked at where the graph is not kept."""
TURNS = "_set_grad_enabled"
"""What `no_grad`, `enable_grad` and `set_grad_enabled` call, at their begin and end."""
COMPILED = "a compiled region: layer outputs inside it are not measured"
MAX_OPERATIONS = 5000
_POSITIONAL = {
    "dropout": ("p", "training"),
    "dropout1d": ("p", "training"),
    "dropout2d": ("p", "training"),
    "dropout3d": ("p", "training"),
    "alpha_dropout": ("p", "training"),
    "softmax": ("dim",),
    "log_softmax": ("dim",),
}
"""Function → names of the plain arguments that follow its first tensor."""
SUMS = frozenset({"add", "add_", "__add__", "__radd__", "__iadd__"})
_ARGUMENTS = (
    "training",
    "dim",
    "p",
    "reduction",
    "ignore_index",
    "label_smoothing",
    "dtype",
    "keepdim",
)


class Capture(TorchFunctionMode):
    """Watches the functions called during one forward.

    Arguments:
        module_now: gives the index of the innermost running module, -1 for none.
        on_activation: called with a functional activation's call and output and its ordinal
            among that module's activations in this forward; returns the place that measured it.
        on_attention: the same of a function that computes attention as a whole; its place is not
            of the output.
        graph: whether to keep the operations too (first forwards only), or just activations.
        failed: told of the first fault of ours, after which nothing more is seen.
    """

    def __init__(
        self,
        module_now: Callable[[], int],
        on_activation: Callable[[Call, Tensor, int, int], Place | None],
        on_attention: Callable[[Call, Tensor, int, int], object],
        graph: bool,
        failed: Callable[[str, BaseException], None],
    ) -> None:
        super().__init__()
        self.operations: list[Operation] = []
        self.producer: dict[int, int] = {}
        self._module_now = module_now
        self._on_activation = on_activation
        self._on_attention = on_attention
        self.graph = graph
        self._failed = failed
        self.paused = False  # while we measure: our own calls are not the network's
        self._held: list[Tensor] = []  # so that ids stay unique until the forward ends
        self._ordinals: dict[int, int] = {}
        self._ids: Tensor | None = None  # of the first embedding, one row a row of the batch
        self.looked_up: list[tuple[int, Tensor]] = []  # ids of every embedding, by module
        self.tables: list[tuple[int, Tensor, int]] = []  # the same, and how many rows it has
        self.picked: list[Picked] = []
        self._taken: dict[int, Picked] = {}  # by the operation that took its rows
        self._attentions: dict[int, int] = {}
        self._block: sites.Site | None = None
        self.without_gradients: dict[sites.Site, set[int]] = {}
        """Line that turned gradients off inside the forward → modules that computed under it."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if torch.compiler.is_compiling():  # a compiled part of the network: Dynamo traces this too
            return result
        name = getattr(func, "__name__", "")
        if self.paused or (name in SKIPPED if self.graph else name not in MEASURED):
            return result
        try:
            if name == TURNS:
                self._block = None if args[0] else sites.block(sys._getframe(1))
            else:
                self._see(name, args, kwargs or {}, result)
        except Exception as error:  # noqa: BLE001  # our fault is never the user's
            self.paused = True
            self._failed("operations", error)
        return result

    def place_at(self, module: int, place: Place, output: Tensor) -> None:
        """Says that a module's output was measured: the operation that made it is that place."""
        index = self.producer.get(id(output))
        if index is not None and self.operations[index].module == module:
            self.operations[index] = replace(self.operations[index], place=place.index)

    def close(self) -> None:
        """Lets go of the tensors."""
        self._held.clear()
        self._ids = None
        self.looked_up = []
        self.tables = []
        self.picked = []
        self._taken = {}
        self.producer.clear()

    def feeds(self, operation: Operation) -> tuple[int, ...]:
        """Places that feed an operation: the nearest measured ones upstream."""
        found: dict[int, None] = {}
        seen: set[int] = set()
        pending = [index for index in operation.inputs if index >= 0]
        while pending and len(seen) < 200:
            index = pending.pop(0)
            if index in seen:
                continue
            seen.add(index)
            upstream = self.operations[index]
            if upstream.place >= 0:
                found[upstream.place] = None
            else:
                pending += [i for i in upstream.inputs if i >= 0]
        return tuple(found)

    def _see(self, name: str, args: Any, kwargs: dict[str, Any], result: Any) -> None:
        output = result[0] if isinstance(result, tuple) and result else result
        if not isinstance(output, Tensor):
            return
        module = self._module_now()
        place: Place | None = None
        if name in FUNCTIONS and output.is_floating_point():
            ordinal = self._ordinals.get(module, 0)
            self._ordinals[module] = ordinal + 1
            self.paused = True
            try:
                place = self._on_activation((name, args, kwargs), output, module, ordinal)
            finally:
                self.paused = False
        elif name in FUSED:
            ordinal = self._attentions.get(module, 0)
            self._attentions[module] = ordinal + 1
            self.paused = True
            try:
                self._on_attention((name, args, kwargs), output, module, ordinal)
            finally:
                self.paused = False
        if not self.graph or len(self.operations) >= MAX_OPERATIONS:
            return
        if self._block is not None and not torch.is_grad_enabled():
            self.without_gradients.setdefault(self._block, set()).add(module)
        tensors = [a for a in _flat(args) if isinstance(a, Tensor)]
        tensors += [a for a in _flat(tuple(kwargs.values())) if isinstance(a, Tensor)]
        index = len(self.operations)
        plain = _plain(name, args, kwargs)
        if name in SUMS and len(tensors) == 2 and tensors[0] is tensors[1]:
            plain["itself"] = True
        if name == "embedding" and len(tensors) > 1 and len(self.tables) < MOST:
            self.tables.append((module, tensors[0], tensors[1].shape[0]))
        if name == "embedding" and tensors[0].dim() == 2:
            self._ids = tensors[0] if self._ids is None else self._ids
            self.looked_up.append((module, tensors[0]))
        elif name in FUSED:
            self.paused = True
            try:
                plain |= masks.facts(name, args, kwargs, self._ids)
            finally:
                self.paused = False
        elif len(self.picked) < MOST and (rows := picked(name, args, kwargs)) is not None:
            self.picked.append(rows)
            if not rows.puts:
                self._taken[index] = rows
            elif len(tensors) == 3 and self._taken:
                made = self.producer.get(id(tensors[2]), -1)
                if sent_back(self.operations, self._taken, rows, tensors[2], made):
                    plain["sent_back"] = True
        elif name in folds.FOLDS:
            self.paused = True
            try:
                plain |= folds.facts(name, tensors, output)
            finally:
                self.paused = False
        if output.is_floating_point() and any(self._counts(t) for t in tensors):
            plain["from_integers"] = True
        self.operations.append(
            Operation(
                index=index,
                name=name,
                module=module,
                source=sites.source(sites.caller(sys._getframe(2))),
                inputs=tuple(self.producer.get(id(t), -1) for t in tensors),
                shape=tuple(output.shape),
                input_shapes=tuple(tuple(t.shape) for t in tensors),
                dtype=str(output.dtype).removeprefix("torch."),
                place=-1 if place is None else place.index,
                arguments=plain,
            )
        )
        self.producer[id(output)] = index
        self._held.append(output)
        if isinstance(result, (tuple, list)):
            for part in result[1:]:
                if isinstance(part, Tensor):
                    self.producer[id(part)] = index
                    self._held.append(part)

    def _counts(self, tensor: Tensor) -> bool:
        """Whether a captured operation gave these whole numbers: ids, or positions of maxima."""
        whole = not tensor.is_floating_point() and tensor.dtype != torch.bool
        return whole and id(tensor) in self.producer


def _plain(name: str, args: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The plain arguments that a rule may ask for, by name."""
    given = dict(zip(_POSITIONAL.get(name, ()), args[1:], strict=False))
    given |= {key: kwargs[key] for key in _ARGUMENTS if key in kwargs}
    return {k: v for k, v in given.items() if isinstance(v, (int, float, str, bool))}


def _flat(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, (tuple, list)):
            found += list(value)
        else:
            found.append(value)
    return found


def possible() -> bool:
    """Whether a capture may begin: gradients enabled, nothing compiled or transformed."""
    return (
        torch.is_grad_enabled()
        and not torch.compiler.is_compiling()
        and not compiles()
        and not torch._C._are_functorch_transforms_active()
    )


def compiles() -> bool:
    """Whether this process has asked `torch.compile` for anything.

    A mode of ours around a compiled region would be a guard of it, and cost it a compilation.
    """
    dynamo: Any = sys.modules.get("torch._dynamo.eval_frame")
    backends: Any = getattr(dynamo, "cached_backends", None)
    return bool(backends) and any(backend is not None for backend in backends.values())
