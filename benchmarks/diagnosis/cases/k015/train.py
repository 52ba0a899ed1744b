import math
import os

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector

torch.manual_seed(int(os.environ.get("SEED", 0)))


def cartpole(force_of, s, horizon=200):
    """Many poles at once, the last dimension of s is the state; returns how long each stayed up."""
    up = torch.ones(s.shape[:-1])
    lasted = torch.zeros_like(up)
    for _ in range(horizon):
        x, v, a, w = s.unbind(-1)
        sin, cos = a.sin(), a.cos()
        temp = (10 * force_of(s) + 0.05 * w**2 * sin) / 1.1
        acc_a = (9.8 * sin - cos * temp) / (0.5 * (4 / 3 - 0.1 * cos**2 / 1.1))
        acc_x = temp - 0.05 * acc_a * cos / 1.1
        s = torch.stack([x + 0.02 * v, v + 0.02 * acc_x, a + 0.02 * w, w + 0.02 * acc_a], -1)
        up = up * (s[..., 0].abs() < 2.4) * (s[..., 2].abs() < 12 * math.pi / 180)
        lasted += up
    return lasted / horizon


class Policy(nn.Module):
    def __init__(self, hidden=12):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, 1), nn.Tanh())
        self.register_buffer("scale", torch.tensor([1.0, 1.0, 5.0, 2.0]))

    def forward(self, s):
        return self.net(s * self.scale).squeeze(-1)


policy = Policy()
names = [n for n, _ in policy.named_parameters()]
shapes = [p.shape for p in policy.parameters()]
sizes = [p.numel() for p in policy.parameters()]


def unpack(vector):
    return {n: part.view(shape) for n, part, shape in zip(names, vector.split(sizes), shapes)}


population = torch.func.vmap(lambda vector, s: torch.func.functional_call(policy, unpack(vector), (s,)))
optimizer = torch.optim.Adam(policy.parameters(), lr=0.05, weight_decay=1e-3)
PAIRS, COPIES, SIGMA = 16, 6, 0.15

with torch.no_grad():
    for generation in range(60):
        theta = parameters_to_vector(policy.parameters())
        noise = torch.randn(PAIRS, len(theta))
        crowd = torch.cat([theta + SIGMA * noise, theta - SIGMA * noise])
        start = 0.1 * torch.randn(2 * PAIRS, COPIES, 4)
        scores = cartpole(lambda s: population(crowd, s), start).mean(1)
        ranks = (scores.argsort().argsort().float() / (2 * PAIRS - 1) - 0.5).view(2, PAIRS)
        ascent = ((ranks[0] - ranks[1])[:, None] * noise).mean(0) / SIGMA
        for p, g in zip(policy.parameters(), ascent.split(sizes)):
            p.grad = -g.view_as(p).clone()
        optimizer.step()
        if generation % 10 == 9:
            print(f"generation {generation + 1}: mean {scores.mean().item():.3f} best {scores.max().item():.3f}")
    final = cartpole(policy, 0.1 * torch.randn(200, 4)).mean().item()
print(f"FINAL steps_balanced={final:.4f}")
