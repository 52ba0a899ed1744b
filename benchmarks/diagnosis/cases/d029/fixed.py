import os

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

bunch = load_diabetes()
order = np.random.RandomState(3).permutation(442)
X, y = bunch.data[order], bunch.target[order]
scaler = StandardScaler().fit(X[:340])
X = torch.tensor(scaler.transform(X), dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32).reshape(-1, 1)
y = (y - y[:340].mean()) / y[:340].std()
train = DataLoader(TensorDataset(X[:340], y[:340]), batch_size=20, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(10, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, x):
        return self.layers(x)


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
criterion = nn.MSELoss()
for epoch in range(30):
    losses = []
    for xb, yb in train:
        loss = criterion(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 5 == 0:
        print(f"epoch {epoch:2d} mse {np.mean(losses):.2f}")

with torch.no_grad():
    pred = net(X[340:])
    r2 = 1 - ((pred - y[340:]) ** 2).sum() / ((y[340:] - y[340:].mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
