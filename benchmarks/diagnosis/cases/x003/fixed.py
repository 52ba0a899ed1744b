import os
from dataclasses import dataclass, field

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Settings:
    trunk_lr: float = 5e-5
    head_lr: float = 4e-3
    epochs: int = 14
    batch_size: int = 32
    weights: dict = field(default_factory=lambda: {"digit": 1.0, "parity": 0.5, "ink": 1.0})
    seed: int = int(os.environ.get("SEED", 0))


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 96), nn.LayerNorm(96), nn.GELU(), nn.Linear(96, 48), nn.GELU())
        self.digit = nn.Linear(48, 10)
        self.parity = nn.Linear(48, 1)
        self.ink = nn.Sequential(nn.Linear(48, 24), nn.GELU(), nn.Linear(24, 4))

    def forward(self, x):
        h = self.trunk(x)
        return {"digit": self.digit(h), "parity": self.parity(h).squeeze(1), "ink": self.ink(h)}


class MultiTaskTrainer:
    def __init__(self, model: nn.Module, settings: Settings):
        self.model, self.s = model, settings
        self.optimizer = torch.optim.AdamW(
            [
                {"params": model.trunk.parameters(), "lr": settings.trunk_lr},
                {"params": model.digit.parameters(), "lr": settings.head_lr},
                {"params": model.parity.parameters(), "lr": settings.head_lr},
                {"params": model.ink.parameters(), "lr": settings.head_lr},
            ],
            weight_decay=1e-3,
        )
        self.losses = {"digit": nn.CrossEntropyLoss(), "parity": nn.BCEWithLogitsLoss(), "ink": nn.MSELoss()}

    def step(self, x, targets):
        self.model.train()
        out = self.model(x)
        parts = {k: f(out[k], targets[k]) for k, f in self.losses.items()}
        total = sum(self.s.weights[k] * v for k, v in parts.items())
        self.optimizer.zero_grad()
        total.backward()
        self.optimizer.step()
        return {k: v.item() for k, v in parts.items()}

    def fit(self, loader):
        for epoch in range(self.s.epochs):
            rows = []
            for x, digit, parity, ink in loader:
                rows.append(self.step(x, {"digit": digit, "parity": parity, "ink": ink}))
            mean = {k: round(float(np.mean([r[k] for r in rows])), 4) for k in rows[0]}
            print("epoch", epoch, mean)


def build():
    d = load_digits()
    x = d.data.astype(np.float32) / 16
    im = x.reshape(-1, 8, 8)
    ink = np.stack([im[:, :4, :4], im[:, :4, 4:], im[:, 4:, :4], im[:, 4:, 4:]], 1).mean((2, 3))
    ink = (ink - ink.mean(0)) / ink.std(0)
    x = (x - x.mean()) / x.std()
    t = torch.from_numpy
    order = torch.randperm(len(x))
    tensors = [t(x), t(d.target), t((d.target % 2).astype(np.float32)), t(ink.astype(np.float32))]
    return [v[order[:1400]] for v in tensors], [v[order[1400:]] for v in tensors]


if __name__ == "__main__":
    s = Settings()
    torch.manual_seed(s.seed)
    train, test = build()
    model = MultiTask()
    MultiTaskTrainer(model, s).fit(DataLoader(TensorDataset(*train), s.batch_size, shuffle=True))
    model.eval()
    with torch.no_grad():
        out = model(test[0])
    acc = (out["digit"].argmax(1) == test[1]).float().mean().item()
    par = ((out["parity"] > 0) == (test[2] > 0.5)).float().mean().item()
    r2 = 1 - ((out["ink"] - test[3]) ** 2).sum() / ((test[3] - test[3].mean(0)) ** 2).sum()
    print(f"digit {acc:.3f} parity {par:.3f}")
    print(f"FINAL r2={r2.item():.4f}")
