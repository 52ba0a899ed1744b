import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class TrainConfig:
    seed: int = int(os.environ.get("SEED", 0))
    epochs: int = 12
    micro_batch: int = 8
    accumulate: int = 4
    lr: float = 3e-3
    ink_weight: float = 0.5


class MultiTaskNet(nn.Module):
    """Shared trunk; which digit, and how much ink."""

    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.GroupNorm(4, 16), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.GroupNorm(4, 32), nn.ReLU(), nn.Flatten(),
        )
        self.digit = nn.Linear(512, 10)
        self.ink = nn.Linear(512, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.digit(h), self.ink(h).squeeze(1)


class Trainer:
    def __init__(self, cfg: TrainConfig):
        self.cfg = cfg
        torch.manual_seed(cfg.seed)
        rng = np.random.default_rng(cfg.seed)
        d = load_digits()
        order = rng.permutation(len(d.target))
        x = torch.tensor(d.images[order] / 16, dtype=torch.float32)[:, None]
        y = torch.tensor(d.target[order])
        ink = x.mean((1, 2, 3))
        ink = (ink - ink[:1300].mean()) / ink[:1300].std()
        x = (x - 0.3) / 0.38 + 0.3 * torch.randn_like(x)
        self.train_loader = DataLoader(TensorDataset(x[:1300], y[:1300], ink[:1300]), cfg.micro_batch, shuffle=True, drop_last=True)
        self.test = x[1300:], y[1300:], ink[1300:]
        self.model = MultiTaskNet()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr, weight_decay=0.01)
        updates = cfg.epochs * (len(self.train_loader) // cfg.accumulate)
        self.scheduler = torch.optim.lr_scheduler.LinearLR(self.optimizer, 1.0, 0.05, total_iters=updates)

    def losses(self, x, y, ink):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, amount = self.model(x)
        return F.cross_entropy(logits.float(), y), F.mse_loss(amount.float(), ink), logits

    def fit(self):
        for epoch in range(self.cfg.epochs):
            self.model.train()
            seen = [0.0, 0.0]
            for i, batch in enumerate(self.train_loader, 1):
                ce, mse, _ = self.losses(*batch)
                ((ce + self.cfg.ink_weight * mse) / self.cfg.accumulate).backward()
                seen[0] += ce.item()
                seen[1] += mse.item()
                if i % self.cfg.accumulate == 0:
                    self.optimizer.step()
                    self.optimizer.zero_grad()
                    self.scheduler.step()
            n = len(self.train_loader)
            print(f"epoch {epoch + 1}: digit {seen[0] / n:.4f} ink {seen[1] / n:.4f}")

    @torch.no_grad()
    def score(self):
        self.model.eval()
        _, mse, logits = self.losses(*self.test)
        print(f"ink mse {mse.item():.4f}")
        return (logits.argmax(1) == self.test[1]).float().mean().item()


trainer = Trainer(TrainConfig())
trainer.fit()
print(f"FINAL accuracy={trainer.score():.4f}")
