# SPDX-License-Identifier: Apache-2.0
"""Numbers for the modules, parameters and places of the watched models, and what each one is."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import is_dataclass, replace
from typing import Any

import torch
from torch import nn

from backprobe.probe import initial, sites
from backprobe.probe.activations import MODULES
from backprobe.probe.numbers import Numbers
from backprobe.records import Module, Parameter, Place, Source

WRAPPERS = ("DistributedDataParallel", "DataParallel", "OptimizedModule")
"""Modules that only carry another: their own name is left out of the names below them."""
MAX_SETTINGS = 24
_PLAIN = (int, float, str, bool, type(None))


def unwrapped(module: nn.Module) -> nn.Module:
    """The user's own module inside DDP, DataParallel and `torch.compile`."""
    while type(module).__name__ in WRAPPERS:
        inner = getattr(module, "module", None) or getattr(module, "_orig_mod", None)
        if not isinstance(inner, nn.Module):
            break
        module = inner
    return module


def is_criterion(module: nn.Module) -> bool:
    """Whether a module computes a loss: torch's own, or one without parameters named after one."""
    if type(module).__module__ == "torch.nn.modules.loss":
        return True
    name = type(module).__name__.lower()
    return name.endswith(("loss", "criterion")) and next(module.parameters(), None) is None


class Structure:
    """The numbered modules, parameters and places; what is new waits until it is taken.

    Arguments:
        light: whether the values of parameters are left unread.
    """

    def __init__(self, light: bool = False) -> None:
        self._light = light
        self.modules: list[Module] = []
        self.parameters: list[Parameter] = []
        self.places: list[Place] = []
        self.module_of: dict[int, int] = {}
        self.numbers = Numbers()
        self.parameter_of = self.numbers.of
        self.roots: dict[int, weakref.ref[nn.Module]] = {}
        self.replicas = 1
        self._grown: list[weakref.ref[nn.Module]] = []
        self._pretrained: list[tuple[list[Parameter], list[str]]] = []
        self._fresh: dict[str, dict[int, Any]] = {}
        self._lock = threading.Lock()  # the flush thread takes what the training thread adds

    def add_root(self, called: nn.Module) -> nn.Module:
        """Numbers a root model's modules and parameters; returns the module its names refer to.

        A module that was called directly but belongs to a larger living one (`model.encode(x)`
        calls `model.encoder`) is numbered under the larger.
        """
        self.replicas = max(self.replicas, _replicas(called))
        root = self._known_owner(unwrapped(called)) or _owner(unwrapped(called))
        if id(root) in self.roots:
            return root
        first = len(self.modules)
        names = {id(module): name for name, module in root.named_modules()}
        self.numbers.sweep(self.roots.values())
        held: list[int] = []
        self.roots[id(root)] = weakref.ref(root, self._forgetter(id(root), list(names), held))
        for name, module in root.named_modules():
            parent = name.rpartition(".")[0] if name else None
            self._add_module(
                root, module, name, first, -1 if parent is None else self._named(parent, first)
            )
        aliases: dict[int, list[str]] = {}
        for name, parameter in root.named_parameters(remove_duplicate=False):
            aliases.setdefault(id(parameter), []).append(name)
        for name, parameter in root.named_parameters():
            owner = self._named(name.rpartition(".")[0], first)
            if self._of_nobody(parameter):
                held.append(id(parameter))
            index = self.add_parameter(parameter, name, owner, tuple(aliases[id(parameter)][1:]))
            module = self.modules[owner]
            self.put(replace(module, parameters=(*module.parameters, index)))
        self._note_pretrained(root)
        return root

    def grow(self, called: nn.Module) -> list[int]:
        """Numbers what a root model has more than when it was numbered; the ids of its new modules.

        A forward that has made layers of its own, where their sizes show: `self.dense = ...`.
        """
        root = self._known_owner(unwrapped(called)) or _owner(unwrapped(called))
        first, found = self.module_of.get(id(root), -1), list[int]()
        if first < 0:
            return found
        self.numbers.sweep(self.roots.values())
        named, held = dict(root.named_modules()), list[int]()
        for name, module in named.items():
            if id(module) in self.module_of:
                continue
            found.append(id(module))
            parent = self.module_of[id(named[name.rpartition(".")[0]])]
            index = self._add_module(root, module, name, first, parent)
            own = tuple(
                self.add_parameter(parameter, f"{name}.{part}", index)
                for part, parameter in module.named_parameters(recurse=False)
            )
            held += [id(p) for p in module.parameters(recurse=False)]
            self.put(replace(self.modules[index], parameters=own))
        if found:
            self._grown.append(weakref.ref(root, self._forgetter(id(root), found, held)))
        return found

    def _add_module(
        self, root: nn.Module, module: nn.Module, name: str, first: int, parent: int
    ) -> int:
        index = len(self.modules)
        self.module_of[id(module)] = index
        entry = Module(
            index=index,
            name=name,
            type=type(module).__name__,
            root=first,
            parent=parent,
            source=sites.source(sites.made(module) or _assigned(root, name)),
            settings=settings(module),
            training=module.training,
        )
        self.modules.append(entry)
        self.touch("modules", entry)
        return index

    def _note_pretrained(self, root: nn.Module) -> None:
        """Notes what `from_pretrained` of Transformers (5 and later) put in place, by its mark."""
        marked: dict[bool, list[Parameter]] = {True: [], False: []}
        for parameter in root.parameters():
            entry = self.parameters[self.parameter_of[id(parameter)]]
            marked[bool(getattr(parameter, "_is_hf_initialized", False))].append(entry)
        if marked[True]:
            with self._lock:
                self._pretrained.append((marked[True], [entry.name for entry in marked[False]]))

    def take_pretrained(self) -> list[tuple[list[Parameter], list[str]]]:
        """Parameters that were loaded, and names of those that were not, since the last call."""
        with self._lock:
            found, self._pretrained = self._pretrained, []
        return found

    def _known_owner(self, module: nn.Module) -> nn.Module | None:
        """The living root that a module was numbered in as a part, or None."""
        number = self.module_of.get(id(module))
        if number is None or self.modules[number].root == number:
            return None
        for reference in self.roots.values():
            root = reference()
            if root is not None and self.module_of.get(id(root)) == self.modules[number].root:
                return root
        return None

    def add_parameter(
        self, parameter: torch.Tensor, name: str, module: int = -1, aliases: tuple[str, ...] = ()
    ) -> int:
        """Numbers one parameter tensor.

        One that an optimizer brought first, in a step of which no forward was seen, becomes the
        module's that comes with it now: else what the optimizer holds of the model is not known.
        """
        known = self.parameter_of.get(id(parameter))
        if known is not None:
            if module >= 0 and self._of_nobody(parameter):
                entry = self.parameters[known]
                self.put(replace(entry, name=name, module=module, aliases=aliases))
            return known
        index = len(self.parameters)
        self.parameter_of[id(parameter)] = index
        shard = getattr(parameter, "_local_tensor", parameter)
        entry = Parameter(
            index=index,
            name=name,
            module=module,
            shape=tuple(parameter.shape),
            dtype=str(parameter.dtype).removeprefix("torch."),
            requires_grad=parameter.requires_grad,
            aliases=aliases,
            initial={} if self._light else initial.facts(shard),
            local=-1 if shard is parameter else shard.numel(),
        )
        self.parameters.append(entry)
        self.touch("parameters", entry)
        return index

    def _of_nobody(self, parameter: torch.Tensor) -> bool:
        """Whether no module that was numbered has this tensor."""
        known = self.parameter_of.get(id(parameter))
        return known is None or self.parameters[known].module < 0

    def add_place(self, **facts: Any) -> Place:
        """Numbers one place whose output is measured."""
        place = Place(index=len(self.places), order=len(self.places), **facts)
        self.places.append(place)
        self.touch("places", place)
        return place

    def put(self, entry: Module | Parameter | Place) -> None:
        """Replaces an entry by a newer one of the same index."""
        kinds: dict[type, tuple[str, list[Any]]] = {
            Module: ("modules", self.modules),
            Parameter: ("parameters", self.parameters),
            Place: ("places", self.places),
        }
        stream, entries = kinds[type(entry)]
        if entries[entry.index] != entry:
            entries[entry.index] = entry
            self.touch(stream, entry)

    def touch(self, stream: str, entry: Any) -> None:
        """Marks an entry as new, to be written at the next flush."""
        with self._lock:
            self._fresh.setdefault(stream, {})[entry.index] = entry

    def take(self) -> dict[str, list[dict[str, Any]]]:
        """What is new since the last call, JSON-ready, by stream."""
        with self._lock:
            fresh, self._fresh = self._fresh, {}
        return {
            stream: [jsonable(entry) for entry in entries.values()]
            for stream, entries in fresh.items()
        }

    def activation_of(self, module: nn.Module) -> str:
        """Canonical activation of a module, "" where it is none."""
        return MODULES.get(type(module).__name__, "")

    def _named(self, name: str, first: int) -> int:
        for entry in self.modules[first:]:
            if entry.name == name:
                return entry.index
        return -1

    def _forgetter(self, root: int, modules: list[int], held: list[int]) -> Callable[[Any], None]:
        """What forgets a root, its modules and its parameters, by their ids, when it is gone."""

        def forget(_: Any) -> None:
            self.roots.pop(root, None)
            for key in modules:
                self.module_of.pop(key, None)
            self.numbers.left += held

        return forget


def settings(module: nn.Module) -> dict[str, Any]:
    """A module's plain public attributes: numbers, strings, and short tuples of them.

    Also whether it `has_weight` and `has_bias`, and the names of its `buffers`.
    """
    found: dict[str, Any] = {}
    for name, value in vars(module).items():
        if name.startswith("_") or name == "training" or len(found) >= MAX_SETTINGS:
            continue
        if isinstance(value, _PLAIN) and len(str(value)) <= 80:
            found[name] = value
        elif (
            isinstance(value, tuple)
            and len(value) <= 8
            and all(isinstance(item, _PLAIN) for item in value)
        ):
            found[name] = list(value)
    for name in ("weight", "bias"):
        if name in module._parameters:
            found[f"has_{name}"] = module._parameters[name] is not None
    buffers = [name for name, buffer in module._buffers.items() if buffer is not None]
    if buffers:
        found["buffers"] = buffers[:MAX_SETTINGS]
    return found


_LEAVES = frozenset((str, int, float, bool, type(None)))


def jsonable(value: Any) -> Any:
    """A record's dataclass as JSON: a source becomes [file, line, text]."""
    if isinstance(value, Source):
        return [value.file, value.line, value.text]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: jsonable(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        if _LEAVES.issuperset(map(type, value)):  # a thousand counts of classes, at each flush
            return list(value)
        return [jsonable(item) for item in value]
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    return str(value)


def _replicas(module: nn.Module) -> int:
    """Ranks over which DDP or FSDP2 averages gradients, 1 where there is neither."""
    while type(module).__name__ in WRAPPERS:
        group = getattr(module, "process_group", None)
        if group is not None:
            return int(group.size())
        inner = getattr(module, "module", None) or getattr(module, "_orig_mod", None)
        if not isinstance(inner, nn.Module):
            break
        module = inner
    if type(module).__name__.startswith("FSDP"):  # what `fully_shard` makes of a class
        meshes = (getattr(p, "device_mesh", None) for p in module.parameters())
        mesh: Any = next((mesh for mesh in meshes if mesh is not None), None)
        return 1 if mesh is None else int(mesh.size())
    return 1


def _owner(module: nn.Module) -> nn.Module:
    best, size = module, _count(module.modules())
    for candidate in sites.living():
        if candidate is module or type(candidate).__name__ in WRAPPERS or is_criterion(candidate):
            continue
        if type(candidate).__name__ in ("ModuleList", "ModuleDict"):
            continue
        if any(inner is module for inner in candidate.modules()):
            inside = _count(candidate.modules())
            if inside > size:
                best, size = candidate, inside
    return best


def _count(modules: Iterable[nn.Module]) -> int:
    return sum(1 for _ in modules)


def _assigned(root: nn.Module, name: str) -> sites.Site | None:
    if not name:
        return None
    parent_name, _, attribute = name.rpartition(".")
    parent = root.get_submodule(parent_name)
    found = sites.assigned(type(parent), attribute)  # type: ignore[arg-type]
    return found or sites.made(parent) or _assigned(root, parent_name)
