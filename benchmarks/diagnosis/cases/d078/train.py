import os

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_friedman1(3000, n_features=8, noise=0.5, random_state=SEED)
X = torch.tensor((X - 0.5) * 3.46, dtype=torch.float32)
y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)[:, None]
loader = DataLoader(TensorDataset(X[:2400], y[:2400]), batch_size=48, shuffle=True)

model = nn.Sequential(
    nn.Linear(8, 96),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.BatchNorm1d(96),
    nn.Linear(96, 96),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.BatchNorm1d(96),
    nn.Linear(96, 1),
)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.MSELoss()
for epoch in range(18):
    model.train()
    mean = 0.0
    for xb, yb in loader:
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        mean += loss.item() / len(loader)
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} mse {mean:.4f}")

model.eval()
with torch.no_grad():
    r2 = 1 - criterion(model(X[2400:]), y[2400:]) / y[2400:].var(unbiased=False)
print(f"FINAL r2={r2.item():.4f}")
