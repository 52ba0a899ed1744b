# SPDX-License-Identifier: Apache-2.0
"""What the layers of one process put out: which are measured, and what the hooks do for each."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

from torch import Tensor, nn

from backprobe.probe import attention, occasional, sight, sites
from backprobe.probe.activations import FUNCTIONS, UNMEASURED
from backprobe.probe.attention import Call
from backprobe.probe.capture import Capture, possible
from backprobe.probe.kernels import calls
from backprobe.probe.occasional import EVERY
from backprobe.probe.outputs import ROW, Meter
from backprobe.probe.state import State
from backprobe.probe.structure import is_criterion, unwrapped
from backprobe.probe.turns import Turns
from backprobe.records import Place

GRAPHS = 2
"""Forwards of one root whose operations are kept: the first may take an unusual path."""
CAPTURE_EVERY = 8
"""Observed steps, after the dense start, between two looks at functional activations."""
DENSE_CAPTURES = 10
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


class Layers:
    """Measures what modules and functional activations put out.

    Arguments:
        state: shared with the other parts of the probe.
        stack: the modules that are running, the root first.
        first: called with the arguments of the first layer with weights of each forward.
        before, after: the hooks that a layer is told to.

    `calls`: what does the same in compiled code, None where nothing can.
    """

    def __init__(
        self,
        state: State,
        stack: list[nn.Module],
        first: Callable[[Any], None],
        before: Callable[..., None],
        after: Callable[..., None],
    ) -> None:
        self.state = state
        self.stack = stack
        self.capture: Capture | None = None
        self.calls = state.outputs.calls = calls.layers(
            before, after, state.outputs.order, stack, __name__
        )
        self._first = first
        self._first_seen = False
        self._specs: dict[int, _Spec] = {}
        self._functional: dict[tuple[int, str, int], Meter] = {}
        self._attentions: dict[tuple[int, str, int], tuple[Place, int]] = {}
        self._graphs: dict[int, int] = {}
        self._counts: dict[int, int] = {}
        self._made: set[int] = set()
        self._looks = self._unseen = 0
        self._occasion = -1
        self._turns = Turns()
        self._unit_step = -1
        self._unit_turns = Turns()

    def begin(self, root: int) -> None:
        """Prepares for a root's forward; sees its operations too, where a look is due."""
        self._first_seen = False
        self._take_turns()
        graph = self._graphs.get(root, 0) < GRAPHS
        self._looks += 1
        look = graph or self._looks <= DENSE_CAPTURES or self.look_is_due()
        self._unseen = 0 if look else self._unseen + 1
        if look and self.state.guard.works("operations") and possible():
            self.capture = Capture(
                self._module_now,
                self._on_activation,
                self._on_attention,
                graph,
                self.state.guard.failed,
            )
            self.capture.__enter__()  # type: ignore[no-untyped-call]

    def _take_turns(self) -> None:
        """Begins what layers take turns at, in the first forward of a step where it is due."""
        state, asked = self.state, False
        if state.occasion and self._occasion != state.step:
            self._occasion, asked = state.step, True
            self._turns.begin(len(state.structure.places))
        if state.unit_look and self._unit_step != state.step:
            self._unit_step, asked = state.step, True
            self._unit_turns.begin(len(state.structure.places))
        if asked:  # of those compiled code leaves the output to Python
            for meter in state.outputs.meters:
                number = meter.place.index
                if (state.unit_look and self._unit_turns.has(number)) or (
                    state.occasion and self._turns.has(number)
                ):
                    meter.spec.asked = state.outputs.seen

    def look_is_due(self) -> bool:
        """Whether what no module hook sees is to be looked at in the forward that begins."""
        if self.state.occasion and (self._functional or self._attentions):
            return True
        return bool(self._functional) and (
            self.state.unit_look or self._unseen + 1 >= CAPTURE_EVERY
        )

    def follow(
        self, root: nn.Module, first: bool, stacked: bool = False
    ) -> tuple[Callable[..., None], Callable[..., None]] | None:
        """Hooks that do in compiled code what `measure` does, in the forward that begins.

        Arguments:
            root: whose forward it is.
            first: whether the first layer with weights is to be told.
            stacked: whether it is to be known which modules are running.

        Returns:
            The hooks before, where `stacked`, and after each module, None where there are none.
        """
        state, compiled = self.state, self.calls
        if compiled is None:
            return None
        outputs = state.outputs
        if not outputs.meters or not state.guard.works("outputs"):
            return None
        if not outputs.width:
            outputs.make_room()
        compiled.begin(
            root,
            outputs.seen,
            outputs.at,
            outputs.width * ROW,
            outputs.sink_at if state.histograms else 0,
            not first,
            stacked,
        )
        return compiled.enter, compiled.hook

    def follow_again(self, root: nn.Module, first: bool) -> Callable[..., None] | None:
        """The hook after each module, as `begin` and `follow` in a forward like the one before.

        Arguments:
            root: whose forward it is; its last one was followed.
            first: whether the first layer with weights is to be told.
        """
        if not self.alike(root):
            return None
        hooks = self.follow(root, first)
        if hooks is None:
            return None
        self._take_turns()
        self.ran_as_usual()
        return hooks[1]

    def alike(self, root: nn.Module) -> bool:
        """Whether compiled code does all that is to be done in the next forward of a root."""
        spec = self._specs.get(id(root))
        if self.look_is_due() or spec is None:
            return False
        return not spec.weighted and spec.meter is None

    @property
    def left(self) -> int:
        """How many forwards come, at most, before what no module hook sees is looked at."""
        return CAPTURE_EVERY - 1 - self._unseen if self._functional else EVERY

    def ran_as_usual(self, times: int = 1) -> None:
        """Counts forwards that go like the one before."""
        self._looks += times
        self._unseen += times
        self._first_seen = False

    def followed(self) -> None:
        """The forward has ended whose hook `follow` gave."""
        if self.calls is not None:
            spent = self.calls.end()
            if spent >= 0:
                self.state.outputs.touched = True
                self.state.budget.spent += spent

    def end_capture(self) -> Capture | None:
        """Takes the mode off that `begin` has put on, if it has."""
        capture, self.capture = self.capture, None
        if capture is not None:
            capture.__exit__(None, None, None)  # type: ignore[no-untyped-call]
        return capture

    def index(self, module: nn.Module) -> int:
        """Number of a module, -1 where it has none."""
        return self.state.structure.module_of.get(id(unwrapped(module)), -1)

    def captured(self, capture: Capture, module: nn.Module, args: Any, output: Any) -> None:
        """Reads the output of a module that has run while its operations are looked at."""
        capture.paused = True  # our own calls are not the network's
        try:
            self.measure(module, args, output)
            spec = self._specs[id(module)]
            if capture.graph:
                self._counts[spec.module] = self._counts.get(spec.module, 0) + 1
                if spec.meter is not None and type(output) is Tensor:
                    capture.place_at(spec.module, spec.meter.place, output)
        finally:
            capture.paused = False

    def measure(self, module: nn.Module, args: Any, output: Any) -> None:
        """Reads the output of a module that has run."""
        spec = self._specs.get(id(module))
        if spec is None or spec.ref() is not module:
            spec = self._spec(module, args, output)
            self._specs[id(module)] = spec
            if self.calls is not None:
                meter = spec.meter
                at, offset, row = (
                    (0, 0, 0) if meter is None else (meter.at, meter.offset, meter.row)
                )
                self.calls.learn(module, at, offset, row, spec.weighted)
        if spec.weighted and not self._first_seen:
            self._first_seen = True
            if self.calls is not None:
                self.calls.seen()
            self._first(args)
        meter, state = spec.meter, self.state
        if meter is None or meter.spec.step == state.outputs.seen:
            return
        if type(output) is not Tensor:
            output = output[0] if isinstance(output, tuple) and output else output
            if type(output) is not Tensor:
                return
        if not output.is_floating_point():
            return
        meter.measure(output, state.histograms)
        if state.unit_look:
            self._look_at_units(meter, output)
        if state.occasion and self._turns.has(meter.place.index):
            began = perf_counter()
            state.guard.run("occasional", self._occasional, module, meter, args, output)
            self._turns.took(perf_counter() - began)

    def _grew(self, module: nn.Module) -> bool:
        """Whether a root's first forward made layers: the next one's operations know whose."""
        new = self.state.guard.run("structure", self.state.structure.grow, module)
        for key in new or ():
            self._specs.pop(key, None)
            if self.calls is not None:
                self.calls.forget(key)
        return bool(new)

    def keep_graph(self, module: nn.Module, capture: Capture) -> None:
        """Keeps the operations of a root's forward, from its first ones."""
        structure = self.state.structure
        index = self.index(module)
        if index not in self._graphs and index not in self._made and self._grew(module):
            self._made.add(index)
            self._counts = {}
            return
        self._graphs[index] = self._graphs.get(index, 0) + 1
        self.state.guard.run("lags", self.state.lags.look_up, capture.looked_up)
        self.state.guard.run("shared rows", self.state.shared_rows.look_up, capture.tables)
        self.state.guard.run("edges", self.state.edges.look, capture.picked)
        counts, self._counts = self._counts, {}
        for number, count in counts.items():
            if number >= 0 and structure.modules[number].calls < count:
                structure.put(replace(structure.modules[number], calls=count))
        if self._graphs[index] > 1:
            return
        for site, modules in capture.without_gradients.items():
            line = sites.source(site)
            if line is not None:
                self.state.recorder.event(
                    "gradients-off",
                    file=line.file,
                    line=line.line,
                    text=line.text,
                    modules=sorted(modules),
                )
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

    def _look_at_units(self, meter: Meter, output: Tensor) -> None:
        if self._unit_turns.has(meter.place.index):
            began = perf_counter()
            found = self.state.guard.run("units", meter.units, output)
            if found is not None:
                self.state.units(meter.place.index, *found)
            self._unit_turns.took(perf_counter() - began)

    def _occasional(self, module: nn.Module, meter: Meter, args: Any, output: Tensor) -> None:
        state, index = self.state, meter.place.index
        state.signal("outputs", "out_rank", index, meter.rank(output))
        if module.training and args and isinstance(args[0], Tensor):
            for name, value in occasional.batchnorm_gap(module, args[0]).items():
                state.signal("outputs", name, index, value)
            if meter.place.activation == "softmax":
                entropy = attention.of_weights(output, args[0], getattr(module, "dim", None))
                state.signal("outputs", "out_entropy", index, entropy)

    def _spec(self, module: nn.Module, args: Any, output: Any) -> _Spec:
        structure = self.state.structure
        index = structure.module_of.get(id(module), -1)
        ref = weakref.ref(module, self._forgetter(id(module)))
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
        if place.activation == "softmax" and args and type(output) is Tensor:
            call: Call = ("softmax", (args[0], getattr(module, "dim", None)), {})
            self.state.guard.run("sight", self._sight, place, call, output)
        return _Spec(index, ref, meter, weighted)

    def _forgetter(self, key: int) -> Callable[[Any], None] | None:
        forget = None if self.calls is None else self.calls.forget
        return None if forget is None else lambda _: forget(key)

    def _on_activation(self, call: Call, output: Tensor, module: int, ordinal: int) -> Place | None:
        """Measures a functional activation, unless a module is what called it."""
        state, structure = self.state, self.state.structure
        name = call[0]
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
            if canonical == "softmax":
                state.guard.run("sight", self._sight, meter.place, call, output)
        if meter.spec.step != self.state.outputs.seen:
            meter.measure(output, self.state.histograms)
            if self.state.unit_look:
                self._look_at_units(meter, output)
            if canonical == "softmax" and self.state.occasion:
                self._entropy(meter.place, attention.of_softmax, call, output)
        return meter.place

    def _on_attention(self, call: Call, output: Tensor, module: int, ordinal: int) -> None:
        """Numbers a function that computes attention, and looks at its weights now and then."""
        key = (module, call[0], ordinal)
        place, seen = self._attentions.get(key, (None, -1))
        if place is None:
            structure = self.state.structure
            place = structure.add_place(
                name=structure.modules[module].name if module >= 0 else "",
                type=call[0],
                module=module,
                shape=tuple(output.shape),
                source=sites.source(sites.here()),
                functional=True,
            )
            self.state.guard.run("sight", self._sight, place, call, output)
        self._attentions[key] = place, self.state.step
        if self.state.occasion and seen != self.state.step:  # the first of a step counts
            self._entropy(place, attention.of_fused, call, output)

    def _sight(self, place: Place, call: Call, output: Tensor) -> None:
        """Writes down, once a place, whether places of a sequence see the next one."""
        count = sight.places(call, output)
        found = sight.ahead(call, output) if count else None
        event = self.state.recorder.event
        if isinstance(found, Tensor):
            self.state.transfers.send(
                [found],
                lambda values: event(
                    "sight", place=place.index, places=count, ahead=float(values[0])
                ),
            )
        elif found is not None:
            event("sight", place=place.index, places=count, ahead=found)

    def _entropy(
        self, place: Place, read: Callable[[Call, Tensor], Tensor | None], call: Call, out: Tensor
    ) -> None:
        state = self.state
        if self._turns.has(place.index):
            began = perf_counter()
            entropy = state.guard.run("occasional", read, call, out)
            state.signal("outputs", "out_entropy", place.index, entropy)
            self._turns.took(perf_counter() - began)

    def _channels_first(self, name: str, shape: tuple[int, ...]) -> bool:
        if name.startswith(CHANNELS_FIRST):
            return True
        if len(shape) >= 4:
            return True
        # A 3-d activation belongs to the layer before it: (N, C, L) after a convolution.
        places = self.state.structure.places
        before = next((p for p in reversed(places) if len(p.shape) == 3), None)
        return len(shape) == 3 and before is not None and before.type.startswith(CHANNELS_FIRST)

    def _module_now(self) -> int:
        if not self.stack:
            return -1
        return self.index(self.stack[-1])
