import os
import math
import numpy as np
import torch
from torch import nn
from sklearn.metrics import average_precision_score

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(55)


def vibration(n, length=64):
    """Bearings: a defect shows as short impulses at a fixed spacing."""
    bad = rng.random(n) < 0.03
    t = np.arange(length)
    x = np.sin(2 * np.pi * rng.uniform(0.02, 0.08, (n, 1)) * t + rng.uniform(0, 6, (n, 1)))
    x = x + 0.4 * rng.normal(size=(n, length))
    for i in np.flatnonzero(bad):
        start = rng.integers(0, 10)
        x[i, start::10] += rng.uniform(1.5, 2.5)
    return torch.tensor(x[:, None], dtype=torch.float32), torch.tensor(bad, dtype=torch.float32)


class Detector(nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(1, 16, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2),
                                  nn.Conv1d(16, 24, 7, padding=3), nn.ReLU(), nn.AdaptiveMaxPool1d(4), nn.Flatten())
        self.head = nn.Linear(96, 1)
        nn.init.constant_(self.head.bias, math.log(rate / (1 - rate)))

    def forward(self, x):
        return self.head(self.body(x)).squeeze(1)


x, y = vibration(4000)
xv, yv = vibration(3000)
print("share of defects", y.mean().item())
model = Detector(y.mean().item())
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
loss_fn = nn.BCEWithLogitsLoss()
for epoch in range(8):
    model.train()
    losses = []
    for b in torch.randperm(len(x)).split(64):
        loss = loss_fn(model(x[b]), y[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        ap = average_precision_score(yv.numpy(), model(xv).numpy())
    print(f"epoch {epoch} loss {np.mean(losses):.4f} AP {ap:.4f}")
print(f"FINAL average_precision={ap:.4f}")
