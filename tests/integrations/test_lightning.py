# SPDX-License-Identifier: Apache-2.0
"""Lightning: the logger, the callback, and the same module without either."""

from __future__ import annotations

from tests.integrations.conftest import UNDER_RUN, Trained, main_rules

SCRIPT = """
import logging, warnings
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
import lightning as L
{imports}
warnings.simplefilter("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
L.seed_everything(0, verbose=False)


class Module(L.LightningModule):
    def __init__(self, width):
        super().__init__()
        self.save_hyperparameters()
        layers = [nn.Linear(8, width)]
        for _ in range(6):
            layers += [nn.Sigmoid(), nn.Linear(width, width)]
        self.net = nn.Sequential(*layers, nn.Sigmoid(), nn.Linear(width, 4))

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, _):
        x, y = batch
        self.log("val_loss", F.cross_entropy(self(x), y))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


x = torch.randn(512, 8)
y = x[:, :4].argmax(1)
train = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
val = DataLoader(TensorDataset(x[:64], y[:64]), batch_size=32)
trainer = L.Trainer(
    max_epochs=4, accelerator="cpu", {options}, log_every_n_steps=4,
    enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
)
trainer.fit(Module(width=16), train, val)
"""

LOGGER = SCRIPT.format(
    imports="from backprobe.integrations.lightning import BackprobeLogger",
    options='logger=BackprobeLogger(project="deep", tags=["sigmoid"])',
)
CALLBACK = SCRIPT.format(
    imports="from backprobe.integrations.lightning import BackprobeCallback",
    options='logger=False, callbacks=[BackprobeCallback(name="deep")]',
)
PLAIN = SCRIPT.format(imports="", options="logger=False")


def test_logger(trained: Trained) -> None:
    """One line: metrics at the trainer's steps, hyper-parameters, and the whole probe."""
    record, findings = trained(LOGGER)
    assert (record.run.project, record.run.tags) == ("deep", ("sigmoid",))
    assert record.run.config["width"] == 16
    steps, _ = record.history["train_loss_step"]
    assert steps.tolist()[:2] == [3, 7]
    assert len(record.history["val_loss"][0]) == 4
    assert len(record.steps) == 128
    assert record.named("failure") == ()
    assert "vanishing-gradients" in {one.rule for one in findings}


def test_callback_and_plain_run_find_the_same(trained: Trained) -> None:
    """The callback under `python`, and nothing under `backprobe run`: one diagnosis."""
    record, findings = trained(CALLBACK)
    assert record.run.name == "deep"
    assert len(record.history["val_loss"][0]) == 4
    plain, alone = trained(PLAIN, *UNDER_RUN)
    assert len(plain.steps) == len(record.steps) == 128
    assert main_rules(findings) == main_rules(alone)
    assert "vanishing-gradients" in {one.rule for one in alone}


def test_callback_under_run_joins_it(trained: Trained) -> None:
    """Under `backprobe run` the callback makes no second run."""
    record, _ = trained(CALLBACK, *UNDER_RUN)
    assert any(word.endswith("train.py") for word in record.run.command)
    assert len(record.history["val_loss"][0]) == 4
    assert len(record.steps) == 128
