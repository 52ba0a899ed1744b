import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

n = 4000
hour = rng.integers(0, 24, n)
weekday = rng.integers(0, 7, n)
rain = rng.random(n) < 0.25
rate = np.exp(3.2 + 1.0 * np.sin((hour - 8) / 24 * 2 * np.pi) - 0.7 * (weekday > 4) - 0.6 * rain * (hour > 6))
count = rng.poisson(rate)
X = np.stack([np.sin(hour / 24 * 2 * np.pi), np.cos(hour / 24 * 2 * np.pi), (weekday > 4) - 0.3, rain - 0.25, hour / 12 - 1], 1)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(count, dtype=torch.float32).unsqueeze(1)


class CountNet(nn.Module):
    def __init__(self, mean):
        super().__init__()
        self.h1 = nn.Linear(5, 48)
        self.h2 = nn.Linear(48, 48)
        self.log_rate = nn.Linear(48, 1)
        nn.init.constant_(self.log_rate.bias, float(np.log(mean)))

    def forward(self, x):
        x = nn.functional.elu(self.h1(x))
        x = nn.functional.elu(self.h2(x))
        return self.log_rate(x)


model = CountNet(count[:3200].mean())
criterion = nn.PoissonNLLLoss(log_input=True)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(12):
    total = 0.0
    for xb, yb in DataLoader(TensorDataset(X[:3200], y[:3200]), batch_size=64, shuffle=True):
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1}: poisson nll {total / 50:.3f}")

with torch.no_grad():
    pred = model(X[3200:]).exp()
print(f"FINAL r2={(1 - (pred - y[3200:]).pow(2).mean() / y[3200:].var()).item():.4f}")
