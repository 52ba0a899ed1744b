# find small lesions in 24x24 slices: about one pixel in thirty is foreground
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def slices(n, seed):
    r = np.random.default_rng(seed)
    img = r.normal(0, 0.3, (n, 1, 24, 24))
    msk = np.zeros((n, 1, 24, 24))
    yy, xx = np.mgrid[:24, :24]
    for i in range(n):
        img[i, 0] += 0.4 * np.sin(xx / r.uniform(3, 6) + r.uniform(0, 6))
        for _ in range(r.integers(1, 3)):
            cy, cx, a, b = *r.uniform(4, 20, 2), *r.uniform(1.5, 2.8, 2)
            m = ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
            img[i, 0][m] += 1.2
            msk[i, 0][m] = 1
    return torch.tensor(img, dtype=torch.float32), torch.tensor(msk, dtype=torch.float32)


def cbr(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.GroupNorm(4, o), nn.ReLU(inplace=True))


class SmallUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1, self.d2, self.d3 = cbr(1, 8), cbr(8, 16), cbr(16, 16)
        self.u2, self.u1 = cbr(32, 16), cbr(24, 8)
        self.out = nn.Conv2d(8, 1, 1)
        nn.init.constant_(self.out.bias, -3.0)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        c = self.d3(F.max_pool2d(b, 2))
        b = self.u2(torch.cat([F.interpolate(c, scale_factor=2), b], 1))
        a = self.u1(torch.cat([F.interpolate(b, scale_factor=2), a], 1))
        return self.out(a)


def soft_dice(logit, m):
    p = logit.float().sigmoid()
    num = 2 * (p * m).sum((1, 2, 3)) + 1
    return (1 - num / (p.sum((1, 2, 3)) + m.sum((1, 2, 3)) + 1)).mean()


x, m = slices(400, 1)
xt, mt = slices(200, 2)
net = SmallUNet()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
accumulate = 4
micro = 4
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 6e-3, total_steps=6 * 400 // (micro * accumulate))
for epoch in range(6):
    order = torch.randperm(len(x))
    opt.zero_grad()
    run = 0.0
    for k in range(0, len(x), micro):
        i = order[k:k + micro]
        logit = net(x[i])
        loss = (F.binary_cross_entropy_with_logits(logit, m[i]) + soft_dice(logit, m[i])) / accumulate
        loss.backward()
        run += loss.item()
        if (k // micro + 1) % accumulate == 0:
            opt.step()
            opt.zero_grad()
            sched.step()
    print(f"epoch {epoch}: {run * accumulate * micro / len(x):.4f}")

with torch.no_grad():
    p = (net(xt) > 0).float()
    dice = (2 * (p * mt).sum() / (p.sum() + mt.sum())).item()
print(f"FINAL dice={dice:.4f}")
