# SPDX-License-Identifier: Apache-2.0
"""Accelerate: the tracker by name and as an object, and the loop under `backprobe run`."""

from __future__ import annotations

import pytest

from tests.integrations.conftest import UNDER_RUN, Trained, main_rules

SCRIPT = """
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
from accelerate import Accelerator
{imports}
torch.manual_seed(0)
accelerator = Accelerator(cpu=True, log_with={tracker})
if accelerator.log_with:
    accelerator.init_trackers("deep", config=dict(lr=0.1),
                              init_kwargs=dict(backprobe=dict(name="sigmoids")))
layers = [nn.Linear(8, 16)]
for _ in range(6):
    layers += [nn.Sigmoid(), nn.Linear(16, 16)]
net = nn.Sequential(*layers, nn.Sigmoid(), nn.Linear(16, 4))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
x = torch.randn(512, 8)
loader = DataLoader(TensorDataset(x, x[:, :4].argmax(1)), batch_size=16, shuffle=True)
net, optimizer, loader = accelerator.prepare(net, optimizer, loader)
step = 0
for epoch in range(3):
    for a, b in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(a), b)
        accelerator.backward(loss)
        optimizer.step()
        accelerator.log(dict(train_loss=loss.item()), step=step)
        step += 1
accelerator.end_training()
"""

NAMED = SCRIPT.format(imports="import backprobe.integrations.accelerate", tracker='"backprobe"')
OBJECT = SCRIPT.format(
    imports="from backprobe.integrations.accelerate import BackprobeTracker",
    tracker='BackprobeTracker("deep", name="sigmoids")',
)
PLAIN = SCRIPT.format(imports="", tracker="None")


@pytest.mark.parametrize("text", [NAMED, OBJECT], ids=["name", "object"])
def test_tracker(trained: Trained, text: str) -> None:
    """Config, metrics and the whole probe, without a line for the model."""
    record, findings = trained(text)
    assert (record.run.project, record.run.name) == ("deep", "sigmoids")
    assert record.run.config["lr"] == 0.1
    assert len(record.history["train_loss"][0]) == len(record.steps) == 96
    assert record.run.state == "finished"
    _, alone = trained(PLAIN, *UNDER_RUN)
    assert main_rules(findings) == main_rules(alone)
    assert "vanishing-gradients" in {one.rule for one in alone}
