import os

import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Encoder(nn.Module):
    def __init__(self, freeze_at=1):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(2, 16, 7, stride=2, padding=3), nn.BatchNorm1d(16), nn.ReLU())
        self.stage = nn.Sequential(nn.Conv1d(16, 32, 5, stride=2, padding=2), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3))
        self.freeze_at = freeze_at

    def forward(self, x):
        return self.stage(self.stem(x)).mean(2)

    def train(self, mode=True):
        # keep the statistics of the frozen part fixed
        super().train(mode)
        if self.freeze_at > 0:
            self.stem.eval()
        return self


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        return self.head(self.encoder(x))


def vibration(n, kind=None):
    """Two-axis vibration of a bearing; four conditions that differ in frequency and amplitude pattern."""
    y = torch.randint(0, 4, (n,)) if kind is None else torch.full((n,), kind)
    t = torch.linspace(0, 1, 64)
    f = torch.tensor([4.0, 5.5, 7.0, 8.5])[y][:, None] + 0.5 * torch.randn(n, 1)
    ph = 6.28 * torch.rand(n, 1)
    a = 0.7 + 0.6 * torch.rand(n, 1)
    x = torch.stack([a * torch.sin(6.28 * f * t + ph), a * torch.cos(6.28 * f * t + ph) * t], 1)
    return x + 0.35 * torch.randn(n, 2, 64), y


model = Model()
x, y = vibration(2400)

# stage 1: the whole network on a side task, to warm the stem up
model.encoder.freeze_at = 0
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(120):
    i = torch.randint(0, len(x), (64,))
    opt.zero_grad()
    F.cross_entropy(model(x[i]), y[i]).backward()
    opt.step()

# stage 2: stem frozen
model.encoder.freeze_at = 1
model.encoder.stem.requires_grad_(False)
opt = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=1e-3)
for epoch in range(12):
    model.train()
    for i in torch.randperm(len(x)).split(64):
        loss = F.cross_entropy(model(x[i]), y[i])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch + 1} loss {loss.item():.4f}")

# recordings of one machine at a time
model.eval()
right = total = 0
with torch.no_grad():
    for kind in range(4):
        for _ in range(6):
            xs, ys = vibration(32, kind)
            right += (model(xs).argmax(1) == ys).sum().item()
            total += len(ys)
print(f"FINAL accuracy={right / total:.4f}")
