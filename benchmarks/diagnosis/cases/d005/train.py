import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

x, y = make_friedman1(3000, n_features=6, noise=0.3, random_state=SEED)
x = torch.tensor((x - x.mean(0)) / x.std(0), dtype=torch.float32)
y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32).view(-1, 1)
x_train, x_val, y_train, y_val = x[:2400], x[2400:], y[:2400], y[2400:]

sizes = [6, 64, 64, 64, 64, 64, 64, 1]
modules = []
for i in range(len(sizes) - 1):
    modules.append(nn.Linear(sizes[i], sizes[i + 1]))
    if i < len(sizes) - 2:
        modules.append(nn.ReLU())
net = nn.Sequential(*modules)


def setup(m):
    if isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, 0.0, 0.5)
        nn.init.zeros_(m.bias)


net.apply(setup)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.MSELoss()
for epoch in range(20):
    perm = torch.randperm(len(x_train))
    for i in range(0, len(perm), 48):
        b = perm[i:i + 48]
        optimizer.zero_grad()
        loss = criterion(net(x_train[b]), y_train[b])
        loss.backward()
        optimizer.step()
    if epoch % 4 == 3:
        with torch.no_grad():
            print(f"epoch {epoch + 1}: train {loss.item():.4f} val {criterion(net(x_val), y_val).item():.4f}")

with torch.no_grad():
    p = net(x_val)
    r2 = 1 - ((p - y_val) ** 2).sum() / ((y_val - y_val.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
