import os
import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

N_TRAIN, N_TEST = 1200, 400
x = torch.rand(N_TRAIN + N_TEST, 3) * 4 - 2
target = torch.sin(1.5 * x[:, 0]) * torch.cos(x[:, 1]) + 0.4 * x[:, 2] + 0.05 * torch.randn(len(x))
loader = DataLoader(TensorDataset(x[:N_TRAIN], target[:N_TRAIN]), batch_size=30, shuffle=True)
x_test, y_test = x[N_TRAIN:], target[N_TRAIN:]


class MLP(nn.Module):
    def __init__(self, hidden=(64, 64)):
        super().__init__()
        sizes = (3, *hidden)
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.last = nn.Linear(sizes[-1], 1)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.tanh(layer(x))
        return self.last(x).squeeze(-1)


net = MLP()
opt = torch.optim.SGD(net.parameters(), lr=0.005, momentum=0.9)
mse = nn.MSELoss()

history = []
for epoch in range(25):
    net.train()
    for xb, yb in loader:
        opt.zero_grad()
        loss = mse(net(xb), yb)
        loss.backward()
        opt.step()
        history.append(loss.item())
    net.eval()
    with torch.no_grad():
        rmse = math.sqrt(mse(net(x_test), y_test).item())
    print(f"epoch {epoch:2d}  train {sum(history[-40:]) / 40:.4f}  test rmse {rmse:.4f}")

with torch.no_grad():
    error = (net(x_test) - y_test).pow(2).sum()
print(f"FINAL r2={1 - (error / (y_test - y_test.mean()).pow(2).sum()).item():.4f}")
