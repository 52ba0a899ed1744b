import os
from typing import Tuple

import numpy as np
import torch
import torch.nn as nn
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))


class Cells(Dataset):
    """Bright round cells among elongated debris; the centres are the target."""

    def __init__(self, n: int, seed: int, size: int = 32) -> None:
        self.rng = np.random.RandomState(seed)
        self.size = size
        self.items = [self._draw() for _ in range(n)]

    def _draw(self):
        s, r = self.size, self.rng
        yy, xx = np.mgrid[:s, :s].astype(np.float32)
        img = r.normal(0, 0.15, (s, s)).astype(np.float32)
        heat = np.zeros((s // 4, s // 4), np.float32)
        for _ in range(r.randint(1, 4)):
            cy, cx = 4 * r.randint(1, s // 4 - 1, 2) + 1.5 + r.uniform(-1, 1, 2)
            img += np.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / 6)
            heat[int(cy // 4), int(cx // 4)] = 1
        for _ in range(r.randint(0, 3)):
            cy, cx, a = r.uniform(3, s - 3), r.uniform(3, s - 3), r.uniform(0, np.pi)
            u, v = np.cos(a) * (yy - cy) + np.sin(a) * (xx - cx), -np.sin(a) * (yy - cy) + np.cos(a) * (xx - cx)
            img += np.exp(-(u ** 2 / 1.2 + v ** 2 / 40))
        return torch.from_numpy(img)[None], torch.from_numpy(heat)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> Tuple[Tensor, Tensor]:
        return self.items[i]


class Detector(nn.Module):
    def __init__(self, prior: float = 0.01) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1), nn.ReLU())
        self.cls = nn.Conv2d(32, 1, 1)
        nn.init.normal_(self.cls.weight, std=0.01)
        nn.init.constant_(self.cls.bias, -np.log((1 - prior) / prior))

    def forward(self, x: Tensor) -> Tensor:
        return self.cls(self.backbone(x)).squeeze(1)


def focal_loss(logits: Tensor, target: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    ce = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    p = logits.sigmoid()
    pt = p * target + (1 - p) * (1 - target)
    w = alpha * target + (1 - alpha) * (1 - target)
    return (w * (1 - pt) ** gamma * ce).sum() / target.sum().clamp(min=1)


def main() -> None:
    torch.manual_seed(SEED)
    train, test = Cells(600, SEED), Cells(150, SEED + 1000)
    model = Detector()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(12):
        for x, t in DataLoader(train, batch_size=20, shuffle=True):
            loss = focal_loss(model(x), t)
            opt.zero_grad()
            loss.backward()
            opt.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")
    x, t = (torch.stack(v) for v in zip(*test.items))
    with torch.no_grad():
        p = model(x).sigmoid() > 0.4
    tp = (p & (t > 0)).sum().item()
    f1 = 2 * tp / (p.sum().item() + t.sum().item())
    print(f"FINAL hit_rate={f1:.4f}")


if __name__ == "__main__":
    main()
