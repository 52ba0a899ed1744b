import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

hours = np.arange(3000)
tide = np.sin(2 * np.pi * hours / 12.42) + 0.4 * np.sin(2 * np.pi * hours / 12.0 + 1) + 0.2 * np.sin(2 * np.pi * hours / 25.8)
surge = np.zeros(3000)
for t in range(1, 3000):
    surge[t] = 0.95 * surge[t - 1] + rng.normal(0, 0.04)
level = ((tide + surge) / (tide + surge).std()).astype(np.float32)

PAST, AHEAD = 48, 6
x = np.stack([level[i:i + PAST] for i in range(3000 - PAST - AHEAD)])
y = level[PAST + AHEAD - 1:-1]
x, y = torch.from_numpy(x), torch.from_numpy(y)


class GaugeNet(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.inp = nn.Linear(PAST, width)
        self.a = nn.Linear(width, width)
        self.b = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        h = torch.tanh(self.inp(x))
        h = h + torch.tanh(self.a(h))
        h = h + torch.tanh(self.b(h))
        return self.out(h)[:, 0]


model = GaugeNet()
loader = DataLoader(TensorDataset(x[:2300], y[:2300]), batch_size=50, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.98, nesterov=True)
for epoch in range(15):
    total = 0.0
    for xb, yb in loader:
        loss = nn.functional.huber_loss(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1}: {total / len(loader):.5f}")

with torch.no_grad():
    r2 = 1 - (model(x[2350:]) - y[2350:]).pow(2).mean() / y[2350:].var()
print(f"FINAL r2={r2.item():.4f}")
