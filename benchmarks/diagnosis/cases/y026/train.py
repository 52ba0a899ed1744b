import logging
import os
import warnings

import lightning as L
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
L.seed_everything(int(os.environ.get("SEED", 0)), verbose=False)

digits = load_digits()
images = torch.tensor(digits.images / 8.0 - 1.0, dtype=torch.float32).unsqueeze(1)
target = torch.tensor(digits.target)
low, high = target < 5, target >= 5
order = torch.randperm(int(high.sum()))
xh, yh = images[high][order], target[high][order] - 5
few, held = slice(0, 150), slice(150, None)


def backbone():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
    )


class Pretrain(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.backbone = backbone()
        self.fc = nn.Linear(256, 5)

    def training_step(self, batch, _):
        x, y = batch
        x = torch.roll(x, tuple(torch.randint(-1, 2, (2,)).tolist()), (2, 3))
        return F.cross_entropy(self.fc(self.backbone(x)), y)

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=2e-3, weight_decay=1e-2)


class Transfer(L.LightningModule):
    def __init__(self, body):
        super().__init__()
        self.backbone = body.requires_grad_(False)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(256, 5))

    def forward(self, x):
        return self.head(self.backbone(x))

    def on_train_epoch_start(self):
        self.backbone.eval()

    def training_step(self, batch, _):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def test_step(self, batch, _):
        x, y = batch
        self.log("acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.head.parameters(), lr=5e-3)


def trainer(epochs):
    return L.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )


first = Pretrain()
trainer(8).fit(first, DataLoader(TensorDataset(images[low], target[low]), 64, shuffle=True))
second = Transfer(first.backbone)
run = trainer(40)
run.fit(second, DataLoader(TensorDataset(xh[few], yh[few]), 25, shuffle=True))
score = run.test(second, DataLoader(TensorDataset(xh[held], yh[held]), 1024), verbose=False)
print(f"FINAL accuracy={score[0]['acc']:.4f}")
