import os

import torch
import torch.nn as nn
from torch.func import functional_call, vmap

torch.manual_seed(int(os.environ.get("SEED", 0)))
template = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1)).requires_grad_(False)
shapes = {k: p.shape for k, p in template.named_parameters()}
total = sum(s.numel() for s in shapes.values())


class Hyper(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, total))

    def forward(self, task, x):
        flat = self.net(task)
        out, at = {}, 0
        for name, shape in shapes.items():
            k = shape.numel()
            out[name] = flat[:, at:at + k].view(-1, *shape)
            at += k
        return vmap(lambda w, v: functional_call(template, w, (v,)))(out, x)


def tasks(n, points=20):
    a = torch.rand(n, 2) * 2 - 1
    x = torch.rand(n, points, 1) * 4 - 2
    y = (1 + 0.5 * a[:, :1, None]) * torch.sin(1.5 * x + 1.5 * a[:, 1:, None])
    return a, x, y


hyper = Hyper()
opt = torch.optim.Adam(hyper.parameters(), lr=2e-3)
for step in range(900):
    a, x, y = tasks(32)
    loss = (hyper(a, x) - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    a, x, y = tasks(300)
    print(f"FINAL r2={(1 - (hyper(a, x) - y).pow(2).sum() / (y - y.mean()).pow(2).sum()).item():.4f}")
