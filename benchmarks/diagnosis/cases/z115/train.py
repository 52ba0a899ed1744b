import os

import lightning.pytorch as pl
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import logging, warnings
warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

SEED = int(os.environ.get("SEED", 0))


def strokes(n, kinds, seed):
    """16x16 drawings: bar, cross, ring, square, corner, diagonal; grey background noise"""
    r = np.random.default_rng(seed)
    x = r.normal(0, 0.25, (n, 1, 16, 16)).astype("float32")
    y = r.integers(0, len(kinds), n)
    yy, xx = np.mgrid[:16, :16]
    for i in range(n):
        k, (a, b), s = kinds[y[i]], r.integers(5, 11, 2), r.integers(3, 6)
        dx, dy = xx - a, yy - b
        box = (abs(dx) <= s) & (abs(dy) <= s)
        m = {
            "bar": (abs(dx) <= 1) & (abs(dy) <= s),
            "cross": ((dx == 0) | (dy == 0)) & box,
            "ring": abs(np.hypot(dx, dy) - s) < 0.8,
            "square": box & ((abs(dx) == s) | (abs(dy) == s)),
            "corner": box & ((dx == -s) | (dy == s)),
            "diagonal": box & (dx == dy),
        }[k]
        x[i, 0][m] += 1.0
    return TensorDataset(torch.from_numpy(x), torch.from_numpy(y))


def backbone():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(),
    )


class Lit(pl.LightningModule):
    def __init__(self, body, classes, lr, frozen=False):
        super().__init__()
        self.body, self.frozen, self.lr = body, frozen, lr
        self.head = nn.Linear(32 * 16, classes)
        if frozen:
            self.body.requires_grad_(False)

    def on_train_epoch_start(self):
        if self.frozen:
            self.body.eval()

    def forward(self, x):
        return self.head(self.body(x))

    def training_step(self, batch, _):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def test_step(self, batch, _):
        self.log("acc", (self(batch[0]).argmax(1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(filter(lambda p: p.requires_grad, self.parameters()), lr=self.lr)


def trainer(epochs):
    return pl.Trainer(max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False,
                      enable_progress_bar=False, enable_model_summary=False)


if __name__ == "__main__":
    pl.seed_everything(SEED, verbose=False)
    body = backbone()
    source = Lit(body, 4, 2e-3)
    trainer(5).fit(source, DataLoader(strokes(1200, ["cross", "ring", "square", "corner"], 1), batch_size=50, shuffle=True))

    # a hundred and twenty drawings of two kinds that were never seen
    kinds = ["bar", "diagonal", "ring"]
    target = Lit(body, 3, 3e-3, frozen=True)
    trainer(20).fit(target, DataLoader(strokes(120, kinds, 2), batch_size=20, shuffle=True))
    out = trainer(1).test(target, DataLoader(strokes(600, kinds, 3), batch_size=600), verbose=False)
    print(f"FINAL accuracy={out[0]['acc']:.4f}")
