import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def readings(n):
    a = torch.randn(n)
    b = a ** 2 - 1 + 0.25 * torch.randn(n)
    c = torch.sin(2 * a) + 0.2 * torch.randn(n)
    d = 0.5 * b * torch.sign(a) + 0.3 * torch.randn(n)
    return torch.stack([3 * a + 10, b, c, d], 1)


class Coupling(nn.Module):
    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(2, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 4))

    def forward(self, x):
        a, b = x.chunk(2, 1)
        if self.flip:
            a, b = b, a
        s, t = self.net(a).chunk(2, 1)
        s = 2 * torch.tanh(s)
        b = b * s.exp() + t
        out = torch.cat([b, a] if self.flip else [a, b], 1)
        return out, s.sum(1)


class Flow(nn.Module):
    def __init__(self, depth=6):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(4))
        self.log_scale = nn.Parameter(torch.zeros(4))
        self.steps = tuple(Coupling(k % 2 == 1) for k in range(depth))

    def log_prob(self, x):
        z = (x - self.shift) * self.log_scale.exp()
        det = self.log_scale.sum()
        for step in self.steps:
            z, d = step(z)
            z = z[:, [0, 2, 1, 3]]
            det = det + d
        return -0.5 * (z ** 2).sum(1) - 2 * 1.8379 + det

    def forward(self, x):
        return -self.log_prob(x).mean()


train, test = readings(4000), readings(1000)
flow = Flow()
with torch.no_grad():
    flow.shift.copy_(train.mean(0))
    flow.log_scale.copy_(-train.std(0).log())
optimizer = torch.optim.Adam(flow.parameters(), lr=2e-3)
for step in range(500):
    batch = train[torch.randint(0, len(train), (128,))]
    loss = flow(batch)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step:4d} nll {loss.item():.3f}")

with torch.no_grad():
    print(f"FINAL nll={flow(test).item():.4f}")
