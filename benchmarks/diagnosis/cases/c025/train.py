import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


def scenes(n, s=24):
    img = rng.normal(0, 0.35, (n, 1, s, s))
    mask = np.zeros((n, 1, s, s))
    yy, xx = np.mgrid[:s, :s]
    for i in range(n):
        cy, cx = rng.uniform(5, s - 5, 2)
        a, b = rng.uniform(3, 5.5), rng.uniform(2, 4)
        mask[i, 0] = ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
        # a distractor: bright frame line
        img[i, 0, rng.randint(0, s)] += 0.8
    return torch.tensor(img + mask, dtype=torch.float32), torch.tensor(mask, dtype=torch.float32)


def double(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.GroupNorm(4, o), nn.ReLU(),
                         nn.Conv2d(o, o, 3, padding=1), nn.GroupNorm(4, o), nn.ReLU())


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2 = double(1, 8), double(8, 16)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.merge = double(16, 8)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(self.pool(a))
        return self.last(self.merge(torch.cat([a, self.up(b)], 1)))


def loss_fn(z, t):
    p = torch.sigmoid(z)
    dice = 1 - (2 * (p * t).sum() + 1) / (p.sum() + t.sum() + 1)
    return nn.functional.binary_cross_entropy_with_logits(z, t) + dice


x, t = scenes(400)
xv, tv = scenes(120)
net = UNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    for idx in torch.randperm(400).split(16):
        loss = loss_fn(net(x[idx]), t[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    p, q = net(xv) > 0, tv > 0.5
print(f"FINAL iou={((p & q).sum() / (p | q).sum()).item():.4f}")
