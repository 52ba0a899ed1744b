import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def task(n, rotate):
    """two-dimensional points in a pinwheel of four arms, seen through a fixed random lift to 16 features"""
    g = torch.Generator().manual_seed(SEED * 10 + (1 if rotate else 2) + n)
    arm = torch.randint(0, 4, (n,), generator=g)
    r = torch.rand(n, generator=g) * 2 + 0.2
    angle = arm * math.pi / 2 + 0.7 * r + 0.15 * torch.randn(n, generator=g) + (math.pi / 4 if rotate else 0)
    xy = torch.stack([r * angle.cos(), r * angle.sin()], 1)
    lift = torch.randn(2, 16, generator=torch.Generator().manual_seed(77))
    return torch.tanh(xy @ lift * 0.7), arm


class LoRALinear(nn.Module):
    def __init__(self, base, rank=4, alpha=8):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad_(False)
        self.lora_A = nn.Parameter(torch.randn(rank, base.in_features) / math.sqrt(base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scaling = alpha / rank

    def forward(self, x):
        return self.base(x) + F.linear(F.linear(x, self.lora_A), self.lora_B) * self.scaling


def fit(model, x, y, steps, lr):
    params = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(params, lr=lr, weight_decay=0.0)
    for step in range(steps):
        i = torch.randint(0, len(x), (64,))
        loss = F.cross_entropy(model(x[i]), y[i])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        if step % 100 == 0:
            print(f"  step {step} loss {loss.item():.4f}")


model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
print("pre-training")
fit(model, *task(2000, rotate=False), steps=400, lr=3e-3)

for k in (0, 2, 4):
    model[k] = LoRALinear(model[k])
print("adapting to the turned pinwheel,", sum(p.numel() for p in model.parameters() if p.requires_grad), "trainable")
fit(model, *task(1500, rotate=True), steps=700, lr=5e-3)

xt, yt = task(1000, rotate=True)
with torch.no_grad():
    acc = (model(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
