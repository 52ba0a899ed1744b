import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(11)

config = {"width": 32, "depth": 15, "lr": 0.01, "momentum": 0.9, "epochs": 15, "batch": 32}


def shells(n):
    """Three nested shells in eight dimensions."""
    y = rng.integers(0, 3, n)
    d = rng.normal(size=(n, 8))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    r = np.array([1.0, 1.9, 2.8])[y] + rng.normal(0, 0.18, n)
    return torch.tensor(d * r[:, None], dtype=torch.float32), torch.tensor(y)


class ResidualUnit(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lin1 = nn.Linear(width, width)
        self.lin2 = nn.Linear(width, width)
        self.scale = 0.5

    def forward(self, x):
        shortcut = x
        out = torch.tanh(self.lin1(x))
        out = self.scale * self.lin2(out)
        return out + shortcut


class ShellNet(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.inp = nn.Linear(8, width)
        self.stages = nn.Sequential(*[ResidualUnit(width) for _ in range(depth)])
        self.out = nn.Linear(width, 3)

    def forward(self, x):
        return self.out(torch.tanh(self.stages(torch.tanh(self.inp(x)))))


train_loader = DataLoader(TensorDataset(*shells(2000)), config["batch"], shuffle=True)
x_val, y_val = shells(1000)
net = ShellNet(config["width"], config["depth"])
opt = torch.optim.SGD(net.parameters(), lr=config["lr"], momentum=config["momentum"])
print("parameters:", sum(p.numel() for p in net.parameters()))
for epoch in range(config["epochs"]):
    net.train()
    mean = 0.0
    for x, y in train_loader:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        mean += loss.item() / len(train_loader)
    net.eval()
    with torch.no_grad():
        val = (net(x_val).argmax(1) == y_val).float().mean().item()
    print(f"{epoch:02d}: train {mean:.4f}, validation accuracy {val:.3f}")
print(f"FINAL accuracy={val:.4f}")
