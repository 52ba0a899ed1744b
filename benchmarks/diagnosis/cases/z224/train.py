import os

import numpy as np
import torch
from torch import nn, optim

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

DT, STEPS = 0.1, 20
A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])


def simulate(y0, fine=10):
    """Reference trajectories of y' = tanh(A y) - 0.1 y with a ten times finer step."""
    out, y = [y0], y0
    for _ in range(STEPS):
        for _ in range(fine):
            y = y + DT / fine * (torch.tanh(y @ A.T) - 0.1 * y)
        out.append(y)
    return torch.stack(out)


class ODEFunc(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 50), nn.Tanh(), nn.Linear(50, 2))
        for m in self.net.modules():
            if isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, mean=0, std=0.1)
                nn.init.constant_(m.bias, val=0)

    def forward(self, t, y):
        return self.net(y)


def odeint_euler(func, y0, n, h):
    ys, y = [y0], y0
    for i in range(n):
        y = y + h * func(i * h, y)
        ys.append(y)
    return torch.stack(ys)


start = torch.randn(300, 2) * 1.2
truth = simulate(start) + 0.02 * torch.randn(STEPS + 1, 300, 2)
test_start = torch.randn(100, 2) * 1.2
test_truth = simulate(test_start)

func = ODEFunc()
optimizer = optim.RMSprop(func.parameters(), lr=2e-3)
for it in range(400):
    s = torch.from_numpy(np.random.choice(300, 32, replace=False))
    optimizer.zero_grad()
    pred = odeint_euler(func, start[s], STEPS, DT)
    loss = torch.mean(torch.abs(pred - truth[:, s]))
    loss.backward()
    optimizer.step()
    if it % 50 == 0:
        print("Iter {:04d} | Total Loss {:.6f}".format(it, loss.item()))

with torch.no_grad():
    pred = odeint_euler(func, test_start, STEPS, DT)[1:]
    want = test_truth[1:]
    r2 = 1 - (pred - want).pow(2).sum() / (want - want.mean((0, 1))).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
