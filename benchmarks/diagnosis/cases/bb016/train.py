import os
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class BoxConfig:
    size: int = 16
    rows: int = 1600
    epochs: int = 8
    batch: int = 32
    lr: float = 2e-3
    box_weight: float = 5.0


def boxes(n: int, size: int, g: torch.Generator):
    """Images with one bright rectangle, its class (wide or tall) and its centre and extent in 0..1."""
    wide = torch.rand(n, generator=g) < 0.5
    long, short = torch.randint(6, 9, (n,), generator=g), torch.randint(2, 5, (n,), generator=g)
    w, h = torch.where(wide, long, short), torch.where(wide, short, long)
    x0 = (torch.rand(n, generator=g) * (size - w)).long()
    y0 = (torch.rand(n, generator=g) * (size - h)).long()
    img = 0.3 * torch.randn(n, 1, size, size, generator=g)
    for i in range(n):
        img[i, 0, y0[i] : y0[i] + h[i], x0[i] : x0[i] + w[i]] += 1
    box = torch.stack([x0 + w / 2, y0 + h / 2, w.float(), h.float()], 1) / size
    return img, wide.long(), box


class Detector(nn.Module):
    """Output rows are (class logits 2, box 4)."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(),
        )
        self.head = nn.Sequential(nn.Linear(24 * 16, 64), nn.ReLU(), nn.Linear(64, 6))

    def forward(self, x):
        return self.head(self.features(x))


class DetectionLoss(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight
        self.cls, self.reg = nn.CrossEntropyLoss(), nn.SmoothL1Loss(beta=0.1)

    def forward(self, out, label, box):
        return self.cls(out[:, :2], label) + self.weight * self.reg(out[:, :4], box)


class Trainer:
    def __init__(self, cfg, seed):
        g = torch.Generator().manual_seed(seed)
        data = TensorDataset(*boxes(cfg.rows, cfg.size, g))
        train, self.val = random_split(data, [cfg.rows - 400, 400], generator=g)
        self.loader = DataLoader(train, cfg.batch, shuffle=True)
        self.cfg, self.model, self.loss = cfg, Detector(), DetectionLoss(cfg.box_weight)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)

    def fit(self):
        for epoch in range(self.cfg.epochs):
            for img, label, box in self.loader:
                loss = self.loss(self.model(img), label, box)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
            print(f"epoch {epoch} loss {loss.item():.4f}")

    @torch.no_grad()
    def score(self):
        img, _, box = self.val[:]
        found = self.model(img)[:, :4]
        return (1 - ((found - box) ** 2).sum() / ((box - box.mean(0)) ** 2).sum()).item()


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
trainer = Trainer(BoxConfig(), seed)
trainer.fit()
print(f"FINAL r2={trainer.score():.4f}")
