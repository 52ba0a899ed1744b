import os

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman3
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = make_friedman3(3000, noise=0.05, random_state=4)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32).view(-1, 1)
loader = DataLoader(TensorDataset(X[:2400], y[:2400]), batch_size=40, shuffle=True)


class Phase(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.f(x)


net = Phase()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
lr = torch.optim.lr_scheduler.ExponentialLR(opt, 0.92)
for epoch in range(20):
    for a, b in loader:
        loss = nn.functional.mse_loss(net(a), b)
        loss.backward()
        opt.step()
        net.zero_grad(set_to_none=False)
    lr.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch} mse {loss.item():.4f}")
with torch.no_grad():
    p, t = net(X[2400:]), y[2400:]
    print(f"FINAL r2={(1 - (p - t).pow(2).sum() / (t - t.mean()).pow(2).sum()).item():.4f}")
