import logging
import os
import warnings

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import EarlyStopping
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Regressor(pl.LightningModule):
    def __init__(self, warmup=60):
        super().__init__()
        self.save_hyperparameters()
        self.mlp = nn.Sequential(nn.Linear(10, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 1))
        self.loss = nn.MSELoss()

    def forward(self, x):
        return self.mlp(x).squeeze(-1)

    def training_step(self, batch, _):
        x, y = batch
        return self.loss(self(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        self.log("val_mse", self.loss(self(x), y), prog_bar=False)

    def configure_optimizers(self):
        opt = torch.optim.AdamW(self.parameters(), lr=3e-3)
        warm = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, s / self.hparams.warmup))
        return [opt], [{"scheduler": warm, "interval": "step"}]


def main():
    seed = int(os.environ.get("SEED", 0))
    pl.seed_everything(seed, verbose=False)
    X, y = make_friedman1(2400, noise=0.5, random_state=seed)
    X = torch.tensor((X - 0.5) * 3.46, dtype=torch.float32)
    y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)
    train, val = TensorDataset(X[:1900], y[:1900]), TensorDataset(X[1900:], y[1900:])
    model = Regressor()
    trainer = pl.Trainer(max_epochs=15, logger=False, enable_checkpointing=False, enable_progress_bar=False,
                         enable_model_summary=False, accelerator="cpu", gradient_clip_val=2.0, num_sanity_val_steps=0,
                         callbacks=[EarlyStopping("val_mse", patience=6)])
    trainer.fit(model, DataLoader(train, 48, shuffle=True), DataLoader(val, 500))
    mse = trainer.callback_metrics["val_mse"].item()
    print(f"FINAL r2={1 - mse / y[1900:].var(unbiased=False).item():.4f}")


if __name__ == "__main__":
    main()
