import math
import os

import torch
from sklearn.datasets import make_moons
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
torch.set_default_dtype(torch.float64)


class Coupling(nn.Module):
    def __init__(self, mask, hidden=64):
        super().__init__()
        self.register_buffer("mask", mask)
        self.net = nn.Sequential(nn.Linear(2, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 4))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        s, t = self.net(x * self.mask).chunk(2, dim=1)
        s = 2 * torch.tanh(s / 2) * (1 - self.mask)
        y = x * self.mask + (1 - self.mask) * (x * s.exp() + t)
        return y, s.sum(1)


class Flow(nn.Module):
    def __init__(self, layers=8):
        super().__init__()
        a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
        self.layers = nn.ModuleList(Coupling(a if k % 2 == 0 else b) for k in range(layers))

    def log_prob(self, x):
        logdet = 0
        for layer in self.layers:
            x, d = layer(x)
            logdet = logdet + d
        return -0.5 * x.pow(2).sum(1) - math.log(2 * math.pi) + logdet


def moons(n, state):
    X = torch.tensor(make_moons(n, noise=0.07, random_state=state)[0])
    return 0.4 * (X - torch.tensor([0.5, 0.25]))


train, test = moons(2000, 0), moons(1000, 1)
flow = Flow()
opt = torch.optim.Adam(flow.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.MultiStepLR(opt, [40, 52], gamma=0.3)
for epoch in range(60):
    for batch in train[torch.randperm(len(train))].split(100):
        loss = -flow.log_prob(batch).mean()
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(flow.parameters(), 2.0)
        opt.step()
    sched.step()
    if epoch % 10 == 9:
        with torch.no_grad():
            print(f"epoch {epoch + 1} train {loss.item():.4f} test {-flow.log_prob(test).mean().item():.4f}")
with torch.no_grad():
    print(f"FINAL nll={-flow.log_prob(test).mean().item():.4f}")
