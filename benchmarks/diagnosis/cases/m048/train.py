import logging
import os
import warnings

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
import lightning.pytorch as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Knots(Dataset):
    """Random walks in the plane; does the walk end nearer to its start than to its middle?"""

    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        self.walks = torch.randn(n, 20, 2, generator=g).cumsum(1) / 3
        start, middle, end = self.walks[:, 0], self.walks[:, 10], self.walks[:, -1]
        self.labels = ((end - start).norm(dim=1) < (end - middle).norm(dim=1)).float()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.walks[i].flatten(), self.labels[i]


class KnotNet(pl.LightningModule):
    def __init__(self, width=96, lr=2e-3):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(40, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))
        self.loss = nn.BCEWithLogitsLoss()

    def forward(self, x):
        return self.net(x).squeeze(-1)

    def training_step(self, batch, _):
        x, y = batch
        loss = self.loss(self(x), y)
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def test_step(self, batch, _):
        x, y = batch
        self.log("accuracy", ((self(x) > 0) == (y > 0.5)).float().mean())

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr, weight_decay=1e-3)
        return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.trainer.max_epochs)]


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", 0))
    pl.seed_everything(seed, verbose=False)
    options = dict(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
                   enable_model_summary=False)
    trainer = pl.Trainer(max_epochs=20, overfit_batches=3, **options)
    model = KnotNet()
    trainer.fit(model, DataLoader(Knots(3000, seed), batch_size=50, shuffle=True))
    print("loss of the last epoch:", round(trainer.callback_metrics["loss"].item(), 4))
    result = pl.Trainer(**options).test(model, DataLoader(Knots(1500, 900 + seed), batch_size=500), verbose=False)
    print(f"FINAL accuracy={result[0]['accuracy']:.4f}")
