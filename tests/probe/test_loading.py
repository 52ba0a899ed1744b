# SPDX-License-Identifier: Apache-2.0
"""Weights that were loaded over an init: the init gets no verdict, what was not loaded does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import nn

from backprobe.diagnose import diagnose
from backprobe.records import Record
from backprobe.signals.loaded import loaded_over

Watch = Callable[..., Record]
INIT = {
    "symmetric-init",
    "init-scale-too-large",
    "init-scale-too-small",
    "init-activation-mismatch",
    "initial-loss-off",
}


def verdicts(record: Record) -> set[str]:
    """The rules about the init that fire."""
    assert record.named("failure") == ()
    return {finding.rule for finding in diagnose(record)} & INIT


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(8, 64), nn.Linear(64, 64), nn.Linear(64, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(F.relu(self.second(F.relu(self.first(x)))))


def spoil(net: nn.Module, how: str) -> None:
    """Weights that no init should have."""
    with torch.no_grad():
        for parameter in net.parameters():
            if how == "equal":
                parameter.fill_(0.5)
            else:
                parameter.mul_({"large": 300.0, "small": 1e-3}[how])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("equal", "symmetric-init"),
        ("large", "init-scale-too-large"),
        ("small", "init-scale-too-small"),
    ],
)
@pytest.mark.parametrize("loaded", ["not", "whole", "head-fresh"])
def test_no_verdict_on_an_init_that_was_loaded_over(
    watch: Watch, how: str, expected: str, loaded: str
) -> None:
    """The same weights are at fault as an init, and not when a checkpoint brought them."""
    torch.manual_seed(0)
    donor, net = Net(), Net()
    spoil(donor, how)
    if loaded == "not":
        spoil(net, how)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)

    def train() -> None:
        if loaded == "whole":
            net.load_state_dict(donor.state_dict())
        elif loaded == "head-fresh":
            state = {k: v for k, v in donor.state_dict().items() if not k.startswith("head")}
            net.load_state_dict(state, strict=False)
        for _ in range(60):
            x = torch.randn(16, 8)
            loss = F.cross_entropy(net(x), x[:, :4].argmax(1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    found = verdicts(watch(train, net))
    if loaded == "not":
        assert expected in found
    else:
        # A fresh head under huge loaded features begins with a huge loss all the same.
        assert found <= ({"initial-loss-off"} if loaded == "head-fresh" else set())


def test_weights_that_are_loaded_later_leave_the_init_its_verdict(watch: Watch) -> None:
    """The best weights, put back at the end, were no beginning."""
    torch.manual_seed(0)
    net = Net()
    spoil(net, "large")
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)

    def train() -> None:
        for _ in range(60):
            x = torch.randn(16, 8)
            optimizer.zero_grad()
            F.cross_entropy(net(x), x[:, :4].argmax(1)).backward()
            optimizer.step()
        net.load_state_dict(Net().state_dict())

    record = watch(train, net)
    assert [event.data["step"] for event in record.named("loaded")] == [60]
    assert loaded_over(record) == frozenset()
    assert "init-scale-too-large" in verdicts(record)


def test_from_pretrained(watch: Watch, tmp_path: Path) -> None:
    """What Transformers loads is told by name, also without a state dict; its new head is not."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    kind = transformers.BertForSequenceClassification
    net = kind.from_pretrained(tmp_path / "bert", num_labels=3)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)

    def train() -> None:
        for _ in range(2):
            ids = torch.randint(0, 50, (4, 6))
            net(input_ids=ids, labels=torch.randint(0, 3, (4,))).loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    record = watch(train, net)
    (event,) = record.named("loaded")
    assert event.data["missing"] == ["classifier.weight", "classifier.bias"]
    names = {parameter.index: parameter.name for parameter in record.parameters}
    assert {names[index] for index in loaded_over(record)} == {
        name for name in names.values() if not name.startswith("classifier")
    }
