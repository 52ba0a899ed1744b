import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def microscope(n, seed):
    """20x20 fields with zero to five bright cells and as many dark rings; marks at the cells' centres."""
    g = torch.Generator().manual_seed(seed)
    ax = torch.arange(20.0)
    field, marks = 0.3 * torch.randn(n, 20, 20, generator=g), torch.zeros(n, 20, 20)
    for i in range(n):
        for kind in (0, 1):
            for _ in range(int(torch.randint(0, 6, (1,), generator=g))):
                y, x = torch.randint(2, 18, (2,), generator=g).tolist()
                d2 = (ax[:, None] - y) ** 2 + (ax[None, :] - x) ** 2
                if kind == 0:
                    field[i] += 1.6 * torch.exp(-d2 / 2)
                    marks[i, y, x] = 1
                else:
                    field[i] += 1.6 * torch.exp(-((d2.sqrt() - 2) ** 2) * 2)
    return field.unsqueeze(1), marks.unsqueeze(1)


class Detector(nn.Module):
    def __init__(self, prior=0.01):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
        )
        self.cls = nn.Conv2d(16, 1, 1)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)
                nn.init.constant_(m.bias, -math.log((1 - prior) / prior))

    def forward(self, x):
        return self.cls(self.backbone(x))


def focal_loss(logits, target, alpha=0.9, gamma=1.5):
    p = torch.sigmoid(logits)
    ce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    pt = p * target + (1 - p) * (1 - target)
    weight = alpha * target + (1 - alpha) * (1 - target)
    return (weight * (1 - pt) ** gamma * ce).sum() / target.sum().clamp(min=1)


x_train, t_train = microscope(600, 1)
x_test, t_test = microscope(200, 2)
net = Detector()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(14):
    for idx in torch.randperm(600).split(20):
        loss = focal_loss(net(x_train[idx]), t_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 2 == 1:
        print(f"epoch {epoch + 1} focal loss {loss.item():.4f}")

with torch.no_grad():
    said = (torch.sigmoid(net(x_test)) > 0.4).float()
tp = (said * t_test).sum().item()
print(f"FINAL f1={2 * tp / max((said.sum() + t_test.sum()).item(), 1):.4f}")
