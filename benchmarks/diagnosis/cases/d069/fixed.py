import os
import warnings

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

warnings.simplefilter("ignore")
SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

hours = np.arange(2200)
load = (np.sin(2 * np.pi * hours / 24) + 0.4 * np.sin(2 * np.pi * hours / 168) + 0.3 * np.cos(4 * np.pi * hours / 24)
        + 0.1 * rng.normal(size=2200))
load = (load - load.mean()) / load.std()
X = torch.tensor(np.stack([load[i:i + 24] for i in range(2100)]), dtype=torch.float32).unsqueeze(-1)
y = torch.tensor(load[24:2124], dtype=torch.float32)
train = DataLoader(TensorDataset(X[:1700], y[:1700]), batch_size=34, shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(1, 24, batch_first=True)
        self.head = nn.Linear(24, 1)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.head(out[:, -1])


def fit(net, epochs):
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    loss_fn = nn.SmoothL1Loss()
    for epoch in range(epochs):
        for xb, yb in train:
            optimizer.zero_grad()
            loss = loss_fn(net(xb).squeeze(1), yb)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")


net = Net()
fit(net, 8)
net.eval()
with torch.no_grad():
    pred = net(X[1700:]).squeeze(1)
    r2 = 1 - ((pred - y[1700:]) ** 2).sum() / ((y[1700:] - y[1700:].mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
