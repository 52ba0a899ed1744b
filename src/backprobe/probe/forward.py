# SPDX-License-Identifier: Apache-2.0
"""Module hooks: which roots run, in which mode, on what, and what their layers put out."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from backprobe.probe import batches, evaluation, occasional, sites
from backprobe.probe.activations import FUNCTIONS, UNMEASURED
from backprobe.probe.capture import COMPILED, Capture, compiles, possible
from backprobe.probe.loaders import Loaders
from backprobe.probe.outputs import Meter
from backprobe.probe.state import State
from backprobe.probe.structure import WRAPPERS, is_criterion, unwrapped
from backprobe.records import Place

GRAPHS = 2
"""Forwards of one root whose operations are kept: the first may take an unusual path."""
CAPTURE_EVERY = 8
"""Observed steps, after the dense start, between two looks at functional activations."""
DENSE_CAPTURES = 10
DENSE_BATCHES = 20
MOST_PREDICTED = 1 << 18
"""Larger outputs are not kept until their backward."""
HASHED_PHASES = 3
HASHED_BATCHES = 16
"""Batches of the first evaluation phases whose rows are hashed."""
BATCH_EVERY = 16
"""After the first 20, one batch in so many observed ones is described."""
CHANNELS_FIRST = ("Conv", "BatchNorm", "InstanceNorm", "GroupNorm", "LazyConv", "LazyBatchNorm")
_NO_PRODUCTION = ("Embedding", "LayerNorm", "BatchNorm", "GroupNorm", "InstanceNorm", "RMSNorm")


class _Spec:
    """What a module's hook must know, looked up by the module's id."""

    __slots__ = ("meter", "module", "ref", "weighted")

    def __init__(self, module: int, ref: Any, meter: Meter | None, weighted: bool) -> None:
        self.module = module
        self.ref = ref
        self.meter = meter
        self.weighted = weighted


class Forward:
    """The module hooks of one process.

    Arguments:
        state: shared with the other parts of the probe.
        loaders: which batch was served last.
    """

    def __init__(self, state: State, loaders: Loaders) -> None:
        self.state = state
        self.loaders = loaders
        self.stack: list[nn.Module] = []
        self._specs: dict[int, _Spec] = {}
        self._functional: dict[tuple[int, str, int], Meter] = {}
        self._capture: Capture | None = None
        self._graphs: dict[int, int] = {}
        self._calls: dict[int, int] = {}
        self._roots: dict[int, tuple[Any, int]] = {}
        self._batches = 0
        self._phases = 0
        self._looks = 0
        self._entered = False
        self._measuring = False
        self._skip = False
        self._first_seen = False
        self._first_input: Any = None
        self._features: dict[int, batches.Features] = {}
        self._handles: list[Any] = []
        self.resume: Callable[[Any], None] = lambda _: None
        state.running = lambda: bool(self.stack)

    def install(self) -> None:
        """Puts the global module hooks in place."""
        if not self._handles:
            register: Callable[..., Any] = torch_module.register_module_forward_hook
            self._handles = [
                torch_module.register_module_forward_pre_hook(self.before),
                register(self.after, with_kwargs=True, always_call=True),
            ]

    def switch(self, wanted: bool) -> None:
        """Puts the hooks in place or takes them off for the step that begins.

        Where something is compiled they stay: it was compiled with them, and would be anew.
        """
        if wanted:
            self.install()
        elif self._handles and not compiles():
            self.remove()

    def wake(self) -> None:
        """Puts the hooks in place until the next step: an evaluation may be about to begin."""
        self.state.doze = 0
        if not self._handles:
            self.install()

    def remove(self) -> None:
        """Takes the hooks away; the modules themselves were never touched."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self.stack.clear()

    def before(self, module: nn.Module, args: Any) -> None:  # noqa: ARG002  # torch's signature
        """Global forward pre-hook."""
        if torch.compiler.is_compiling():
            return
        if threading.get_ident() != self.state.thread and not self._adopted():
            return
        if self.stack:
            self.stack.append(module)
            return
        began = perf_counter()
        self.stack.append(module)
        self._entered = True
        self.state.guard.run("forward", self._enter, module)
        self.state.budget.spent += perf_counter() - began

    def after(self, module: nn.Module, args: Any, *rest: Any) -> None:
        """Global forward hook.

        Called with (kwargs, output), or, by torch 2.x after a forward that raised (the early stop
        of a recomputation does), with (None) alone.
        """
        kwargs, output = rest if len(rest) == 2 else ({}, None)
        if torch.compiler.is_compiling() or not self.stack:
            return
        if threading.get_ident() != self.state.thread:
            return
        if self.stack[-1] is not module:
            if not any(running is module for running in self.stack):
                return
            while self.stack[-1] is not module:
                self.stack.pop()
        if self._measuring:
            began = perf_counter()
            capture = self._capture
            if capture is not None:
                capture.paused = True
            self.state.guard.run("outputs", self._measure, module, args, output)
            if capture is not None:
                capture.paused = False
            self.stack.pop()
            if not self.stack:
                self._left(module, args, kwargs, output)
            self.state.budget.spent += perf_counter() - began
            return
        self.stack.pop()
        if not self.stack:
            began = perf_counter()
            self._left(module, args, kwargs, output)
            self.state.budget.spent += perf_counter() - began

    def _adopted(self) -> bool:
        """Follows the calling thread from now on, as long as none has trained yet."""
        if self._entered or self.state.settled or not torch.is_grad_enabled():
            return False
        self.state.thread = threading.get_ident()
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
        if self._is_evaluation(module):
            if state.phase is None:
                state.begin_phase()
                self._phases += 1
            return
        state.end_phase()
        state.root = index
        state.training = float(module.training)
        state.seen_training = state.seen_training or module.training
        self._first_seen = False
        self._first_input = None
        if not state.observing:
            return
        self._measuring = True
        graph = self._graphs.get(index, 0) < GRAPHS
        self._looks += 1
        look = graph or self._looks <= DENSE_CAPTURES
        look = look or (
            bool(self._functional) and (state.occasion or self._looks % CAPTURE_EVERY == 0)
        )
        if look and state.guard.works("operations") and possible():
            self._capture = Capture(
                self._module_now, self._on_activation, graph, state.guard.failed
            )
            self._capture.__enter__()  # type: ignore[no-untyped-call]
        if compiles():
            state.blind_spot(COMPILED)

    def _numbered(self, module: nn.Module) -> int:
        """Number of a module that was called as a root, -1 where it has no parameters."""
        known = self._roots.get(id(module))
        if known is not None and known[0]() is module:
            return known[1]
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
            self._end_capture()

    def _end_capture(self) -> Capture | None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.__exit__(None, None, None)  # type: ignore[no-untyped-call]
        return capture

    def _leave(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        state = self.state
        measuring, self._measuring = self._measuring, False
        capture = self._end_capture()
        if capture is not None:
            if capture.graph:
                self._keep_graph(module, capture)
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
            phase = state.phase
            phase.batches += 1
            phase.training = phase.training or _any_training(module)
            x = batches.first_tensor(args, kwargs)
            phase.rows += 0 if x is None else x.shape[0]
            kind = state.losses.entries[0].kind if state.losses.entries else ""
            self.state.guard.run(
                "evaluation", evaluation.judge, phase.served, kind, output, self.loaders.target()
            )
            hashed = self._phases <= HASHED_PHASES and phase.batches <= HASHED_BATCHES
            if x is not None and hashed:
                state.guard.run("batches", state.keep_rows, x, True, self.loaders.target())
            if x is not None and phase.batches <= 2:
                state.guard.run("batches", self._describe, module, x, True)
            return
        x = batches.first_tensor(args, kwargs)
        if x is not None:
            state.samples = float(x.shape[0])
        self._batches += measuring
        if (
            measuring
            and x is not None
            and (self._batches <= DENSE_BATCHES or self._batches % BATCH_EVERY == 0)
        ):
            state.guard.run("batches", self._describe, module, x, False)
            if type(output) is Tensor and output.device.type == "cpu":
                # Until the backward: a hand-written error keeps neither prediction nor target.
                state.predicted = output.detach() if output.numel() <= MOST_PREDICTED else None

    def _describe(self, module: nn.Module, x: Tensor, evaluation: bool) -> None:
        """Writes down a batch; a training one waits for what its loss tells of its targets."""
        state = self.state
        state.end_batch()
        index = self._index(module)
        row = {
            "step": float(state.step),
            "evaluation": float(evaluation),
            "model": float(index),
            "loader": float(self.loaders.current),
            **batches.facts(x),
        }
        first = None if evaluation else self._first_input
        state.begin_batch(row, {"": batches.six(x)} | ({} if first is None else {"first_": first}))
        if evaluation:
            state.end_batch()
            return
        state.keep_rows(x, False)
        features = self._features.setdefault(index, batches.Features())
        if features.add(x):
            state.recorder.event("input-features", model=index, **(features.data() or {}))

    def _measure(self, module: nn.Module, args: Any, output: Any) -> None:
        spec = self._specs.get(id(module))
        if spec is None or spec.ref() is not module:
            spec = self._spec(module, output)
            self._specs[id(module)] = spec
        if self._capture is not None and self._capture.graph:
            self._calls[spec.module] = self._calls.get(spec.module, 0) + 1
        if spec.weighted and not self._first_seen:
            self._first_seen = True
            if self._batches < DENSE_BATCHES or (self._batches + 1) % BATCH_EVERY == 0:
                x = batches.first_tensor(args, {})
                if x is not None and x.is_floating_point():
                    self._first_input = batches.six(x)
        meter = spec.meter
        if meter is None or meter.done:
            return
        if type(output) is not Tensor:
            output = output[0] if isinstance(output, tuple) and output else output
            if type(output) is not Tensor:
                return
        if not output.is_floating_point():
            return
        meter.measure(output, self.state.histograms)
        if self.state.occasion:
            self.state.guard.run("occasional", self._occasional, module, meter, args, output)
        if self._capture is not None and self._capture.graph:
            self._capture.place_at(spec.module, meter.place, output)

    def _occasional(self, module: nn.Module, meter: Meter, args: Any, output: Tensor) -> None:
        state, index = self.state, meter.place.index
        state.signal("outputs", "out_rank", index, meter.rank(output))
        if module.training and args and isinstance(args[0], Tensor):
            for name, value in occasional.batchnorm_gap(module, args[0]).items():
                state.signal("outputs", name, index, value)

    def _spec(self, module: nn.Module, output: Any) -> _Spec:
        structure = self.state.structure
        index = structure.module_of.get(id(module), -1)
        ref = weakref.ref(module)
        name = type(module).__name__
        weight = module._parameters.get("weight")
        weighted = (
            weight is not None and weight.dim() >= 2 and not name.startswith(_NO_PRODUCTION)
        ) or name in ("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell")
        leaf = next(module.children(), None) is None or name == "MultiheadAttention"
        if index < 0 or not leaf or name in UNMEASURED or is_criterion(module):
            return _Spec(index, ref, None, weighted)
        entry = structure.modules[index]
        shape = tuple(output.shape) if type(output) is Tensor else ()
        place = structure.add_place(
            name=entry.name,
            type=name,
            activation=structure.activation_of(module),
            module=index,
            shape=shape,
            source=entry.source,
        )
        meter = self.state.outputs.add(place, self._channels_first(name, shape))
        return _Spec(index, ref, meter, weighted)

    def _on_activation(self, name: str, output: Tensor, module: int, ordinal: int) -> Place | None:
        """Measures a functional activation, unless a module is what called it."""
        structure = self.state.structure
        canonical = FUNCTIONS[name]
        if module < 0 or structure.modules[module].type.lower().startswith(
            ("softmax", "logsoftmax")
        ):
            return None
        if self.stack and structure.activation_of(self.stack[-1]) == canonical:
            return None
        key = (module, name, ordinal)
        meter = self._functional.get(key)
        if meter is None:
            shape = tuple(output.shape)
            place = structure.add_place(
                name=structure.modules[module].name,
                type=name,
                activation=canonical,
                module=module,
                shape=shape,
                source=sites.source(sites.here()),
                functional=True,
            )
            meter = self.state.outputs.add(place, self._channels_first("", shape))
            self._functional[key] = meter
        if not meter.done:
            meter.measure(output, self.state.histograms)
            if canonical == "softmax" and self.state.occasion:
                entropy = occasional.attention_entropy(output)
                self.state.signal("outputs", "out_entropy", meter.place.index, entropy)
        return meter.place

    def _keep_graph(self, module: nn.Module, capture: Capture) -> None:
        structure = self.state.structure
        index = self._index(module)
        self._graphs[index] = self._graphs.get(index, 0) + 1
        calls, self._calls = self._calls, {}
        for number, count in calls.items():
            if number >= 0 and structure.modules[number].calls < count:
                structure.put(replace(structure.modules[number], calls=count))
        if self._graphs[index] > 1:
            return
        offset = len(self.state.graph)
        for operation in capture.operations:
            if operation.place >= 0:
                place = structure.places[operation.place]
                feeds = capture.feeds(operation)
                if feeds and place.inputs != feeds:
                    structure.put(replace(place, inputs=feeds))
            shifted = replace(
                operation,
                index=operation.index + offset,
                inputs=tuple(i + offset if i >= 0 else -1 for i in operation.inputs),
            )
            self.state.graph.append(shifted)
            structure.touch("graph", shifted)

    def _channels_first(self, name: str, shape: tuple[int, ...]) -> bool:
        if name.startswith(CHANNELS_FIRST):
            return True
        if len(shape) >= 4:
            return True
        # A 3-d activation belongs to the layer before it: (N, C, L) after a convolution.
        places = self.state.structure.places
        before = next((p for p in reversed(places) if len(p.shape) == 3), None)
        return len(shape) == 3 and before is not None and before.type.startswith(CHANNELS_FIRST)

    def _is_evaluation(self, module: nn.Module) -> bool:
        if not batches.grad_enabled():
            return True
        if module.training or not self.state.seen_training or not self.state.mode_trusted:
            return False
        return self.state.step > 0

    def _module_now(self) -> int:
        if not self.stack:
            return -1
        return self.state.structure.module_of.get(id(unwrapped(self.stack[-1])), -1)

    def _index(self, module: nn.Module) -> int:
        return self.state.structure.module_of.get(id(unwrapped(module)), -1)


def _any_training(module: nn.Module) -> bool:
    return any(
        part.training
        for part in module.modules()
        if type(part).__name__ not in WRAPPERS
        and type(part).__name__.startswith(("Dropout", "BatchNorm", "InstanceNorm"))
    )
