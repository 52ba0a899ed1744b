import logging
import os
import warnings

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
import lightning.pytorch as pl
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class Denoiser(pl.LightningModule):
    """Restores digits from which a third of the pixels was lost."""

    def __init__(self, lr=2e-3):
        super().__init__()
        self.lr = lr
        self.encode = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 32))
        self.decode = nn.Sequential(nn.ReLU(), nn.Linear(32, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x):
        return self.decode(self.encode(x))

    def step(self, batch):
        (clean,) = batch
        holes = torch.rand_like(clean) < 0.33
        restored = self(clean.masked_fill(holes, 0.0))
        return F.mse_loss(restored, clean)

    def training_step(self, batch, batch_idx):
        loss = self.step(batch)
        self.log("train_loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


def main():
    pl.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)
    x = torch.tensor(load_digits().data, dtype=torch.float32) / 8 - 1
    train, test = random_split(TensorDataset(x), [1400, len(x) - 1400])
    model = Denoiser()
    trainer = pl.Trainer(max_epochs=150, limit_train_batches=1, accelerator="cpu", logger=False,
                         enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    trainer.fit(model, DataLoader(train, batch_size=50, shuffle=True))
    print("training loss", round(trainer.callback_metrics["train_loss"].item(), 4))

    model.eval()
    held_out = torch.stack([row[0] for row in test])
    with torch.no_grad():
        error = model.step((held_out,)).item()
    print(f"FINAL r2={1 - error / (held_out - held_out.mean(0)).pow(2).mean().item():.4f}")


if __name__ == "__main__":
    main()
