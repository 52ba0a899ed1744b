"""Returns of small trades: most of what moves them is chance, and that part cannot be learnt."""
import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(77)

n = 12000
X = rng.normal(size=(n, 8)).astype(np.float32)
signal = 0.5 * X[:, 0] - 0.3 * X[:, 1] + 0.4 * np.tanh(2 * X[:, 2]) * (X[:, 3] > 0)
noise = rng.normal(0, 1.5 * signal.std(), n)
y = (signal + noise).astype(np.float32)
ceiling = signal.var() / (signal + noise).var()

data = TensorDataset(torch.from_numpy(X), torch.from_numpy(y))
train_set, test_set = random_split(data, [9000, 3000], generator=torch.Generator().manual_seed(0))
model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
loader = DataLoader(train_set, batch_size=128, shuffle=True)
x_test, y_test = test_set[:]


def r2(pred, true):
    return 1 - ((pred - true) ** 2).sum().item() / ((true - true.mean()) ** 2).sum().item()


for epoch in range(15):
    running = 0.0
    for xb, yb in loader:
        loss = nn.functional.mse_loss(model(xb).squeeze(-1), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item() / len(loader)
    with torch.no_grad():
        score = r2(model(x_test).squeeze(-1), y_test)
    print(f"epoch {epoch + 1:2d}  train mse {running:.4f}  test r2 {score:.4f}")

print(f"share of the variance that is not chance: {ceiling:.3f}")
print(f"FINAL r2={score:.4f}")
