import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# cycles (thousands), temperature, depth of discharge -> remaining capacity
n = 1200
raw = np.column_stack([rng.uniform(0, 3, n), rng.uniform(5, 45, n), rng.uniform(0.2, 1.0, n)])
fade = 0.06 * np.sqrt(raw[:, 0]) * np.exp((raw[:, 1] - 25) / 30) * (0.5 + raw[:, 2]) + 0.05 * np.maximum(raw[:, 0] - 2, 0) ** 2
cap = 1 - fade + rng.normal(0, 0.006, n)
x = torch.tensor((raw - raw.mean(0)) / raw.std(0))
y = torch.tensor((cap - cap.mean()) / cap.std()).unsqueeze(1)
x_fit, y_fit, x_new, y_new = x[:900], y[:900], x[900:], y[900:]

model = nn.Sequential(nn.Linear(3, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1)).double()
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=20, history_size=20)
criterion = nn.MSELoss()


def closure():
    optimizer.zero_grad()
    loss = criterion(model(x_fit), y_fit)
    loss.backward()
    return loss


for epoch in range(60):
    optimizer.zero_grad()
    loss = optimizer.step(closure)
    if epoch % 10 == 0:
        print(f"epoch {epoch}: {loss.item():.6f}")

with torch.no_grad():
    r2 = 1 - (model(x_new) - y_new).pow(2).sum() / (y_new - y_new.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
