import math
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def spiral(n):
    r = torch.rand(n).sqrt() * 1.5 * math.pi + 0.6
    pts = torch.stack([r * torch.cos(r), r * torch.sin(r)], 1) / 2.2
    return pts + 0.08 * torch.randn(n, 2)


class Coupling(nn.Module):
    def __init__(self, flip, hidden=64):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(
            nn.Linear(1, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 2)
        )
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        s = 2 * self.scale * torch.tanh(s)
        b = b * s.exp() + t
        return torch.cat([b, a] if self.flip else [a, b], 1), s.squeeze(1)


class Flow(nn.Module):
    def __init__(self, depth=8):
        super().__init__()
        self.steps = nn.ModuleList(Coupling(i % 2 == 1) for i in range(depth))

    def log_prob(self, x):
        logdet = 0.0
        for step in self.steps:
            x, ld = step(x)
            logdet = logdet + ld
        return -0.5 * x.pow(2).sum(1) - math.log(2 * math.pi) + logdet

    def forward(self, x):
        return -self.log_prob(x).mean()


flow = Flow()
data = spiral(10000)
optim = torch.optim.Adam(flow.parameters(), lr=2e-3)
N = 1000
decay = torch.optim.lr_scheduler.CosineAnnealingLR(optim, N)
for i in range(N):
    nll = flow(data[torch.randint(0, len(data), (256,))])
    optim.zero_grad()
    nll.backward()
    torch.nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
    optim.step()
    decay.step()
    if i % 200 == 0:
        print(i, nll.item())
flow.eval()
with torch.no_grad():
    print(f"FINAL nll={flow(spiral(5000)).item():.4f}")
