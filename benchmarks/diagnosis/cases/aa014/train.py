import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class DetectorConfig:
    image: int = 32
    cells: int = 8
    fields: int = 3  # objectness, dy, dx
    width: int = 16
    lr: float = 3e-3
    steps: int = 350


def render(n, cfg, rng):
    """Images with two bright rings and a few distracting bars; targets on the cell grid."""
    s, c = cfg.image, cfg.cells
    yy, xx = np.mgrid[:s, :s] + 0.5
    img = rng.normal(0.2, 0.1, (n, 1, s, s))
    goal = np.zeros((n, c, c, cfg.fields))
    for i in range(n):
        for _ in range(2):
            y, x = rng.uniform(4, s - 4, 2)
            d = np.hypot(yy - y, xx - x)
            img[i, 0] += 0.8 * ((d > 1.5) & (d < 3.2))
            gy, gx = int(y * c / s), int(x * c / s)
            goal[i, gy, gx] = 1, y * c / s - gy, x * c / s - gx
        r = rng.integers(2, s - 2)
        img[i, 0, r, rng.integers(0, 20):] += 0.6
    return torch.tensor(img, dtype=torch.float32), torch.tensor(goal, dtype=torch.float32)


class GridDetector(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        w = cfg.width
        self.cfg = cfg
        self.trunk = nn.Sequential(
            nn.Conv2d(1, w, 3, padding=1), nn.BatchNorm2d(w), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(w, 2 * w, 3, padding=1), nn.BatchNorm2d(2 * w), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(2 * w, 2 * w, 3, padding=1), nn.BatchNorm2d(2 * w), nn.ReLU())
        self.predict = nn.Conv2d(2 * w, cfg.fields, 1)

    def forward(self, img):
        cfg = self.cfg
        out = self.predict(self.trunk(img))
        return out.reshape(len(img), cfg.cells, cfg.cells, cfg.fields)


def detection_loss(out, goal):
    obj = goal[..., 0]
    conf = F.binary_cross_entropy_with_logits(out[..., 0], obj, pos_weight=torch.tensor(8.0))
    offset = (torch.sigmoid(out[..., 1:]) - goal[..., 1:]).pow(2).sum(-1)
    return conf + 2.0 * (offset * obj).sum() / obj.sum().clamp(min=1)


@torch.no_grad()
def cell_f1(net, img, goal):
    net.eval()
    p, t = net(img)[..., 0] > 0, goal[..., 0] > 0.5
    return (2 * (p & t).sum() / (p.sum() + t.sum()).clamp(min=1)).item()


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    rng, cfg = np.random.default_rng(seed), DetectorConfig()
    img, goal = render(800, cfg, rng)
    vimg, vgoal = render(200, cfg, rng)
    net = GridDetector(cfg)
    opt = torch.optim.Adam(net.parameters(), lr=cfg.lr)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, cfg.lr, total_steps=cfg.steps)
    for step in range(cfg.steps):
        net.train()
        idx = torch.randint(0, len(img), (24,))
        loss = detection_loss(net(img[idx]), goal[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        if step % 70 == 0:
            print(f"step {step}: loss {loss.item():.4f}")
    print(f"FINAL f1={cell_f1(net, vimg, vgoal):.4f}")
