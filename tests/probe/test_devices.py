# SPDX-License-Identifier: Apache-2.0
"""What is known of a batch on a device is what is known of it on the host; nothing waits for it.

Here there is no GPU: tensors of the CPU are treated as if reading them were a wait. On a machine
that has one, the same training runs there too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe.probe import hashes, host
from backprobe.probe.transfer import Transfers
from backprobe.records import Record

Watch = Callable[..., Record]


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.randn(300, 7),
        lambda: torch.randn(5, 3, 9, 9),
        lambda: torch.randint(-(2**40), 2**40, (6, 3)),
        lambda: torch.randint(0, 9, (11,)),
        lambda: torch.rand(4, 3) > 0.5,
        lambda: torch.randint(0, 255, (4, 3, 5), dtype=torch.uint8),
        lambda: torch.randn(4, 5, dtype=torch.float64),
        lambda: torch.randn(4, 5).bfloat16(),
        lambda: torch.randn(3, 9000),
        lambda: torch.randn(9, 8).t()[1:],
        lambda: torch.tensor([[0.0, -0.0], [-0.0, 0.0]]),
    ],
)
def test_hashes_on_a_device_are_those_of_the_host(make: Callable[[], Tensor]) -> None:
    """All of 64 bits, for every dtype and layout."""
    torch.manual_seed(0)
    tensor = make()
    pieces = hashes.far_rows(tensor)
    expected = hashes.rows(tensor)
    assert pieces is not None
    assert expected is not None
    assert pieces.dtype == torch.float32
    assert hashes.finished(pieces.numpy().reshape(-1)).tolist() == expected.tolist()


class Net(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(6, 16), nn.Linear(16, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.relu(self.first(x)))


def trained(watch: Watch, kind: str, device: str = "cpu") -> Record:
    """A small training whose third batch is its second again."""
    torch.manual_seed(0)
    net = Net(3 if kind == "classes" else 1).to(device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    batches = [torch.randn(8, 6) for _ in range(12)]
    batches[2] = batches[1]

    def train() -> None:
        for x in batches:
            x = x.to(device)
            if kind == "classes":
                loss = F.cross_entropy(net(x), x[:, :3].argmax(1))
            else:
                target = 5 + 2 * x[:, :1]
                out = net(x)
                loss = (
                    ((out - target) ** 2).mean() if kind == "by hand" else F.mse_loss(out, target)
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return watch(train, net)


def facts(record: Record) -> dict[str, Any]:
    """All that a record knows of its data."""
    (loss,) = record.losses
    assert record.named("failure") == ()
    return {
        "target": dict(loss.target),
        "output": dict(loss.output),
        "batches": {
            name: record.batches[name] for name in record.batches if "checksum" not in name
        },
        "features": [dict(event.data) for event in record.named("input-features")],
        "hashes": {name: record.hashes[name].tolist() for name in record.hashes},
    }


def agree(one: Any, other: Any) -> None:
    """Equal within what float32 holds."""
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert set(one) == set(other)
        for name in one:
            agree(one[name], other[name])
    elif isinstance(one, list) and one and isinstance(one[0], dict):
        for left, right in zip(one, other, strict=True):
            agree(left, right)
    elif isinstance(one, (str, bool)) or (isinstance(one, list) and one and one[0] > 2**53):
        assert one == other
    else:
        assert np.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)


class Behind:
    """A device's event that has passed when it is asked the fourth time."""

    def __init__(self) -> None:
        self._asked = 0

    def query(self) -> bool:
        """Whether it has passed."""
        self._asked += 1
        return self._asked > 3

    def synchronize(self) -> None:
        """Waits for it."""
        self._asked = 4


@pytest.mark.parametrize("kind", ["classes", "squares", "by hand"])
@pytest.mark.parametrize("behind", [False, True])
def test_a_device_hides_nothing(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, kind: str, behind: bool
) -> None:
    """Targets, first predictions, accuracy, features and hashes are the same from far as near."""
    near = trained(watch, kind)
    if behind:

        def send(self: Transfers, parts: list[Tensor], deliver: Any) -> None:
            values = torch.cat([part.detach().reshape(-1).float() for part in parts])
            self.waiting.append((Behind(), values, deliver))

        monkeypatch.setattr(Transfers, "send", send)
    monkeypatch.setattr(host, "near", lambda _: False)
    far = trained(watch, kind)
    agree(facts(near), facts(far))
    assert len(far.batches) == 12
    # A prediction less its error gives the target up to the last bit, which a checksum sees.
    for column in ("checksum", "target_checksum")[: 1 if kind == "by hand" else 2]:
        values = far.batches[column]
        assert np.isfinite(values).all()
        assert len(set(values.tolist())) == 11  # one batch came twice
        assert values[1] == values[2]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("kind", ["classes", "squares", "by hand"])
def test_on_a_gpu(watch: Watch, kind: str) -> None:
    """The same on a real device."""
    near, far = trained(watch, kind), trained(watch, kind, "cuda")
    agree(facts(near), facts(far))
