# SPDX-License-Identifier: Apache-2.0
"""The points of a running script at which treatments act: forwards, calls, backwards, steps.

Everything is put in place once, at start-up, and taken away by `remove`; a process without
treatments never imports this.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from backprobe.treatments.calls import Calls
from backprobe.treatments.report import Report
from backprobe.treatments.steps import Steps
from backprobe.treatments.tracing import Layer, Trace, trace

Before = Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], "tuple[Any, ...] | None"]
After = Callable[[nn.Module, Any], Any]


class Points:
    """Where the treatments of one process register what they do.

    Arguments:
        report: what became of each treatment.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.calls = Calls(self)
        self.steps = Steps()
        self.first_forward: list[Callable[[nn.Module, tuple[Any, ...], dict[str, Any]], None]] = []
        """Before the first forward of each root with parameters."""
        self.before_forward: list[Before] = []
        """Before each forward of a root; may give other positional arguments."""
        self.after_forward: list[After] = []
        """After each forward of a root; gives its output."""
        self.before_backward: list[Callable[[Tensor], None]] = []
        self.after_backward: list[Callable[[], None]] = []
        self.roots: list[weakref.ref[nn.Module]] = []
        self.stack: list[nn.Module] = []
        self.ordinal = -1
        """Position of the activation call that runs, among those of this root's forward."""
        self.trained = False
        """Whether some root was in train mode in a forward with gradients."""
        self._traces: dict[int, Trace] = {}
        self._known: dict[int, weakref.ref[nn.Module]] = {}
        self._tracing = False
        self._backward_depth = 0
        self._undo: list[Callable[[], None]] = []

    @property
    def root(self) -> nn.Module | None:
        """The root whose forward runs."""
        return self.stack[0] if self.stack else None

    def trains(self, root: nn.Module | None = None) -> bool:
        """Whether a forward (of `root`) made now is one of training, not of evaluation."""
        if not torch.is_grad_enabled():
            return False
        return root is None or root.training or not self.trained

    def trace(self) -> Trace | None:
        """What the running root's first forward looked like; None where it can't be known."""
        root = self.root
        return None if root is None else self._traces.get(id(root))

    def layers(self) -> tuple[Layer, ...]:
        """The layers of the running root in the order of their calls, () where not known."""
        known = self.trace()
        return () if known is None else known.layers

    def last_modules(self) -> list[nn.Module]:
        """The layers that the running root's output comes from, each once."""
        last = {id(layer.module): layer.module for layer in self.layers() if layer.last}
        return list(last.values())

    def ends_in(self, root: nn.Module, activation: str) -> bool:
        """Whether a root's own output comes from an activation, by its canonical name."""
        known = self._traces.get(id(root))
        ends = known.activations if known is not None else ()
        return any(one.role == "output" and one.name == activation for one in ends)

    def living_roots(self) -> list[nn.Module]:
        """The roots that were called and still exist."""
        return [root for reference in self.roots if (root := reference()) is not None]

    def install(self) -> None:
        """Puts the points in place; before the probe's own patches, which then come outermost."""
        self._patch_call()
        self._patch_backward()
        self.steps.install()
        self._undo.append(self.steps.remove)

    def remove(self) -> None:
        """Takes everything away again."""
        self.calls.leave()
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()

    def _patch_call(self) -> None:
        original: Any = nn.Module.__call__
        points = self

        @functools.wraps(original)
        def __call__(self: nn.Module, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            if torch.compiler.is_compiling():
                return original(self, *args, **kwargs)
            return points._called(original, self, args, kwargs)

        nn.Module.__call__ = __call__  # type: ignore[method-assign]

        def undo() -> None:
            nn.Module.__call__ = original  # type: ignore[method-assign]

        self._undo.append(undo)

    def _called(
        self, original: Any, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if self.stack:
            if not self.calls.wanted:  # nobody asks which module runs inside
                return original(module, *args, **kwargs)
            self.stack.append(module)
            try:
                return original(module, *args, **kwargs)
            finally:
                self.stack.pop()
        known = self._known.get(id(module))
        new = known is None or known() is not module
        if self._tracing or self._backward_depth or (new and not _has_parameters(module)):
            return original(module, *args, **kwargs)
        self.stack.append(module)
        try:
            if new:
                self._known[id(module)] = weakref.ref(module)
                self.roots.append(self._known[id(module)])
                self._meet(module, args, kwargs)
            if torch.is_grad_enabled() and module.training:
                self.trained = True
            self.ordinal = -1
            for before in self.before_forward:
                changed = before(module, args, kwargs)
                args = args if changed is None else changed
            output = original(module, *args, **kwargs)
            for after in self.after_forward:
                output = after(module, output)
            self.calls.note_output(module, output)
            return output
        finally:
            self.stack.pop()

    def _meet(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.calls.wanted:
            self.calls.enter()
        if self.calls.wants_trace:
            stack, self.stack = self.stack, []
            self._tracing = True
            try:
                with unwatched():
                    self._traces[id(module)] = trace(module, args, kwargs)
            except Exception as error:  # noqa: BLE001  # then roles are guessed from names
                self._traces[id(module)] = Trace((), (), repr(error))
            finally:
                self._tracing = False
                self.stack = stack
        for meet in self.first_forward:
            meet(module, args, kwargs)

    def _patch_backward(self) -> None:
        points = self
        method: Any = Tensor.backward
        function: Any = torch.autograd.backward

        @functools.wraps(method)
        def backward(self: Tensor, *args: Any, **kwargs: Any) -> Any:
            return points._back(self, lambda: method(self, *args, **kwargs))

        @functools.wraps(function)
        def autograd_backward(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            return points._back(tensors, lambda: function(tensors, *args, **kwargs))

        Tensor.backward = backward  # type: ignore[method-assign]
        torch.autograd.backward = autograd_backward

        def undo() -> None:
            Tensor.backward = method  # type: ignore[method-assign]
            torch.autograd.backward = function

        self._undo.append(undo)

    def _back(self, tensors: Any, run: Callable[[], Any]) -> Any:
        if torch.compiler.is_compiling() or self._backward_depth:
            return run()
        self.steps.settle()
        loss = tensors if isinstance(tensors, Tensor) else next(iter(tensors), None)
        for before in self.before_backward:
            if isinstance(loss, Tensor):
                before(loss)
        self._backward_depth += 1
        try:
            # `Tensor.backward` is itself overridable: under a mode it would come back to us.
            with self.calls.off():
                result = run()
        finally:
            self._backward_depth -= 1
        for after in self.after_backward:
            after()
        return result


def _has_parameters(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


@contextmanager
def unwatched() -> Iterator[None]:
    """Within it no global module hook runs: a forward of ours is nobody's business."""
    names = ("_global_forward_pre_hooks", "_global_forward_hooks")
    kept = {name: dict(getattr(torch_module, name)) for name in names}
    for name in names:
        getattr(torch_module, name).clear()
    try:
        yield
    finally:
        for name in names:
            getattr(torch_module, name).update(kept[name])
