import math
import os

import torch
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

torch.manual_seed(int(os.environ.get("SEED", 0)))


def cartpole(forces_of, n, horizon=200):
    """n poles at once; returns how long each stayed up."""
    s = 0.1 * torch.randn(n, 4)
    up = torch.ones(n)
    lasted = torch.zeros(n)
    for _ in range(horizon):
        force = 10 * forces_of(s)
        x, v, a, w = s.unbind(1)
        temp = (force + 0.05 * w**2 * a.sin()) / 1.1
        acc_a = (9.8 * a.sin() - a.cos() * temp) / (0.5 * (4 / 3 - 0.1 * a.cos() ** 2 / 1.1))
        acc_x = temp - 0.05 * acc_a * a.cos() / 1.1
        s = torch.stack([x + 0.02 * v, v + 0.02 * acc_x, a + 0.02 * w, w + 0.02 * acc_a], 1)
        up = up * (s[:, 0].abs() < 2.4) * (s[:, 2].abs() < 12 * math.pi / 180)
        lasted += up
    return lasted / horizon


policy = nn.Sequential(nn.Linear(4, 12), nn.Tanh(), nn.Linear(12, 1), nn.Tanh())
scale = torch.tensor([1.0, 1.0, 5.0, 2.0])
optimizer = torch.optim.Adam(policy.parameters(), lr=0.05, weight_decay=1e-3)
PAIRS, SIGMA = 16, 0.15

with torch.no_grad():
    for generation in range(60):
        theta = parameters_to_vector(policy.parameters())
        noise = torch.randn(PAIRS, len(theta))
        scores = torch.zeros(2, PAIRS)
        for k in range(PAIRS):
            for row, sign in enumerate((1, -1)):
                vector_to_parameters(theta + sign * SIGMA * noise[k], policy.parameters())
                scores[row, k] = cartpole(lambda s: policy(s * scale).squeeze(1), 6).mean()
        vector_to_parameters(theta, policy.parameters())
        ranks = scores.flatten().argsort().argsort().float().view(2, PAIRS) / (2 * PAIRS - 1) - 0.5
        ascent = ((ranks[0] - ranks[1])[:, None] * noise).mean(0) / SIGMA
        at = 0
        for p in policy.parameters():
            p.grad = -ascent[at : at + p.numel()].view_as(p).clone()
            at += p.numel()
        optimizer.step()
        if generation % 10 == 9:
            print(f"generation {generation + 1}: mean {scores.mean().item():.3f} best {scores.max().item():.3f}")
    final = cartpole(lambda s: policy(s * scale).squeeze(1), 200).mean().item()
print(f"FINAL steps_balanced={final:.4f}")
