# SPDX-License-Identifier: Apache-2.0
"""Calls of torch functions, methods and functional layers, seen and changed while they are made.

One `TorchFunctionMode` sees `torch.sigmoid`, `x.sigmoid()`, `F.relu` and what a module's forward
calls alike; it is entered at the first forward of a model and stays until the process ends.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from backprobe.treatments.functions import ACTIVATIONS, LOSSES

_PROBE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "probe") + os.sep
VIEWS = ("squeeze", "view", "reshape", "flatten", "__getitem__", "unsqueeze", "float", "ravel")
"""What an output may go through and still be the output."""

Proceed = Callable[..., Any]
Handler = Callable[[str, Proceed, tuple[Any, ...], dict[str, Any]], Any]
"""Takes the function's name, what calls it (and the next handler), and its arguments."""


class Position(Protocol):
    """Where in the script a call is made."""

    stack: list[nn.Module]
    """The modules whose forward runs, the root first."""
    ordinal: int
    """Position of the activation call that runs, among those of this root's forward."""


class Calls(TorchFunctionMode):
    """The handlers of a process, by the name of the function they change.

    Arguments:
        position: where the process is.
    """

    def __init__(self, position: Position) -> None:
        super().__init__()
        self._position = position
        self._handlers: dict[str, list[Handler]] = {}
        self._outputs: dict[int, tuple[weakref.ref[Tensor], Any]] = {}
        self._tracks = False
        self.wants_trace = False
        self.entered = False

    @property
    def wanted(self) -> bool:
        """Whether any function is to be changed."""
        return bool(self._handlers)

    def on(self, names: Any, handler: Handler) -> None:
        """Has a handler called instead of the functions of these names."""
        for name in names:
            self._handlers.setdefault(name, []).append(handler)

    def on_activations(self, handler: Handler) -> None:
        """Has a handler called instead of activations; roles come from a trace."""
        self.wants_trace = True
        self.on(ACTIVATIONS, handler)

    def on_losses(self, handler: Handler) -> None:
        """Has a handler called instead of loss functions; arguments are (input, target, …)."""

        def ordered(name: str, proceed: Proceed, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
            rest = dict(kw)
            given = list(args)
            names = ("input", "target")[len(given) :]
            given += [rest.pop(key) for key in names if key in rest]
            return handler(name, proceed, tuple(given), rest)

        self.on(LOSSES, ordered)

    def track_outputs(self) -> None:
        """Remembers which tensors are outputs of root models."""
        if not self._tracks:
            self._tracks = True
            self.on(VIEWS, self._through)

    def note_output(self, root: nn.Module, output: Any) -> None:
        """Told of each root's output."""
        if self._tracks and isinstance(output, Tensor):
            if len(self._outputs) > 256:
                self._outputs = {k: v for k, v in self._outputs.items() if v[0]() is not None}
            self._outputs[id(output)] = weakref.ref(output), weakref.ref(root)

    def output_of(self, tensor: Any) -> nn.Module | None:
        """The root whose output a tensor is, or None."""
        known = self._outputs.get(id(tensor))
        if known is None or known[0]() is not tensor:
            return None
        root: nn.Module | None = known[1]()
        return root

    def _through(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        result = proceed(*args, **kwargs)
        root = self.output_of(args[0]) if args and not self._position.stack else None
        if root is not None:
            self.note_output(root, result)
        return result

    def enter(self) -> None:
        """Begins to see calls, once a process."""
        if not self.entered:
            self.entered = True
            self.__enter__()  # type: ignore[no-untyped-call]

    def leave(self) -> None:
        """Ends it."""
        if self.entered:
            self.entered = False
            self.__exit__(None, None, None)  # type: ignore[no-untyped-call]

    @contextmanager
    def off(self) -> Iterator[None]:
        """Within it no call is seen."""
        if not self.entered:
            yield
            return
        with torch._C.DisableTorchFunction():
            yield

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name == "__get__":  # of an attribute: `x.data` is "get data"
            name = f"get {getattr(func.__self__, '__name__', '')}"
        handlers = self._handlers.get(name)
        if not handlers or torch.compiler.is_compiling():
            return func(*args, **kwargs)
        if sys._getframe(1).f_code.co_filename.startswith(_PROBE):
            return func(*args, **kwargs)  # it looks at what the script does, and does nothing
        if name in ACTIVATIONS and self._position.stack:
            self._position.ordinal += 1

        def proceed(position: int) -> Proceed:
            if position == len(handlers):
                return func  # type: ignore[no-any-return]
            handler = handlers[position]
            return lambda *a, **k: handler(name, proceed(position + 1), a, k)

        return proceed(0)(*args, **kwargs)
