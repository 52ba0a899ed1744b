# SPDX-License-Identifier: Apache-2.0
"""Module hooks: which roots run, and in which mode."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from threading import get_ident
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.nn.parameter import is_lazy

from backprobe.probe import batches, evaluation, sites
from backprobe.probe.capture import COMPILED, compiles
from backprobe.probe.inputs import Inputs
from backprobe.probe.kernels import calls
from backprobe.probe.layers import Layers
from backprobe.probe.loaders import Loaders
from backprobe.probe.recorder import STEP_COLUMNS
from backprobe.probe.state import State
from backprobe.probe.structure import is_criterion, unwrapped

_compiling = torch.compiler.is_compiling


class Forward:
    """The module hooks of one process.

    Arguments:
        state: shared with the other parts of the probe.
        loaders: which batch was served last.
    """

    def __init__(self, state: State, loaders: Loaders) -> None:
        self.state = state
        self.stack: list[nn.Module] = []
        self._after = self.after  # the one object that torch's registry holds, as `_before` is
        self._before = self.before
        self.catch_up: Callable[[], None] = _no_more
        self.followed = calls.followed(
            self._after,
            lambda: self.catch_up(),
            partial(state.recorder.add_steps, len(STEP_COLUMNS)),
            __name__,
        )
        self._follows = _no if self.followed is None else self.followed.begin
        self._layers = Layers(
            state,
            self.stack,
            lambda args: self._inputs.first(args),
            self._before,
            self._after if self.followed is None else self.followed.left,
        )
        self._inputs = Inputs(state, loaders, self._layers.index)
        self._roots: dict[int, tuple[Any, int]] = {}
        self._broken = state.guard.broken
        self._entered = False
        self._flat = self._stacked = False
        self._nests = False
        self._last = 0
        self._measuring = False
        self._skip = False
        self._again = False
        self.usual: Callable[[], Any] = _nothing
        self._handles: list[Any] = []
        self.resume: Callable[[Any], None] = lambda _: None
        state.running = lambda: bool(self.stack)

    def install(self) -> None:
        """Puts the global module hooks in place."""
        if not self._handles:
            self.state.asked.hooked = True
            register: Callable[..., Any] = torch_module.register_module_forward_hook
            self._handles = [
                torch_module.register_module_forward_pre_hook(self._before),
                register(self._after, with_kwargs=True, always_call=True),
            ]

    def switch(self, wanted: bool) -> None:
        """Puts the hooks in place or takes them off for the step that begins.

        Where something is compiled they stay: it was compiled with them, and would be anew.
        """
        if wanted:
            self.install()
        elif self._handles and not compiles():
            self.remove()

    def wake(self) -> bool:
        """Puts the hooks in place until the next step: an evaluation may be about to begin.

        Not from within a forward whose begin was not seen: what it calls would be taken for roots.
        Whether they are in place.
        """
        if not self._handles:
            if sites.in_forward():
                return False
            self.state.woken = True
            self.install()
        self.state.doze = 0
        return True

    def remove(self) -> None:
        """Takes the hooks away; the modules themselves were never touched."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self.state.asked.hooked = False
        self._flat = self._stacked = self._again = False
        self.stack.clear()

    def _flatten(self) -> None:
        """Takes the pre-hook off until the root has run: nothing asks which module runs inside.

        Not of a network that was ever seen to call itself: its end could not be told then. What
        the layers put out is left to compiled code, where there is nothing else to do.
        """
        registry = self._handles[0].hooks_dict_ref() if self._handles else None
        if registry is not None and registry.pop(self._handles[0].id, None) is not None:
            self._flat = True
            hooks = self._layers.follow(self.stack[0], self._inputs.wants_first)
            if hooks is not None:
                self._handles[1].hooks_dict_ref()[self._handles[1].id] = hooks[1]
                self.usual = self._roots[id(self.stack[0])][0]

    def _keep_stack(self) -> None:
        """Leaves the layers' outputs to compiled code while something asks which module runs."""
        hooks = self._layers.follow(self.stack[0], self._inputs.wants_first, stacked=True)
        if hooks is not None and self._handles:
            self._stacked = True
            for handle, hook in zip(self._handles, hooks, strict=True):
                handle.hooks_dict_ref()[handle.id] = hook

    def _unflatten(self) -> None:
        """Puts it back."""
        self._flat = self._stacked = False
        if self._handles:
            before, after = self._handles
            before.hooks_dict_ref()[before.id] = self._before
            after.hooks_dict_ref()[after.id] = self._after
        self._layers.followed()

    def before(self, module: nn.Module, args: Any) -> None:  # noqa: ARG002  # torch's signature
        """Global forward pre-hook."""
        if _compiling() or self._follows(module):
            return
        if get_ident() != self.state.thread and not self._adopted():
            return
        if self.stack:
            self._nests = self._nests or module is self.stack[0]
            self.stack.append(module)
            return
        if not is_criterion(module):  # whose forward may come between a root's and its backward
            self.catch_up()
        began = perf_counter()
        self.stack.append(module)
        if module is not self.usual() or not self._enter_again(module):
            self._entered = True
            self.state.guard.run("forward", self._enter, module)
        self.state.budget.spent += perf_counter() - began

    def after(self, module: nn.Module, args: Any, kwargs: Any = None, output: Any = None) -> None:
        """Global forward hook.

        Called by torch 2.x after a forward that raised (the early stop of a recomputation does)
        without an output, and with None in place of the keyword arguments.
        """
        if _compiling():
            return
        stack = self.stack
        if not stack or get_ident() != self.state.thread:
            self._nests = self._nests or id(module) == self._last  # it had ended within itself
            return
        if self._again and module is stack[0]:
            began = perf_counter()
            self._leave_again(module, args, kwargs or {}, output)
            self.state.budget.spent += perf_counter() - began
            return
        if self._flat and module is not stack[0]:
            began = perf_counter()
            if "outputs" not in self._broken:
                try:
                    self._layers.measure(module, args, output)
                except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
                    self.state.guard.failed("outputs", error)
            self.state.budget.spent += perf_counter() - began
            return
        if stack[-1] is not module:
            if not any(running is module for running in stack):
                return
            while stack[-1] is not module:
                stack.pop()
        if self._measuring:
            began = perf_counter()
            if "outputs" not in self._broken:
                try:
                    if (capture := self._layers.capture) is None:
                        self._layers.measure(module, args, output)
                    else:
                        self._layers.captured(capture, module, args, output)
                except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
                    self.state.guard.failed("outputs", error)
            stack.pop()
            if not stack:
                self._left(module, args, kwargs or {}, output)
            self.state.budget.spent += perf_counter() - began
            return
        stack.pop()
        if not stack:
            began = perf_counter()
            self._left(module, args, kwargs or {}, output)
            self.state.budget.spent += perf_counter() - began

    def _adopted(self) -> bool:
        """Follows the calling thread from now on, as long as none has trained yet."""
        if self._entered or self.state.settled or not torch.is_grad_enabled():
            return False
        self.state.thread = get_ident()
        return True

    def _enter(self, module: nn.Module) -> None:
        state = self.state
        self._measuring = False
        self._skip = torch._C._current_graph_task_id() != -1  # recomputed in a backward
        if self._skip or is_criterion(module):
            if not self._skip:
                state.criterion_site = sites.here()
            return
        if torch._C._are_functorch_transforms_active():
            state.blind_spot("forwards inside torch.func transforms are not looked into")
            self._skip = True
            return
        state.budget.start()
        index = self._numbered(module)
        if index < 0:
            self._skip = True
            return
        if self._is_teacher(module):
            self._skip = True
            return
        if self._is_evaluation(module):
            if state.phase is None:
                state.begin_phase()
                self._inputs.begin_phase()
            return
        state.end_phase()
        state.root = index
        state.training = float(module.training)
        state.seen_training = state.seen_training or module.training
        self._inputs.begin()
        if not state.observing or state.light:
            return
        self._measuring = True
        self._layers.begin(index)
        if compiles():
            state.blind_spot(COMPILED)
        elif state.settled and not self._nests:
            if self._layers.capture is None:
                self._flatten()
            elif not self._layers.capture.graph:
                self._keep_stack()

    def _enter_again(self, module: nn.Module) -> bool:
        """Whether a root runs as it last did: what `_enter` and `_flatten` do, in short."""
        state = self.state
        try:
            if (
                not state.observing
                or not module.training
                or self._nests
                or state.phase is not None
                or state.guard.broken
                or not batches.grad_enabled()
                or torch._C._current_graph_task_id() != -1
                or torch._C._are_functorch_transforms_active()
                or compiles()
            ):
                return False
            self._inputs.begin()
            hook = self._layers.follow_again(module, self._inputs.wants_first)
            if hook is None:
                return False
            before, after = self._handles
            before.hooks_dict_ref().pop(before.id)
            after.hooks_dict_ref()[after.id] = hook
            self._again = self._flat = True
            state.root, state.training = self._roots[id(module)][1], 1.0
        except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
            state.guard.failed("forward", error)
        return True

    def _leave_again(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        """Ends a forward that `_enter_again` has begun."""
        self.stack.clear()
        self._again = False
        try:
            self._unflatten()
            self._last = id(module)
            self._inputs.trained(module, args, kwargs, output, True)
        except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
            self.state.guard.failed("forward", error)

    @property
    def plain(self) -> bool:
        """Whether nothing but the usual is due in the forward that comes next."""
        return (
            self.usual is not _nothing
            and not self._nests
            and not self.stack
            and self._inputs.plain
            and self._layers.alike(self.usual())
        )

    @property
    def alike(self) -> int:
        """Forwards to come, at most, in which nothing but the usual is due."""
        return min(self._inputs.left, self._layers.left)

    @property
    def hooks(self) -> list[Any]:
        """Handles of the global module hooks: before and after."""
        return self._handles

    @property
    def hook_before(self) -> Callable[..., None]:
        """What torch's registry holds."""
        return self._before

    @property
    def hook_after(self) -> Callable[..., None]:
        """What torch's registry holds."""
        return self._after

    @property
    def layer_calls(self) -> calls.Layers | None:
        """What follows the layers in compiled code."""
        return self._layers.calls

    def ran_as_usual(self, times: int = 1) -> None:
        """Counts forwards that were followed to their end."""
        self._inputs.passed(times)
        self._layers.ran_as_usual(times)
        self._last = id(self.usual())

    def take_over(self, root: int, running: nn.Module | None) -> None:
        """Goes on with a step whose forward was followed.

        Arguments:
            root: whose, by its `id`.
            running: the same where it still runs.
        """
        state = self.state
        state.root, state.training = self._roots[root][1], 1.0
        if running is not None:
            self._inputs.begin()
            self._layers.ran_as_usual()
            self.stack.append(running)
            self._again = self._flat = True

    def _numbered(self, module: nn.Module) -> int:
        """Number of a module that was called as a root, -1 where it has no parameters."""
        known = self._roots.get(id(module))
        if known is not None and known[0]() is module:
            return known[1]
        if any(map(is_lazy, module.parameters())):
            return -1  # a lazy layer's first forward makes its weights: seen from the next one on
        root = self.state.structure.add_root(module)
        if self.state.step == 0 and not self.state.settled:
            self._resume(root)
        trained = next(root.parameters(), None) is not None
        index = self.state.structure.module_of[id(unwrapped(module))] if trained else -1
        self._roots[id(module)] = weakref.ref(module), index
        return index

    def _resume(self, root: nn.Module) -> None:
        """Where an optimizer of this root goes on from a checkpoint, the steps do too."""
        mine = {id(parameter) for parameter in root.parameters()}
        for optimizer in sites.living_optimizers():
            if any(id(p) in mine for group in optimizer.param_groups for p in group["params"]):
                self.resume(optimizer)

    def _left(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        """The root's forward has ended: no mode of ours outlives it, whatever fails."""
        try:
            self.state.guard.run("forward", self._leave, module, args, kwargs, output)
        finally:
            self._measuring = self._skip = False
            self._last = 0
            if self._flat:
                self._last = id(module)
            if self._flat or self._stacked:
                self._unflatten()
            self._layers.end_capture()

    def _leave(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        state = self.state
        measuring, self._measuring = self._measuring, False
        capture = self._layers.end_capture()
        if capture is not None:
            if capture.graph:
                self._layers.keep_graph(module, capture)
            capture.close()
        if self._skip:
            self._skip = False
            return
        if is_criterion(module):
            if state.phase is not None and type(output) is Tensor and output.numel() == 1:
                state.phase.criterion.loss += evaluation.number(output.detach())
                state.phase.criterion.count += 1
            return
        if state.phase is not None:
            self._inputs.evaluated(module, args, kwargs, output)
            return
        self._inputs.trained(module, args, kwargs, output, measuring)

    def _is_teacher(self, module: nn.Module) -> bool:
        """Whether a frozen network runs in evaluation mode between a forward and its backward."""
        return (
            not module.training
            and self.state.unused.forwards > 0
            and batches.grad_enabled()
            and not any(parameter.requires_grad for parameter in module.parameters())
        )

    def _is_evaluation(self, module: nn.Module) -> bool:
        if not batches.grad_enabled():
            return True
        if module.training or not self.state.seen_training or not self.state.mode_trusted:
            return False
        return self.state.step > 0


def _nothing() -> None:
    """No root has run."""


def _no(_: Any) -> bool:
    """No step is followed."""
    return False


def _no_more() -> None:
    """No step is followed."""
