import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(14)

BINS, MINERALS = 200, 12
axis = np.arange(BINS)
peaks = rng.uniform(10, 190, (MINERALS, 5))
heights = rng.uniform(0.4, 1.0, (MINERALS, 5))


def measure(n):
    kind = rng.integers(0, MINERALS, n)
    shift = rng.normal(0, 1.0, (n, 1))
    h = heights[kind] * rng.uniform(0.6, 1.4, (n, 5))
    lines = h[:, :, None] * np.exp(-0.5 * ((axis - (peaks[kind] + shift)[:, :, None]) / 4.0) ** 2)
    return (lines.sum(1) + rng.normal(0, 0.15, (n, BINS))).astype("float32"), kind


class SpectrumNet(nn.Module):
    def __init__(self, n_bins, n_classes):
        super().__init__()
        self.squeeze = nn.Linear(n_bins, 64)
        self.expand = nn.Linear(64, 256)
        self.out = nn.Linear(256, n_classes)

    def forward(self, s):
        s = F.relu(self.squeeze(s))
        s = F.relu(self.expand(s))
        return self.out(s)


x, y = measure(3600)
x = (x - x[:3000].mean()) / x[:3000].std()
x, y = torch.from_numpy(x), torch.from_numpy(y)
loader = DataLoader(TensorDataset(x[:3000], y[:3000]), batch_size=60, shuffle=True)

model = SpectrumNet(BINS, MINERALS)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=14)
for epoch in range(14):
    for xb, yb in loader:
        loss = F.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    with torch.no_grad():
        acc = (model(x[3000:]).argmax(1) == y[3000:]).float().mean().item()
    if epoch % 3 == 2:
        print(f"{epoch + 1} loss={loss.item():.3f} held-out={acc:.3f}")

print(f"FINAL accuracy={acc:.4f}")
