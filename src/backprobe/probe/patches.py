# SPDX-License-Identifier: Apache-2.0
"""The few functions of torch that are wrapped, once a process, and what each wrapper tells.

A wrapper passes everything through and only looks. It is put in place right after torch was
imported, before the user's `from … import …` can have taken the original.
"""

from __future__ import annotations

import functools
import os
import sys
import weakref
from types import CodeType, FrameType
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as torch_module

from backprobe.probe import asked, clipping, codes, lines, loaders, plateaus, sites
from backprobe.probe.by_hand import ByHand
from backprobe.probe.loading import loading
from backprobe.probe.opaque import FLAGS, opaque, swap, untraced
from backprobe.probe.probe import Probe
from backprobe.probe.wrapping import Current, mark, wrapped

EVAL = nn.Module.eval.__code__
"""Of torch's own, which calls `train`."""


def install(current: Current, began: Current, present: Current) -> None:
    """Wraps what is not yet wrapped.

    Arguments:
        current: the probe, or None where there is none (yet).
        began: the probe, made now if need be: something is about to be trained.
        present: as `current`, of which nothing is asked that a step changes.
    """
    _backward(began)
    _construction()
    clipping.install(current)
    _scaler(current)
    _saved_hooks(current)
    _evaluations(present)
    _global_hooks()
    _state_dicts(current)
    _compiled_in_place(began)
    _exports()
    codes.install(current)
    _derivatives(current, began, present)
    plateaus.install(current)
    loaders.install(lambda: None if (probe := present()) is None else probe.loaders)


def _backward(began: Current) -> None:
    last: Probe | None = None

    if not wrapped(torch.Tensor.backward):
        method: Any = torch.Tensor.backward

        @functools.wraps(method)
        def backward(self: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal last
            if last is not None and (
                ((quick := last.quick_loss) is not None and quick(self))
                or ((quick := last.followed_loss) is not None and quick(self))
            ):
                state = last.state
                state.in_backward = True
                try:
                    return method(self, *args, **kwargs)
                finally:
                    state.in_backward = False
            before = swap(None)  # as `opaque` does, and told here, not by `began`: two calls less
            try:
                probe = last
                if (
                    probe is None
                    or not probe.handles
                    or probe.session.ended
                    or probe.session.pid != os.getpid()
                    or FLAGS._is_compiling_flag
                ):
                    if FLAGS._is_compiling_flag:
                        return method(self, *args, **kwargs)
                    last = probe = began()
                    if probe is None:
                        return method(self, *args, **kwargs)
                probe.state.catch_up()
                done = probe.backward.before(self)
                try:
                    return method(self, *args, **kwargs)
                finally:
                    if done:
                        probe.state.in_backward = False
                    else:
                        probe.backward.after()
            finally:
                swap(before)

        torch.Tensor.backward = mark(untraced(backward))  # type: ignore[method-assign]
    if not wrapped(torch.autograd.backward):
        function: Any = torch.autograd.backward

        def begins(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            probe = None if torch.compiler.is_compiling() else began()
            if probe is None or probe.state.in_backward:
                return function(tensors, *args, **kwargs)
            probe.backward.before(tensors)
            try:
                return function(tensors, *args, **kwargs)
            finally:
                probe.backward.after()

        begins = opaque(begins)

        @functools.wraps(function)
        def autograd_backward(tensors: Any, *args: Any, **kwargs: Any) -> Any:
            if last is not None and last.state.in_backward:  # called by `Tensor.backward`
                return function(tensors, *args, **kwargs)
            return begins(tensors, *args, **kwargs)

        torch.autograd.backward = mark(untraced(autograd_backward))


def _construction() -> None:
    """Remembers the line that makes each module and optimizer."""
    for kind in (nn.Module, torch.optim.Optimizer):
        original: Any = kind.__init__
        if wrapped(original):
            continue

        def wrap(original: Any) -> Any:
            @functools.wraps(original)
            def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
                original(self, *args, **kwargs)
                if not torch.compiler.is_compiling():
                    try:
                        sites.remember(self, sys._getframe(1))
                    except Exception:  # noqa: BLE001  # a place less, never an error in the user's constructor
                        pass

            return mark(__init__)

        kind.__init__ = wrap(original)  # type: ignore[method-assign]


def _derivatives(current: Current, began: Current, present: Current) -> None:
    """What a script differentiates by itself, of the first calls that do; all, where it trains."""
    original: Any = torch.autograd.grad
    if wrapped(original):
        return
    fresh = ByHand()  # until there is a probe

    @functools.wraps(original)
    def grad(*args: Any, **kwargs: Any) -> Any:
        nonlocal fresh
        probe = present()
        hand = fresh if probe is None else probe.state.by_hand
        if not hand.over and not torch.compiler.is_compiling():
            try:
                loss = hand.trains(args, kwargs)
            except Exception:  # noqa: BLE001  # a step less, never an error in the user's loop
                loss, hand.over = None, True
            probe = None if loss is None else began()
            if probe is not None and hand is fresh:
                probe.state.by_hand, fresh = fresh, ByHand()
            if (
                probe is not None
                and not probe.state.in_backward
                and hand.allows(probe.state.stepped, probe.backward.reads)
            ):
                probe.backward.before(loss)
                try:
                    return original(*args, **kwargs)
                finally:
                    probe.backward.after()
        results = original(*args, **kwargs)
        probe = None if torch.compiler.is_compiling() else current()
        if probe is not None and probe.state.derivatives.left > 0:
            state, frame = probe.state, sys._getframe(1)
            if not state.in_backward and torch.is_grad_enabled() and state.mine():
                take = state.derivatives.take
                probe.guard.run("losses", take, state.step, args, kwargs, results, frame)
        return results

    # TorchScript knows its own functions by their identity: without this it would compile ours.
    register: Any = getattr(getattr(torch.jit, "_builtins", None), "_register_builtin", None)
    if register is None:
        return
    register(grad, "aten::grad")
    torch.autograd.grad = mark(grad)


def _scaler(current: Current) -> None:
    """A GradScaler's factor, and the steps that it skips."""
    kind = torch.amp.GradScaler
    scale: Any = kind.scale
    step: Any = kind.step
    if wrapped(step):
        return

    @functools.wraps(scale)
    def wrapped_scale(self: Any, outputs: Any) -> Any:
        scaled = scale(self, outputs)
        probe = current()
        if probe is not None and self.is_enabled():
            probe.guard.run("scaler", probe.state.scaling.scaled, scaled, self)
        return scaled

    @functools.wraps(step)
    def wrapped_step(self: Any, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        probe = current()
        if probe is None:
            return step(self, optimizer, *args, **kwargs)
        return probe.heartbeat.scaler_steps(
            self, optimizer, lambda: step(self, optimizer, *args, **kwargs)
        )

    kind.scale = mark(wrapped_scale)  # type: ignore[method-assign]
    kind.step = mark(wrapped_step)  # type: ignore[method-assign]


def _saved_hooks(current: Current) -> None:
    """Where saved-tensor hooks are in use, unpacking a saved tensor would run user code."""
    kind = torch.autograd.graph.saved_tensors_hooks
    enter: Any = kind.__enter__
    leave: Any = kind.__exit__
    if wrapped(enter):
        return

    @functools.wraps(enter)
    def __enter__(self: Any) -> Any:  # noqa: N807
        probe = None if torch.compiler.is_compiling() else current()
        if probe is not None:
            probe.state.packed.enter(probe.state.thread)
        return enter(self)

    @functools.wraps(leave)
    def __exit__(self: Any, *args: Any) -> Any:  # noqa: N807
        probe = None if torch.compiler.is_compiling() else current()
        if probe is not None:
            probe.state.packed.leave(probe.state.thread)
        return leave(self, *args)

    kind.__enter__ = mark(__enter__)  # type: ignore[method-assign]
    kind.__exit__ = mark(__exit__)  # type: ignore[method-assign]


def _evaluations(present: Current) -> None:
    """`model.eval()` and a user's own `with torch.no_grad()` wake hooks that are off meanwhile.

    Losses that are called in the latter, or in a function under `@torch.no_grad()`, are looked at.
    """
    train = nn.Module.train
    if not wrapped(train):

        @functools.wraps(train)
        def wrapped_train(self: Any, mode: bool = True) -> Any:
            if not mode and not torch.compiler.is_compiling():
                frame = sys._getframe(1)
                if frame.f_code is not train.__code__:  # else a part follows the model it is of
                    _evaluates(present(), frame.f_back if frame.f_code is EVAL else frame)
            return train(self, mode)

        nn.Module.train = mark(wrapped_train)  # type: ignore[method-assign]
    begun = False  # whether losses are looked at by their names
    for kind in (torch.no_grad, torch.inference_mode):
        enter: Any = kind.__enter__
        if wrapped(enter):
            continue

        def wrap(enter: Any) -> Any:
            @functools.wraps(enter)
            def __enter__(self: Any) -> Any:  # noqa: N807
                nonlocal begun
                frame = sys._getframe(1)
                found, code, passed = asked.current, frame.f_code, False
                try:  # first what is nearly free: a loop may ask at every step
                    passed = found is not None and found.passes(code, frame.f_lasti)
                except Exception:  # noqa: BLE001  # it is looked at then
                    passed = False
                if passed:
                    return enter(self)
                probe = present()
                if probe is None:
                    return enter(self)
                if sites.distance(frame.f_code.co_filename) != 0:
                    inner = _decorated(frame)
                    if inner is None:
                        return enter(self)
                    code = inner
                if not probe.followed.waits:
                    if probe.guard.run("forward", probe.state.asked.passes, code, frame.f_lasti):
                        return enter(self)
                    probe.guard.run("forward", probe.asks, code, frame.f_lasti)
                begun = True
                probe.guard.run("named losses", probe.evaluation_begins, code, frame.f_lineno)
                return enter(self)

            return mark(__enter__)

        def unwrap(leave: Any) -> Any:
            @functools.wraps(leave)
            def __exit__(self: Any, *args: Any) -> Any:  # noqa: N807
                nonlocal begun
                if begun and (probe := present()) is not None:
                    begun = False
                    probe.state.named_losses.close()
                return leave(self, *args)

            return mark(__exit__)

        kind.__enter__ = wrap(enter)  # type: ignore[method-assign]
        kind.__exit__ = unwrap(kind.__exit__)  # type: ignore[method-assign]


def _evaluates(probe: Probe | None, frame: FrameType | None) -> None:
    if probe is None or frame is None:
        lines.wait(frame)
    elif not probe.guard.run("forward", probe.state.asked.passes, frame.f_code, frame.f_lasti):
        probe.guard.run("forward", probe.asks, frame.f_code, frame.f_lasti)
        probe.guard.run("lines", probe.state.lines.seen, "eval", frame)


def _decorated(frame: FrameType) -> CodeType | None:
    """The function of the user's that a context is entered for which decorates it."""
    if frame.f_code.co_name != "decorate_context":
        return None
    function = getattr(frame.f_locals.get("func"), "__code__", None)
    inner = function is not None and sites.distance(function.co_filename) == 0
    return function if inner else None


def _state_dicts(current: Current) -> None:
    """What is loaded over an init: from a checkpoint, or a pretrained backbone."""
    original = nn.Module.load_state_dict
    if wrapped(original):
        return

    @functools.wraps(original)
    def load_state_dict(self: Any, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, state_dict, *args, **kwargs)
        probe = current()
        try:
            loading.loaded(self, state_dict, result, 0 if probe is None else probe.state.step)
        except Exception:  # noqa: BLE001  # a fact less, never an error in the user's loading
            pass
        if probe is not None:
            probe.guard.run("structure", probe.loaded, self, state_dict)
        return result

    nn.Module.load_state_dict = mark(load_state_dict)  # type: ignore[method-assign]


def _global_hooks() -> None:
    """`torch.compile` warns of global module hooks: of the user's, not of ours."""
    original = getattr(torch_module, "_has_any_global_hook", None)
    if original is None or wrapped(original):
        return

    @functools.wraps(original)
    def has_any_global_hook() -> bool:
        if not original():
            return False
        kinds = ("forward_pre_hooks", "forward_hooks", "backward_pre_hooks", "backward_hooks")
        registries = [getattr(torch_module, f"_global_{kind}") for kind in kinds]
        hooks = [hook for registry in registries for hook in registry.values()]
        return any(not str(hook.__module__).startswith("backprobe.") for hook in hooks)

    torch_module._has_any_global_hook = mark(has_any_global_hook)


def _exports() -> None:
    """A strict `torch.export` can't trace a module while any global hook is there: ours step aside.

    They come back as the very same objects under the same keys, which compiled code may guard on.
    """
    for name in ("export", "draft_export"):
        original: Any = getattr(torch.export, name, None)
        if original is None or wrapped(original):
            continue

        def wrap(original: Any) -> Any:
            @functools.wraps(original)
            def export(*args: Any, **kwargs: Any) -> Any:
                aside = []
                for kind in ("forward_pre_hooks", "forward_hooks"):
                    registry = getattr(torch_module, f"_global_{kind}")
                    ours = {
                        key: hook
                        for key, hook in registry.items()
                        if str(getattr(hook, "__module__", "")).startswith("backprobe.")
                    }
                    for key in ours:
                        del registry[key]
                    aside.append((registry, ours))
                try:
                    return original(*args, **kwargs)
                finally:
                    for registry, ours in aside:
                        registry.update(ours)
                        for key in reversed(ours):
                            registry.move_to_end(key, last=False)

            return mark(export)

        setattr(torch.export, name, wrap(original))


def _compiled_in_place(began: Current) -> None:
    """After `model.compile()` a call of the model is compiled as a whole, module hooks and all."""
    original = nn.Module.compile
    if wrapped(original):
        return

    @functools.wraps(original)
    def compile(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: A001  # torch's name
        original(self, *args, **kwargs)
        inner = self._compiled_call_impl
        reference = weakref.ref(self)

        @functools.wraps(inner)
        def called(*args: Any, **kwargs: Any) -> Any:
            if torch.compiler.is_compiling():
                return inner(*args, **kwargs)
            probe, module = began(), reference()
            if probe is None or module is None:
                return inner(*args, **kwargs)
            probe.forward.before(module, args)
            output = None
            try:
                output = inner(*args, **kwargs)
            finally:
                probe.forward.after(module, args, kwargs, output)
            return output

        self._compiled_call_impl = called

    nn.Module.compile = mark(compile)  # type: ignore[method-assign]
