"""Multi-label tagging of spectra with Lightning."""
import logging
import os
import warnings

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
import lightning as L

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

TAGS = 12


def spectra(n, rs):
    """Each tag is a pair of lines somewhere in the spectrum; most tags are rare."""
    lines = np.random.RandomState(5).uniform(5, 59, (TAGS, 2))
    prior = np.linspace(0.06, 0.25, TAGS)
    y = (rs.rand(n, TAGS) < prior).astype(np.float32)
    f = np.arange(64)
    shapes = np.exp(-((f[None, None] - lines[..., None]) ** 2) / 4.0).sum(1)
    x = (y * rs.uniform(0.5, 1.5, y.shape)) @ shapes + 0.25 * rs.randn(n, 64)
    return torch.tensor(x[:, None], dtype=torch.float32), torch.from_numpy(y)


class TransferModel(L.LightningModule):
    def __init__(self, lr=2e-3):
        super().__init__()
        self.lr = lr
        self.feature_extractor = nn.Sequential(
            nn.Conv1d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(16, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(),
        )
        self.fc = nn.Sequential(nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, TAGS))

    def forward(self, x):
        return torch.sigmoid(self.fc(self.feature_extractor(x)))

    def loss(self, scores, labels):
        return F.binary_cross_entropy(scores, labels)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss(self(x), y)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


def main():
    seed = int(os.environ.get("SEED", 0))
    L.seed_everything(seed, verbose=False)
    rs = np.random.RandomState(seed)
    train = TensorDataset(*spectra(2000, rs))
    x_val, y_val = spectra(800, rs)
    model = TransferModel()
    trainer = L.Trainer(max_epochs=10, accelerator="cpu", logger=False, enable_checkpointing=False,
                        enable_progress_bar=False, enable_model_summary=False)
    trainer.fit(model, DataLoader(train, batch_size=32, shuffle=True))
    model.eval()
    with torch.no_grad():
        pred = (model(x_val) > 0.5).float()
    tp = (pred * y_val).sum()
    f1 = 2 * tp / (pred.sum() + y_val.sum())
    print(f"FINAL f1={f1.item():.4f}")


main()
