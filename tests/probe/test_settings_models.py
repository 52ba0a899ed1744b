# SPDX-License-Identifier: Apache-2.0
"""Networks as people write and use them: checkpointed, tied, exported, called in odd ways."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from backprobe.probe import entry
from tests.probe.settings import Net, Training, Watch, batch, twice

Made = tuple[Training, list[nn.Module]]


def steps(
    net: nn.Module, loss_of: Callable[[Tensor, Tensor], Tensor], count: int = 5, lr: float = 0.05
) -> Training:
    """A plain loop of SGD: its losses, and the network's buffers at the end."""
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)

    def train() -> Any:
        losses = []
        for _ in range(count):
            loss = loss_of(*batch())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, {name: b.tolist() for name, b in net.named_buffers()}

    return train


class Checkpointed(nn.Module):
    """Dropout and BatchNorm inside a checkpoint: running it once more than torch does shows."""

    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.stem = nn.Linear(8, 16)
        self.block = nn.Sequential(
            nn.Linear(16, 16), nn.BatchNorm1d(16), nn.ReLU(inplace=True), nn.Dropout(0.2)
        )
        self.head = nn.Linear(16, 4)
        self.reentrant = reentrant

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = checkpoint(self.block, x, use_reentrant=self.reentrant)
        return self.head(x)


@pytest.mark.parametrize("reentrant", [False, True])
def test_activation_checkpointing(watch: Watch, reentrant: bool) -> None:
    """Running statistics, dropout and losses are as without us; a layer is measured once a step."""

    def make() -> Made:
        net = Checkpointed(reentrant)
        return steps(net, lambda x, y: F.cross_entropy(net(x), y)), [net]

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], found.watched[0], rtol=1e-5)
    assert record.steps["backwards"].tolist() == [1] * 5
    assert {place.name for place in record.places} >= {"stem", "block.0", "block.1", "head"}
    assert len(record.outputs.step) == 5
    assert np.isfinite(record.outputs.values["out_rms"]).all()
    # The loss is computed outside of the checkpoint: it is read as ever.
    assert not any("checkpointing" in spot for spot in record.blind_spots)
    assert sum(record.losses[0].target["classes"]) == 5 * 6
    assert np.isfinite(record.batches["accuracy"]).all()


@pytest.mark.parametrize("whole", ["checkpoint", "offloading"])
def test_a_loss_under_saved_tensor_hooks(watch: Watch, whole: str) -> None:
    """A loss inside the checkpoint, or under an offloading of everything, is not unpacked."""

    def make() -> Made:
        net = Checkpointed(False)
        calls = []

        def loss_of(x: Tensor, y: Tensor) -> Tensor:
            calls.append(1)
            return F.cross_entropy(net(x), y) / 2

        inner = steps(net, lambda x, y: checkpoint(loss_of, x, y, use_reentrant=False))

        def train() -> Any:
            if whole == "checkpoint":
                return inner(), len(calls)
            unpacked = []

            def unpack(tensor: Tensor) -> Tensor:
                unpacked.append(1)
                return tensor

            with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
                return steps(net, loss_of)(), len(unpacked)

        return train, [net]

    record = twice(watch, make).record
    assert any("checkpointing" in spot for spot in record.blind_spots)
    assert record.losses[0].kind == "cross_entropy"
    assert record.losses[0].target == {}


def test_checkpointed_transformer(watch: Watch) -> None:
    """Activation checkpointing of a random-init GPT-2 with tied embeddings."""
    from transformers import GPT2Config, GPT2LMHeadModel

    def make() -> Made:
        config = GPT2Config(
            vocab_size=64, n_positions=16, n_embd=16, n_layer=2, n_head=2, use_cache=False
        )
        model = GPT2LMHeadModel(config)
        model.activation_checkpointing_enable()
        model.train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

        def train() -> Any:
            losses = []
            for _ in range(3):
                ids = torch.randint(0, 64, (2, 12))
                loss = model(input_ids=ids, labels=ids).loss
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [model]

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], found.watched, rtol=1e-5)
    tied = next(p for p in record.parameters if p.name == "transformer.wte.weight")
    assert tied.aliases == ("lm_head.weight",)
    assert (np.nan_to_num(record.parameters_series.of("grad_rms", tied.index)) > 0).all()


def test_reused_and_tied_modules(watch: Watch) -> None:
    """A layer called three times is one place with one gradient; tied weights are one tensor."""

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(20, 8)
            self.cell = nn.Linear(8, 8)
            self.out = nn.Linear(8, 20, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, x: Tensor) -> Tensor:
            x = self.embed(x)
            for _ in range(3):
                x = torch.tanh(self.cell(x))
            return self.out(x)

    def make() -> Made:
        net = Recurrent()
        return steps(
            net, lambda x, y: F.cross_entropy(net(y), (x[:, 0].abs() * 5).long().clamp(max=19))
        ), [net]

    record = twice(watch, make).record
    assert next((p.name, p.aliases) for p in record.parameters) == (
        "embed.weight",
        ("out.weight",),
    )
    assert len([place for place in record.places if place.name == "cell"]) == 1
    assert len(record.parameters) == 3
    assert (record.parameters_series.values["update_rms"] > 0).all()


def test_inplace_activations(watch: Watch) -> None:
    """A convolution's output is measured before an in-place ReLU overwrites it."""

    class Inplace(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(1, 4, 3)
            self.act = nn.ReLU(inplace=True)
            self.head = nn.Linear(24, 4)

        def forward(self, x: Tensor) -> Tensor:
            x = self.act(self.conv(x.unsqueeze(1)))
            return self.head(x.flatten(1))

    def make() -> Made:
        net = Inplace()
        return steps(net, lambda x, y: F.cross_entropy(net(x), y)), [net]

    record = twice(watch, make).record
    places = {place.name: place.index for place in record.places if not place.functional}
    assert (record.outputs.of("out_min", places["conv"]) < 0).all()
    assert (record.outputs.of("out_min", places["act"]) == 0).all()


def test_forward_called_directly(watch: Watch) -> None:
    """`model.forward(x)` runs no hook of the root: its layers, gradients and loss are seen."""

    def make() -> Made:
        net = Net()
        return steps(net, lambda x, y: F.cross_entropy(net.forward(x), y)), [net]

    found = twice(watch, make)
    record = found.record
    assert {place.name for place in record.places} >= {"stem", "norm", "head", "blocks.0.up"}
    assert np.allclose(record.steps["loss"], found.watched[0], rtol=1e-5)
    assert record.losses[0].kind == "cross_entropy"
    head = next(p.index for p in record.parameters if p.name == "head.weight")
    assert (record.parameters_series.of("update_rms", head) > 0).all()
    assert {p.name for p in record.parameters} == {n for n, _ in Net().named_parameters()}


def test_loss_and_network_without_modules(watch: Watch) -> None:
    """Plain tensors through plain functions, with an optimizer: named as the loop names them."""

    def make() -> Made:
        w1 = (torch.randn(8, 16) * 0.3).requires_grad_()
        w2 = (torch.randn(16, 4) * 0.3).requires_grad_()
        optimizer = torch.optim.Adam([w1, w2], lr=1e-2)

        def train() -> Any:
            losses = []
            for _ in range(5):
                x, y = batch()
                scores = torch.relu(x @ w1) @ w2
                loss = -(scores - scores.logsumexp(1, keepdim=True))[range(len(y)), y].mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, []

    found = twice(watch, make)
    assert np.allclose(found.record.steps["loss"], found.watched, rtol=1e-5)
    assert {(p.name, p.shape) for p in found.record.parameters} == {
        ("w1", (8, 16)),
        ("w2", (16, 4)),
    }
    assert (found.record.parameters_series.values["update_rms"] > 0).all()
    assert any("no module" in spot for spot in found.record.blind_spots)


def test_numpy_fed(watch: Watch) -> None:
    """Batches from NumPy share its memory: read, never changed, and described all the same."""

    def make() -> Made:
        net = Net()
        rng = np.random.default_rng(0)
        data = rng.normal(size=(30, 8))
        kept = data.copy()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def train() -> Any:
            losses = []
            for start in range(0, 30, 6):
                x = torch.from_numpy(data[start : start + 6]).float()
                y = torch.as_tensor(rng.integers(0, 4, 6))
                loss = F.cross_entropy(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            assert (data == kept).all()
            return losses

        return train, [net]

    record = twice(watch, make).record
    assert record.batches["rows"].tolist() == [6] * 5
    assert np.allclose(record.batches["mean"], 0, atol=0.5)
    assert "no DataLoader" in " ".join(record.blind_spots)


def test_storage_stays_resizable(watch: Watch) -> None:
    """Inputs, targets and parameters can be resized after we looked at them, as FSDP does."""

    def make() -> Made:
        net = Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def train() -> Any:
            x, y = batch()
            targets = torch.rand(6, 4, dtype=torch.float64)
            loss = F.mse_loss(net(x).double(), targets) + F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            for tensor in (x, y, targets, *net.parameters()):
                tensor.detach().untyped_storage().resize_(tensor.nbytes + 8)
            return loss.item()

        return train, [net]

    twice(watch, make)


class Swish(torch.autograd.Function):
    """x * sigmoid(x) with a gradient by hand."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x.sigmoid()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        s = x.sigmoid()
        return grad * (s + x * s * (1 - s))


def swish(x: Tensor) -> Tensor:
    """As people wrap a function's `apply`."""
    result: Tensor = Swish.apply(x)  # type: ignore[no-untyped-call]
    return result


def test_custom_autograd_function(watch: Watch) -> None:
    """A function with its own backward between two layers: both layers are measured."""

    def make() -> Made:
        net = nn.ModuleDict({"a": nn.Linear(8, 16), "b": nn.Linear(16, 4)})
        return steps(net, lambda x, y: F.cross_entropy(net["b"](swish(net["a"](x))), y)), [net]

    record = twice(watch, make).record
    assert {place.name for place in record.places} == {"a", "b"}
    assert (record.parameters_series.values["update_rms"] > 0).all()


def test_torch_func(watch: Watch) -> None:
    """`vmap` of `grad` over a functional call: nothing inside is hooked, its updates are seen."""

    def make() -> Made:
        net = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 4))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def loss_of(parameters: Any, x: Tensor, y: Tensor) -> Tensor:
            out = torch.func.functional_call(net, parameters, (x.unsqueeze(0),))
            return F.cross_entropy(out, y.unsqueeze(0))

        def train() -> Any:
            norms = []
            for _ in range(4):
                x, y = batch()
                each = torch.func.vmap(torch.func.grad(loss_of), (None, 0, 0))(
                    dict(net.named_parameters()), x, y
                )
                for name, parameter in net.named_parameters():
                    parameter.grad = each[name].mean(0)
                norms.append(float(sum(g.detach().norm() for g in each.values())))
                optimizer.step()
            return norms

        return train, [net]

    record = twice(watch, make).record
    assert len(record.steps) == 4
    assert (record.parameters_series.values["grad_rms"] > 0).all()
    assert any("torch.func" in spot for spot in record.blind_spots)


def test_users_own_hooks(watch: Watch) -> None:
    """Global, local, backward and tensor hooks of the user's run as often as without us."""

    def make() -> Made:
        net = Net()
        calls: dict[str, int] = {}

        def count(name: str) -> Callable[..., None]:
            def hook(*_: Any, **__: Any) -> None:
                calls[name] = calls.get(name, 0) + 1

            return hook

        net.head.register_forward_hook(count("forward"))
        net.head.register_forward_hook(count("always"), always_call=True)
        net.head.register_full_backward_hook(count("backward"))
        net.register_forward_pre_hook(count("pre"))
        net.head.weight.register_hook(count("tensor"))
        net.blocks[0].register_forward_hook(lambda _, __, out: out * 1.5)
        handle = nn.modules.module.register_module_forward_hook(count("global"))
        inner = steps(net, lambda x, y: F.cross_entropy(net(x), y))

        def train() -> Any:
            try:
                return inner(), dict(calls)
            finally:
                handle.remove()

        return train, [net]

    twice(watch, make)


def test_pickled_copied_and_saved_while_watched(watch: Watch, tmp_path: Path) -> None:
    """Between steps: pickle, deepcopy, state dict and whole-model saves hold nothing of ours."""

    def make() -> Made:
        net = Net()
        inner = steps(net, lambda x, y: F.cross_entropy(net(x), y), count=2)

        def train() -> Any:
            found = [inner()]
            twin = copy.deepcopy(net)
            data = pickle.dumps(net)
            assert b"backprobe" not in data
            torch.save(net, tmp_path / "net.pt")
            back = torch.load(tmp_path / "net.pt", weights_only=False)
            x, _ = batch()
            for other in (twin, pickle.loads(data), back):
                other.eval()
                assert vars(other).keys() == vars(net).keys()
                with torch.no_grad():
                    found.append(other(x).tolist())
            found.append(inner())
            return found

        return train, [net]

    record = twice(watch, make).record
    assert len(record.steps) == 4


def test_exported_and_traced_while_watched(watch: Watch) -> None:
    """`torch.export`, `jit.trace` and `fx` see the network alone, and training goes on."""

    def make() -> Made:
        net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
        inner = steps(net, lambda x, y: F.cross_entropy(net(x), y), count=2)

        def train() -> Any:
            found = [inner()]
            x, _ = batch()
            net.eval()
            exported = torch.export.export(net, (x,))
            found.append([n.name for n in exported.graph.nodes if n.op == "call_function"])
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # TorchScript is deprecated
                traced = torch.jit.trace(net, x)
            found.append(str(traced.graph.findAllNodes("prim::GetAttr")).count("backprobe"))
            found.append(str(torch.fx.symbolic_trace(net).code))
            found.append(torch.equal(traced(x), net(x)))
            net.train()
            found.append(inner())
            return found

        return train, [net]

    record = twice(watch, make).record
    assert len(record.steps) == 4


def test_data_parallel_on_the_cpu(watch: Watch) -> None:
    """Without a GPU it is the module itself in a wrapper: names come without `module.`."""

    def make() -> Made:
        net = Net()
        model = nn.DataParallel(net)
        return steps(model, lambda x, y: F.cross_entropy(model(x), y)), [model]

    record = twice(watch, make).record
    assert {p.name for p in record.parameters} == {n for n, _ in Net().named_parameters()}
    assert {place.name for place in record.places} >= {"stem", "head"}


def test_replicas_in_threads(watch: Watch) -> None:
    """Forwards of replicas in threads of their own, as DataParallel runs them, are passed over."""
    import threading

    def make() -> Made:
        net = Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def train() -> Any:
            losses = []
            for _ in range(4):
                x, y = batch(8)
                outputs: dict[int, Tensor] = {}

                def run(part: int, x: Tensor = x, outputs: Any = outputs) -> None:
                    outputs[part] = net(x[part * 4 : part * 4 + 4])

                first = F.cross_entropy(net(x), y)  # the thread that is followed
                for part in range(2):  # one after the other: BatchNorm's buffers are shared
                    thread = threading.Thread(target=run, args=(part,))
                    thread.start()
                    thread.join()
                loss = first + F.cross_entropy(torch.cat([outputs[0], outputs[1]]), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    found = twice(watch, make)
    assert np.allclose(found.record.steps["loss"], found.watched, rtol=1e-5)
    assert found.record.steps["samples"].tolist() == [8] * 4


def test_nothing_is_kept_alive(watch: Watch) -> None:
    """After a step its loss, graph and batch are gone, whatever function the loop is in."""
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    alive: list[int] = []

    def train() -> None:
        for _ in range(3):
            x, y = batch()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            references = [weakref.ref(tensor) for tensor in (x, y, loss)]
            del x, y, loss
            gc.collect()
            alive.append(sum(reference() is not None for reference in references))

    watch(train, net)
    assert alive == [0, 0, 0]


def test_locals_that_the_user_asked_for(watch: Watch) -> None:
    """`locals()` in a constructor and in the loop stay what they were when they were taken."""

    class Configured(nn.Module):
        def __init__(self, width: int = 16, depth: int = 2) -> None:
            given = locals()
            super().__init__()
            layers: list[nn.Module] = [nn.Linear(8, width)]
            for _ in range(depth):
                layers += [nn.ReLU(), nn.Linear(width, width)]
            self.net = nn.Sequential(*layers, nn.Linear(width, 4))
            self.given = sorted(given)

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x)

    def make() -> Made:
        def train() -> Any:
            net = Configured()
            optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
            here = locals()
            x, y = batch()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            return sorted(here), net.given, loss.item()

        return train, []

    found = twice(watch, make)
    assert {"net", "optimizer"} <= set(found.watched[0]) <= {"net", "optimizer", "Configured"}
    assert found.watched[1] == ["__class__", "depth", "self", "width"]


def test_unwatch_leaves_nothing(watch: Watch) -> None:
    """After `unwatch` no hook is registered and no module has an attribute more."""
    net = Net()
    before = set(vars(net))
    registries = nn.modules.module

    def train() -> None:
        steps(net, lambda x, y: F.cross_entropy(net(x), y), count=2)()
        entry.unwatch()
        assert not registries._global_forward_hooks
        assert not registries._global_forward_pre_hooks
        steps(net, lambda x, y: F.cross_entropy(net(x), y), count=2)()

    record = watch(train, net)
    assert set(vars(net)) == before
    assert len(record.steps) == 2


@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
def test_lazy_layers(watch: Watch) -> None:
    """The forward that makes their weights is passed over; the ones after it are seen whole."""

    def make() -> Made:
        net = nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(4))
        net(batch()[0])
        return steps(net, lambda x, y: F.cross_entropy(net(x), y)), [net]

    found = twice(watch, make)
    assert [m.name for m in found.record.modules] == ["", "0", "1", "2"]
    assert np.isfinite(found.record.outputs.values["out_rms"]).all()
    assert found.record.named("failure") == ()
