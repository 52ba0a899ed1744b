# SPDX-License-Identifier: Apache-2.0
"""Ignite: our logger, and Ignite's own W&B logger through the shim."""

from __future__ import annotations

import pytest

from tests.integrations.conftest import Trained

SCRIPT = """
{imports}
import torch
from torch import nn
import torch.nn.functional as F
from ignite.engine import Engine, Events

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)


def step(engine, batch):
    a, b = batch
    optimizer.zero_grad()
    loss = F.cross_entropy(net(a), b)
    loss.backward()
    optimizer.step()
    return loss.item()


x = torch.randn(160, 8)
y = x[:, :4].argmax(1)
trainer = Engine(step)
logger = {logger}
logger.attach_output_handler(trainer, Events.ITERATION_COMPLETED, "train",
                             output_transform=lambda loss: dict(loss=loss))
logger.attach_opt_params_handler(trainer, Events.ITERATION_STARTED, optimizer=optimizer)
trainer.run([(x[n:n + 16], y[n:n + 16]) for n in range(0, 160, 16)], max_epochs=3)
logger.close()
"""

OURS = SCRIPT.format(
    imports="from backprobe.integrations.ignite import BackprobeLogger",
    logger='BackprobeLogger(project="digits")',
)
THEIRS = SCRIPT.format(
    imports="from backprobe.integrations import wandb\nwandb.install()\n"
    "from ignite.handlers.wandb_logger import WandBLogger",
    logger='WandBLogger(project="digits")',
)


def test_logger(trained: Trained) -> None:
    """Outputs and rates at the engine's iterations, and the whole probe."""
    record, _ = trained(OURS)
    assert record.run.project == "digits"
    assert record.history["train/loss"][0].tolist() == list(range(1, 31))
    assert set(record.history["lr"][1]) == {0.1}
    assert len(record.steps) == 30
    assert record.run.state == "finished"


@pytest.mark.filterwarnings("ignore")
def test_their_own_logger_through_the_shim(trained: Trained) -> None:
    """A library that imports wandb itself writes into our store."""
    record, _ = trained(THEIRS)
    assert record.run.project == "digits"
    assert record.history["train/loss"][0].tolist() == list(range(1, 31))
