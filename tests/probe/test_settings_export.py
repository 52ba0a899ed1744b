# SPDX-License-Identifier: Apache-2.0
"""Models that leave the training while they are watched: exported, traced, scripted, saved, copied.

What leaves is the same, byte for byte, as without the probe, holds nothing of ours, and the
training goes on as if nothing had happened.
"""

from __future__ import annotations

import copy
import hashlib
import io
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from tests.probe.settings import Training, Watch, twice

Made = tuple[Training, list[nn.Module]]
OURS = b"backprobe"


class Reader(nn.Module):
    """A small text classifier: attention and an activation through functions, a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 16)
        self.register_buffer("positions", torch.randn(6, 16) * 0.1)
        self.qkv = nn.Linear(16, 48)
        self.norm = nn.BatchNorm1d(16)
        self.head = nn.Linear(16, 4)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed(ids) + self.positions
        q, k, v = self.qkv(x).view(-1, 6, 3, 2, 8).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return self.head(F.gelu(self.norm(x.mean(1))))


def digest(data: bytes) -> str:
    """Of what may be too long to compare at a glance; nothing of ours may be in it."""
    assert OURS not in data
    return hashlib.sha256(data).hexdigest()


def exported(net: nn.Module, ids: Tensor, _: Path) -> Any:
    """`torch.export`, strict and not, with a batch of any size, and the program's own file."""
    size = {0: torch.export.Dim("batch", min=2, max=64)}
    found = []
    for strict in (True, False):
        program = torch.export.export(net, (ids,), dynamic_shapes=(size,), strict=strict)
        assert torch.allclose(program.module()(ids), net(ids), atol=1e-6)
        found.append(str(program.graph))
        found += sorted(program.state_dict)
    assert OURS.decode() not in "".join(found)
    return found


def traced(net: nn.Module, ids: Tensor, folder: Path) -> Any:
    """`torch.jit.trace`, saved and loaded."""
    module = torch.jit.trace(net, ids)
    file = folder / "traced.pt"
    module.save(str(file))
    back = torch.jit.load(str(file))
    assert torch.equal(back(ids), net(ids))
    assert OURS.decode() not in str(module.inlined_graph)
    return str(back.code), sorted(back.state_dict())


def scripted(net: nn.Module, ids: Tensor, folder: Path) -> Any:
    """`torch.jit.script`, saved and loaded."""
    module = torch.jit.script(net)
    file = folder / "scripted.pt"
    module.save(str(file))
    back = torch.jit.load(str(file))
    assert torch.allclose(back(ids), net(ids), atol=1e-6)
    return back.head.code, sorted(back.state_dict())


def symbolic(net: nn.Module, ids: Tensor, _: Path) -> Any:
    """`torch.fx.symbolic_trace`."""
    module = torch.fx.symbolic_trace(net)
    assert torch.equal(module(ids), net(ids))
    return module.code


def onnx(net: nn.Module, ids: Tensor, folder: Path) -> Any:
    """`torch.onnx.export` to a file."""
    pytest.importorskip("onnxscript", reason="torch.onnx.export needs onnxscript")
    file = folder / "net.onnx"
    torch.onnx.export(net, (ids,), str(file), dynamo=True, verbose=False, external_data=False)
    return digest(file.read_bytes())


def pickled(net: nn.Module, ids: Tensor, _: Path) -> Any:
    """`pickle` and back."""
    data = pickle.dumps(net)
    back = pickle.loads(data)
    assert vars(back).keys() == vars(net).keys()
    assert OURS not in data
    return len(data), back(ids).tolist()  # the ids of torch's storages differ from time to time


def saved(net: nn.Module, ids: Tensor, folder: Path) -> Any:
    """`torch.save` of the model, and of its state dict, both into one file a piece."""
    torch.save(net, folder / "net.pt")
    torch.save(net.state_dict(), folder / "state.pt")
    back = torch.load(folder / "net.pt", weights_only=False)
    twin = Reader()
    twin.load_state_dict(torch.load(folder / "state.pt", weights_only=True))
    buffer = io.BytesIO()
    torch.save(net, buffer)
    assert OURS not in buffer.getvalue()
    twin.eval()
    return sorted(net.state_dict()), back(ids).tolist(), twin(ids).tolist()


def copied(net: nn.Module, ids: Tensor, _: Path) -> Any:
    """`deepcopy`, and an average of the weights, which holds one."""
    twin = copy.deepcopy(net)
    average = torch.optim.swa_utils.AveragedModel(net)
    average.update_parameters(net)
    assert vars(twin).keys() == vars(net).keys()
    for module in (*twin.modules(), *average.modules()):
        hooks = [vars(module)[name] for name in vars(module) if name.endswith("_hooks")]
        assert not any(hooks)
    return twin(ids).tolist(), average.eval()(ids).tolist()


@pytest.mark.parametrize(
    "leave", [exported, traced, scripted, symbolic, onnx, pickled, saved, copied]
)
@pytest.mark.parametrize("training", [False, True])
def test_leaves_as_without_us(
    watch: Watch, tmp_path: Path, leave: Callable[..., Any], training: bool
) -> None:
    """In evaluation, and in the middle of training mode; then two more steps."""

    def make() -> Made:
        net = Reader()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)

        def steps(count: int) -> list[float]:
            losses = []
            for _ in range(count):
                ids, y = torch.randint(0, 20, (8, 6)), torch.randint(0, 4, (8,))
                loss = F.cross_entropy(net(ids), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        def train() -> Any:
            found: list[Any] = [steps(3)]
            net.train(training)
            ids = torch.randint(0, 20, (8, 6))
            folder = tmp_path / str(len(list(tmp_path.iterdir())))
            folder.mkdir()
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # TorchScript is deprecated; exporters' own
                found.append(leave(net, ids, folder))
            net.train()
            found.append(steps(2))
            return found, {name: b.tolist() for name, b in net.named_buffers()}

        return train, [net]

    record = twice(watch, make).record
    assert record.steps["step"].tolist() == list(range(5))
    assert record.steps["training"].tolist() == [1] * 5
