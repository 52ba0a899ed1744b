import logging
import os
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import lightning.pytorch as pl
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import StochasticWeightAveraging
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
pl.seed_everything(SEED, verbose=False)


def notes(n, seed):
    """Bags of 3 to 20 word ids (0 pads); words of one half argue against those of the other."""
    g = torch.Generator().manual_seed(seed)
    lengths = torch.randint(3, 21, (n,), generator=g)
    ids = torch.randint(1, 400, (n, 20), generator=g)
    ids[torch.arange(20) >= lengths[:, None]] = 0
    weight = torch.randn(400, generator=torch.Generator().manual_seed(0))
    weight[0] = 0.0
    return TensorDataset(ids, (weight[ids].sum(1) > 0).long())


class NoteClassifier(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.table = nn.EmbeddingBag(400, 32, mode="sum", padding_idx=0)
        self.hidden = nn.Linear(32, 32)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(32, 2)
        self.hits = []

    def forward(self, ids):
        return self.out(self.drop(F.relu(self.hidden(self.table(ids)))))

    def training_step(self, batch, _):
        ids, y = batch
        loss = F.cross_entropy(self(ids), y)
        self.log("loss", loss)
        return loss

    def test_step(self, batch, _):
        ids, y = batch
        self.log("accuracy", (self(ids).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)


trainer = pl.Trainer(
    max_epochs=16, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
    enable_model_summary=False, gradient_clip_val=1.0, accumulate_grad_batches=2,
    callbacks=[StochasticWeightAveraging(swa_lrs=0.001, swa_epoch_start=0.6)],
)
model = NoteClassifier()
trainer.fit(model, DataLoader(notes(6000, 1), batch_size=30, shuffle=True))
print("last training loss", round(trainer.callback_metrics["loss"].item(), 4))
result = trainer.test(model, DataLoader(notes(2000, 2), batch_size=200), verbose=False)[0]
print("FINAL accuracy=%.4f" % result["accuracy"])
