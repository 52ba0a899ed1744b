import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import balanced_accuracy_score
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def visits(n):
    """Shop visits; a few end in a purchase."""
    x = rng.normal(size=(n, 8))
    score = 1.4 * x[:, 0] + 0.9 * x[:, 1] * x[:, 2] + 0.8 * np.abs(x[:, 3]) - 5.6
    y = rng.random(n) < 1 / (1 + np.exp(-score))
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


x_train, y_train = visits(8000)
x_test, y_test = visits(6000)
print("positives", round(y_train.mean().item(), 4))
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(25.0))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=100, shuffle=True)
for epoch in range(8):
    hit = 0
    for x, y in loader:
        z = model(x)
        loss = criterion(z, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hit += ((z > 0) == (y > 0.5)).sum().item()
    print(f"epoch {epoch} loss {loss.item():.4f} train accuracy {hit / 8000:.4f}")

with torch.no_grad():
    guess = model(x_test) > 0
print(f"FINAL balanced_accuracy={balanced_accuracy_score(y_test, guess):.4f}")
