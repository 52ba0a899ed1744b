# SPDX-License-Identifier: Apache-2.0
"""The shim: libraries that import wandb themselves get backprobe."""

from __future__ import annotations

from tests.integrations.conftest import Trained

NAMES = """
from backprobe.integrations import wandb as shim
shim.install()
shim.install()
import importlib.metadata, importlib.util
import wandb, backprobe
from wandb.sdk.lib.config_util import ConfigError
from wandb.wandb_run import Run
from wandb.errors import UsageError
from wandb.data_types import Image
import wandb.apis.public
assert importlib.util.find_spec("wandb") is not None
assert importlib.metadata.version("wandb") == wandb.__version__
assert wandb.run is None and ConfigError is backprobe.ConfigError and Image is backprobe.Image
run = wandb.init(project="shim", config={"lr": 1})
assert wandb.run is run and isinstance(run, Run) and wandb.config.lr == 1
try:
    wandb.config.lr = 2
    raise AssertionError
except ConfigError:
    pass
wandb.log({"loss": 1.0})
assert wandb.summary["loss"] == 1.0
assert not hasattr(wandb, "no_such_name")
wandb.finish()
assert wandb.run is None
shim.uninstall()
assert "wandb" not in __import__("sys").modules
"""

LATE = """
import sys, types
sys.modules["wandb"] = types.ModuleType("wandb")
from backprobe.integrations import wandb as shim
import backprobe
backprobe.init(project="late")
try:
    shim.install()
except backprobe.UsageError as error:
    assert "before anything imports wandb" in str(error)
else:
    raise AssertionError
"""

TRANSFORMERS = """
from backprobe.integrations import wandb
wandb.install()
import warnings; warnings.simplefilter("ignore")
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
torch.manual_seed(0)
model = BertForSequenceClassification(BertConfig(
    vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
    intermediate_size=16, max_position_embeddings=16, num_labels=3))
rows = [dict(input_ids=torch.randint(0, 50, (8,)), labels=torch.tensor(n % 3)) for n in range(32)]
Trainer(model=model, train_dataset=rows, args=TrainingArguments(
    output_dir="out", max_steps=6, per_device_train_batch_size=8, report_to="wandb",
    save_strategy="no", use_cpu=True, disable_tqdm=True, logging_steps=2, run_name="bert",
)).train()
"""

LIGHTNING = """
from backprobe.integrations import wandb
wandb.install()
import warnings; warnings.simplefilter("ignore")
import torch
import lightning as L
from lightning.pytorch.loggers import WandbLogger

class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(4, 1)

    def training_step(self, batch, _):
        loss = self.net(batch).pow(2).mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

module = Module()
logger = WandbLogger(project="shim", name="lit")
logger.watch(module)
L.Trainer(max_epochs=2, accelerator="cpu", logger=logger, log_every_n_steps=1,
          enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
).fit(module, torch.utils.data.DataLoader(torch.randn(16, 4), batch_size=4))
"""


def test_names_and_their_life(trained: Trained) -> None:
    """Submodules, metadata, the live run, and away again."""
    record, _ = trained(NAMES)
    assert record.run.project == "shim"
    assert record.history["loss"][1].tolist() == [1.0]


def test_too_late_is_refused(trained: Trained) -> None:
    """Where the real one was imported, some part of the program has it: that is said."""
    trained(LATE)


def test_transformers_own_callback(trained: Trained) -> None:
    """`report_to="wandb"` writes into our store."""
    record, _ = trained(TRANSFORMERS)
    assert (record.run.name, record.run.project) == ("bert", "huggingface")
    assert len(record.history["train/loss"][0]) == 3


def test_lightnings_own_logger(trained: Trained) -> None:
    """`WandbLogger` writes into our store, and its `watch` attaches the probe."""
    record, _ = trained(LIGHTNING)
    assert record.run.name == "lit"
    assert len(record.history["loss"][0]) == len(record.steps) == 8
