# SPDX-License-Identifier: Apache-2.0
"""Scripts of users, sick in one way each, of a second or less."""

from __future__ import annotations

HEAD = """\
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x = torch.randn(800, 8)
"""

SIGMOIDS = (
    HEAD
    + """\
y = (x[:, :4].sum(1) > 0).long() + (x[:, 4:].sum(1) > 0).long()
layers = []
for i in range(5):
    layers += [nn.Linear(8 if i == 0 else 24, 24), nn.Sigmoid()]
model = nn.Sequential(*layers, nn.Linear(24, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
loader = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=20, shuffle=True)
for epoch in range(10):
    for a, b in loader:
        loss = F.cross_entropy(model(a), b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.3f}")
with torch.no_grad():
    print(f"FINAL accuracy={(model(x[600:]).argmax(1) == y[600:]).float().mean().item():.4f}")
"""
)
"""Six layers of sigmoids stay at chance."""

NO_ZERO_GRAD = (
    HEAD
    + """\
y = x[:, :1] * 2 + x[:, 1:2] * x[:, 2:3]
model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(10):
    for rows in torch.randperm(600).split(20):
        loss = F.mse_loss(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print(f"FINAL mse={F.mse_loss(model(x[600:]), y[600:]).item():.5f}")
"""
)
"""Gradients are never cleared."""

HIGH_RATE = (
    HEAD
    + """\
y = (x[:, :4].sum(1) > 0).long()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=5.0, momentum=0.9)
loader = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=30, shuffle=True)
for epoch in range(6):
    for a, b in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(a), b).backward()
        optimizer.step()
    with torch.no_grad():
        hits = (model(x[600:]).argmax(1) == y[600:]).float().mean().item()
    print(f"epoch {epoch}: test accuracy {hits:.1%}")
"""
)
"""SGD at a rate of 5."""

FAR_TARGETS = (
    HEAD
    + """\
y = 5000 + 900 * (x[:, 0] + x[:, 1] * x[:, 2])
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loader = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=20, shuffle=True)
for epoch in range(10):
    for a, b in loader:
        loss = ((model(a).squeeze(1) - b) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    p = model(x[600:]).squeeze(1)
r2 = 1 - ((p - y[600:]) ** 2).sum() / ((y[600:] - y[600:].mean()) ** 2).sum()
print("test r2:", r2.item())
"""
)
"""Targets of 5000 and more."""

FAILING = HEAD + "\nraise RuntimeError('no data today')\n"

NO_EVALUATION = (
    HEAD
    + """\
y = (x[:, :4].sum(1) > 0).long()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.BatchNorm1d(32), nn.Linear(32, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
loader = DataLoader(TensorDataset(x, y), batch_size=20, shuffle=True)
served = 0
for epoch in range(6):
    for a, b in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(a), b)
        loss.backward()
        optimizer.step()
        served += len(a)
    print(f"epoch {epoch}: loss {loss.item():.3f}")
assert served == 6 * 800
"""
)
"""Too low a rate, and nothing but a training loss to see."""
