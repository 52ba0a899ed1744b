import os
import math
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


def terrain(n):
    """Height of a hilly landscape at random places."""
    p = np.random.uniform(-1, 1, (n, 2))
    u, v = p[:, 0], p[:, 1]
    h = np.sin(5 * u) * np.cos(4 * v) + 0.6 * np.sin(7 * u * v + 1) + 0.4 * np.exp(-20 * ((u - 0.3) ** 2 + (v + 0.2) ** 2))
    h = h + np.random.normal(0, 0.03, n)
    return torch.tensor(p, dtype=torch.float32), torch.tensor(h, dtype=torch.float32)


def scaled(width, factor, divisor=1):
    return max(divisor, int(width * factor / divisor) * divisor)


class HeightField(nn.Module):
    base = (64, 64, 64)

    def __init__(self, depth_factor=1.0, width_factor=1.0):
        super().__init__()
        n = math.ceil(len(self.base) * depth_factor)
        widths = [2] + [scaled(w, width_factor) for w in self.base[:n]]
        self.trunk = nn.Sequential()
        for k in range(n):
            self.trunk.append(nn.Linear(widths[k], widths[k + 1]))
            self.trunk.append(nn.Tanh())
        self.readout = nn.Linear(widths[-1], 1)

    def forward(self, xy):
        return self.readout(self.trunk(xy))[:, 0]


VARIANTS = {
    "nano": dict(depth_factor=0.33, width_factor=0.05),
    "small": dict(depth_factor=0.67, width_factor=0.5),
    "base": dict(),
}

train_set = TensorDataset(*terrain(3000))
test_p, test_h = terrain(1000)
field = HeightField(**VARIANTS["nano"])
optimizer = torch.optim.Adam(field.parameters(), lr=5e-3)
lr_decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.95)
loss_function = nn.MSELoss()
for epoch in range(40):
    for p, h in DataLoader(train_set, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = loss_function(field(p), h)
        loss.backward()
        optimizer.step()
    lr_decay.step()
    if epoch % 8 == 7:
        print(f"epoch {epoch + 1}, loss {loss.item():.4f}")

with torch.no_grad():
    mse = loss_function(field(test_p), test_h).item()
print(f"FINAL r2={1 - mse / test_h.var().item():.4f}")
