import math
import os
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F


def draw(n: int, rng: np.random.Generator, size: int = 24, points: int = 4):
    """Images with a few crosses (to be found) among bars; and the map of the crosses' centres."""
    img = rng.normal(0, 0.25, (n, 1, size, size)).astype(np.float32)
    heat = np.zeros_like(img)
    for i in range(n):
        for _ in range(points):
            y, x = rng.integers(2, size - 2, 2)
            img[i, 0, y - 2:y + 3, x] += 1
            img[i, 0, y, x - 2:x + 3] += 1
            heat[i, 0, y, x] = 1
        for _ in range(points):
            y, x = rng.integers(2, size - 2, 2)
            if rng.random() < 0.5:
                img[i, 0, y - 2:y + 3, x] += 1
            else:
                img[i, 0, y, x - 2:x + 3] += 1
    return torch.from_numpy(img), torch.from_numpy(heat)


class CenterHead(nn.Module):
    def __init__(self, width: int = 16, prior: float = 0.01):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 5, padding=2)
        self.body = nn.Conv2d(width, width, 3, padding=1)
        self.head = nn.Conv2d(width, 1, 1)
        nn.init.constant_(self.head.bias, -math.log((1 - prior) / prior))

    def forward(self, x):
        return self.head(F.relu(self.body(F.relu(self.stem(x)))))


def peak_f1(logits, heat):
    hit = logits.sigmoid() > 0.3
    tp = (hit & (heat > 0)).sum()
    return (2 * tp / (hit.sum() + heat.sum())).item()


def main():
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    rng = np.random.default_rng(2)
    x, y = draw(400, rng)
    xv, yv = draw(150, rng)
    net = CenterHead()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(6):
        tot = 0.0
        for idx in torch.randperm(len(x)).split(16):
            loss = F.binary_cross_entropy_with_logits(net(x[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            tot += loss.item() * len(idx)
        with torch.no_grad():
            f1 = peak_f1(net(xv), yv)
        print(f"epoch {epoch} loss {tot / len(x):.4f} f1 {f1:.3f}")
    print(f"FINAL f1={f1:.4f}")


if __name__ == "__main__":
    main()
