import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)
yy, xx = np.mgrid[:32, :32]


def scene():
    mask = np.zeros((32, 32), dtype=bool)
    for _ in range(rng.randint(1, 4)):
        cy, cx = rng.uniform(5, 27, 2)
        ry, rx = rng.uniform(2.5, 5, 2)
        mask |= ((yy - cy) / ry) ** 2 + ((xx - cx) / rx) ** 2 < 1
    gradient = 0.4 * (xx * rng.uniform(-1, 1) + yy * rng.uniform(-1, 1)) / 32
    img = gradient + 0.8 * mask + 0.2 * rng.randn(32, 32)
    return img.astype("float32"), mask.astype("float32")


def make(n):
    imgs, masks = zip(*[scene() for _ in range(n)])
    return torch.tensor(np.stack(imgs))[:, None], torch.tensor(np.stack(masks))[:, None]


def double_conv(i, o):
    return nn.Sequential(
        nn.Conv2d(i, o, 3, padding=1), nn.GroupNorm(4, o), nn.ReLU(),
        nn.Conv2d(o, o, 3, padding=1), nn.GroupNorm(4, o), nn.ReLU(),
    )


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1 = double_conv(1, 8)
        self.down2 = double_conv(8, 16)
        self.mid = double_conv(16, 16)
        self.up2 = double_conv(32, 8)
        self.up1 = double_conv(16, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.mid(F.max_pool2d(b, 2))
        d = self.up2(torch.cat([F.interpolate(c, scale_factor=2), b], 1))
        e = self.up1(torch.cat([F.interpolate(d, scale_factor=2), a], 1))
        return self.out(e)


def dice_loss(logits, target, eps=1.0):
    p = torch.sigmoid(logits).flatten(1)
    t = target.flatten(1)
    return 1 - ((2 * (p * t).sum(1) + eps) / (p.sum(1) + t.sum(1) + eps)).mean()


x_train, m_train = make(320)
x_test, m_test = make(80)
net = UNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(8):
    net.train()
    perm = torch.randperm(len(x_train))
    total = 0.0
    for i in range(0, len(perm), 8):
        idx = perm[i : i + 8]
        logits = net(x_train[idx])
        loss = dice_loss(logits, m_train[idx]) + F.binary_cross_entropy_with_logits(logits, m_train[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    print("epoch", epoch, "loss", round(total / (len(perm) / 8), 4))

net.eval()
with torch.no_grad():
    p = (net(x_test) > 0).float().flatten(1)
t = m_test.flatten(1)
dice = (2 * (p * t).sum(1) / (p.sum(1) + t.sum(1)).clamp(min=1)).mean().item()
print(f"FINAL dice={dice:.4f}")
