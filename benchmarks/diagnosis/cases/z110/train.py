"""First steps with MAML on sine waves."""
import math
import os

import torch
import torch.nn as nn
from torch.func import functional_call, grad, vmap

torch.manual_seed(int(os.environ.get("SEED", 0)))

SHOTS = 10
INNER_LR = 0.03
INNER_STEPS = 3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(1, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))

    def forward(self, x):
        return self.layers(x)


model = Net()


def tasks(n, points):
    amp = torch.rand(n, 1, 1) * 4 + 1
    phase = torch.rand(n, 1, 1) * math.pi
    x = torch.rand(n, points, 1) * 10 - 5
    return x, amp * torch.sin(x + phase)


def loss_of(params, x, y):
    return ((functional_call(model, params, (x,)) - y) ** 2).mean()


def adapted_loss(params, x, y, xq, yq):
    fast = params
    for _ in range(INNER_STEPS):
        g = grad(loss_of)(fast, x, y)
        fast = {k: fast[k] - INNER_LR * g[k] for k in fast}
    return loss_of(fast, xq, yq)


def meta_loss(params, n):
    x, y = tasks(n, 2 * SHOTS)
    per_task = vmap(adapted_loss, in_dims=(None, 0, 0, 0, 0))
    return per_task(params, x[:, :SHOTS], y[:, :SHOTS], x[:, SHOTS:], y[:, SHOTS:]).mean()


meta_opt = torch.optim.Adam(model.parameters(), lr=2e-3)
history = []
for it in range(700):
    loss = meta_loss(dict(model.named_parameters()), 16)
    meta_opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 10.0)
    meta_opt.step()
    history.append(loss.item())
    if (it + 1) % 100 == 0:
        print(it + 1, sum(history[-100:]) / 100)

torch.manual_seed(999)
final = meta_loss({k: v.detach() for k, v in model.named_parameters()}, 400).item()
print(f"FINAL mse={final:.4f}")
