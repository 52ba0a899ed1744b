import os
import math
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import LambdaLR

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class WarmupCosine:
    def __init__(self, peak, warmup, total, floor=0.0):
        self.peak, self.warmup, self.total, self.floor = peak, warmup, total, floor

    def __call__(self, step):
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        done = (step - self.warmup) / max(1, self.total - self.warmup)
        return self.floor + 0.5 * (self.peak - self.floor) * (1 + math.cos(math.pi * done))


class SetEncoder(nn.Module):
    """Counts and extremes of a set of marked points, by a transformer encoder."""

    def __init__(self, d=32):
        super().__init__()
        self.embed = nn.Linear(3, d)
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.to_target = nn.Linear(d, 1)

    def forward(self, pts):
        return self.to_target(self.encoder(self.embed(pts)).mean(1)).squeeze(-1)


def point_sets(n, k=10):
    xy = torch.rand(n, k, 2) * 2 - 1
    mark = (torch.rand(n, k, 1) < 0.5).float()
    radius = xy.norm(dim=-1)
    target = (radius * mark[..., 0]).sum(1) - 0.5 * ((1 - mark[..., 0]) * xy[..., 0]).sum(1)
    return torch.cat([xy, mark], -1), (target - 1.9) / 1.25


x, y = point_sets(4000)
xv, yv = point_sets(1000)
STEPS, LR = 360, 2e-3
model = SetEncoder()
optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
scheduler = LambdaLR(optimizer, WarmupCosine(LR, 40, STEPS))

model.train()
for step in range(STEPS):
    idx = torch.randint(0, len(x), (50,))
    loss = nn.functional.smooth_l1_loss(model(x[idx]), y[idx])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 60 == 0:
        print(f"step {step} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    r2 = 1 - ((model(xv) - yv) ** 2).mean() / yv.var()
print(f"FINAL r2={r2.item():.4f}")
