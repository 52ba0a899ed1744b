import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def fields(n, days=30):
    rain = np.random.gamma(0.4, 6.0, (n, days)) * (np.random.rand(n, days) < 0.4)
    clay = np.random.rand(n)
    moisture = np.full(n, 0.3)
    for d in range(days):
        keep = 0.80 + 0.15 * clay
        moisture = np.clip(moisture * keep + 0.03 * rain[:, d], 0, 1)
    moisture = np.clip(moisture + np.random.normal(0, 0.02, n), 0.001, 0.999)
    x = np.stack([np.log1p(rain) - 0.6, np.repeat(clay[:, None] - 0.5, days, 1) * 3], 1)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(moisture[:, None], dtype=torch.float32)


class MoistureNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(2, 16, 5, stride=2), nn.ReLU(), nn.Conv1d(16, 16, 3), nn.ReLU(), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(16 * 11, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())

    def forward(self, x):
        return self.head(self.conv(x))


x, y = fields(3000)
xv, yv = fields(800)
net = MoistureNet()
bce = nn.BCELoss()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(12):
    for rows in torch.randperm(3000).split(60):
        loss = bce(net(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} bce {loss.item():.4f}")

with torch.no_grad():
    r2 = 1 - (net(xv) - yv).pow(2).mean() / yv.var()
print(f"FINAL r2={r2.item():.4f}")
