import math
import os

import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
gen = torch.Generator().manual_seed(SEED + 31)
S, CELLS = 32, 8


def crosses(n):
    """Images with one cross; the target is the cell of an 8x8 grid that holds its centre."""
    img = 0.3 * torch.rand(n, 1, S, S, generator=gen)
    pos = torch.randint(4, S - 4, (n, 2), generator=gen)
    for i, (r, c) in enumerate(pos.tolist()):
        img[i, 0, r - 3:r + 4, c] += 0.6
        img[i, 0, r, c - 3:c + 4] += 0.6
        # a bar elsewhere as distraction
        k = int(torch.randint(0, S, (1,), generator=gen))
        img[i, 0, k, 4:16] += 0.4
    heat = torch.zeros(n, CELLS, CELLS)
    heat[torch.arange(n), pos[:, 0] // 4, pos[:, 1] // 4] = 1
    return (img - 0.2) / 0.2, heat


class CenterHead(nn.Module):
    def __init__(self, prior=0.01):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.tower = nn.Sequential(nn.Conv2d(24, 24, 3, padding=1), nn.ReLU())
        self.objectness = nn.Conv2d(24, 1, 1)
        self.init_bias(prior)

    def init_bias(self, prior):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.constant_(m.bias, -math.log((1 - prior) / prior))

    def forward(self, x):
        return self.objectness(self.tower(self.backbone(x))).squeeze(1)


def focal(logits, heat, gamma=2.0, alpha=0.75):
    ce = F.binary_cross_entropy_with_logits(logits, heat, reduction="none")
    p = torch.sigmoid(logits)
    pt = heat * p + (1 - heat) * (1 - p)
    weight = heat * alpha + (1 - heat) * (1 - alpha)
    return (weight * (1 - pt) ** gamma * ce).sum() / heat.sum()


def hit_rate(model, img, heat):
    with torch.no_grad():
        return (model(img).flatten(1).argmax(1) == heat.flatten(1).argmax(1)).float().mean().item()


x, h = crosses(480)
xt, ht = crosses(160)
model = CenterHead()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(8):
    tot = 0.0
    for idx in torch.randperm(len(x)).split(24):
        loss = focal(model(x[idx]), h[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / 20
    print(f"epoch {epoch} focal loss {tot:.4f} hit rate {hit_rate(model, xt, ht):.3f}")
print(f"FINAL accuracy={hit_rate(model, xt, ht):.4f}")
