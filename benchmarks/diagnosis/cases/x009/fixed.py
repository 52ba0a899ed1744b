import copy
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def lesions(n, size=24):
    """Dim scans, some of them without any bright lesion."""
    grid = np.mgrid[:size, :size]
    scan = rng.normal(0.2, 0.08, (n, 1, size, size))
    mask = np.zeros((n, 1, size, size))
    for k in range(n):
        for _ in range(rng.integers(0, 3)):
            centre = rng.uniform(4, size - 4, 2)[:, None, None]
            spot = ((grid - centre) ** 2).sum(0) < rng.uniform(2, 4.5) ** 2
            mask[k, 0][spot] = 1
            scan[k, 0][spot] += 0.3
        for _ in range(3):  # harmless bright rods
            r, c = rng.integers(0, size - 6, 2)
            scan[k, 0, r, c : c + 6] += 0.3
    return torch.tensor(scan, dtype=torch.float32), torch.tensor(mask, dtype=torch.float32)


def conv(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class SmallUNet(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.enc1 = conv(1, width)
        self.enc2 = conv(width, 2 * width)
        self.mid = nn.Sequential(conv(2 * width, 2 * width), nn.Dropout2d(0.3))
        self.dec = conv(3 * width, width)
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        a = self.enc1(x)
        b = self.mid(self.enc2(F.max_pool2d(a, 2)))
        up = F.interpolate(b, scale_factor=2, mode="nearest")
        return self.out(self.dec(torch.cat([a, up], 1)))


class ModelEMA:
    def __init__(self, model, decay=0.97):
        self.module = copy.deepcopy(model).eval()
        self.decay = decay
        for p in self.module.parameters():
            p.requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        for mine, theirs in zip(self.module.state_dict().values(), model.state_dict().values()):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1 - self.decay)
            else:
                mine.copy_(theirs)


def soft_dice(logits, target):
    p = logits.sigmoid()
    return 1 - (2 * (p * target).sum() + 1) / (p.sum() + target.sum() + 1)


def evaluate(net, scans, masks):
    inter = union = 0.0
    with torch.no_grad():
        for scan, mask in zip(scans, masks):
            guess = net(scan[None]) > 0
            inter += (guess & (mask[None] > 0)).sum().item()
            union += (guess | (mask[None] > 0)).sum().item()
    return inter / max(union, 1)


train_x, train_y = lesions(400)
test_x, test_y = lesions(120)
net = SmallUNet()
ema = ModelEMA(net)
opt = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=8e-3, total_steps=16 * 25)

for epoch in range(16):
    net.train()
    total = 0.0
    for idx in torch.randperm(400).split(16):
        logits = net(train_x[idx])
        loss = F.binary_cross_entropy_with_logits(logits, train_y[idx]) + soft_dice(logits, train_y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        ema.update(net)
        total += loss.item()
    net.eval()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: loss {total / 25:.4f}, averaged IoU {evaluate(ema.module, test_x[:40], test_y[:40]):.3f}")

print(f"FINAL iou={evaluate(ema.module, test_x, test_y):.4f}")
