import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

n = 3000
altitude = rng.uniform(0, 900, n)
rain = rng.gamma(3, 120, n)
slope = rng.uniform(0, 40, n)
count = rng.poisson(np.exp(0.3 + 0.0012 * altitude + 0.0016 * rain - 0.02 * slope))
features = np.stack([altitude, rain, slope], 1)
x = torch.tensor(features, dtype=torch.float32)
y = torch.tensor(count, dtype=torch.float32)
x_train, y_train, x_test, y_test = x[:2400], y[:2400], x[2400:], y[2400:]

model = nn.Sequential(nn.Linear(3, 32), nn.LeakyReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)


def poisson_nll(log_rate, k):
    return (torch.exp(log_rate) - k * log_rate).mean()


for epoch in range(20):
    for rows in torch.randperm(2400).split(40):
        log_rate = model(x_train[rows]).squeeze(1)
        loss = poisson_nll(log_rate, y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch} nll {loss.item():.4f}")

with torch.no_grad():
    rate = torch.exp(model(x_test).squeeze(1))
    r2 = 1 - ((rate - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
