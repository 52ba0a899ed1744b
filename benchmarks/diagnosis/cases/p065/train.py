import os
from dataclasses import dataclass

import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class TrainArgs:
    micro_batch: int = 2
    accumulate: int = 16
    steps: int = 110
    lr: float = 3e-3
    seed: int = int(os.environ.get("SEED", 0))


def spirals(n, gen):
    """Point clouds of 24 points on curves with one of five numbers of turns."""
    label = torch.randint(0, 5, (n,), generator=gen)
    t = torch.rand(n, 24, generator=gen)
    angle = 2 * torch.pi * (t * (0.4 + 0.35 * label[:, None]) + torch.rand(n, 1, generator=gen))
    pts = torch.stack([t * angle.cos(), t * angle.sin()], 1) + 0.02 * torch.randn(n, 2, 24, generator=gen)
    return pts, label


class PointNet(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.local = nn.Sequential(nn.Conv1d(2, 48, 1), nn.ReLU(), nn.Conv1d(48, 96, 1), nn.ReLU())
        self.fc1 = nn.Linear(96, 64, bias=False)
        self.norm1 = nn.BatchNorm1d(64)
        self.fc2 = nn.Linear(64, 32, bias=False)
        self.norm2 = nn.BatchNorm1d(32)
        self.out = nn.Linear(32, classes)

    def forward(self, pts):
        g = self.local(pts).amax(-1)
        g = F.leaky_relu(self.norm1(self.fc1(g)), 0.1)
        g = F.leaky_relu(self.norm2(self.fc2(g)), 0.1)
        return self.out(g)


def endless(loader):
    while True:
        yield from loader


def main(a: TrainArgs):
    torch.manual_seed(a.seed)
    gen = torch.Generator().manual_seed(a.seed + 1)
    train, (tx, ty) = TensorDataset(*spirals(2000, gen)), spirals(500, gen)
    model = PointNet()
    opt = torch.optim.AdamW(model.parameters(), lr=a.lr)
    feed = endless(DataLoader(train, batch_size=a.micro_batch, shuffle=True, drop_last=True))
    model.train()
    for step in range(a.steps):
        running = 0.0
        for _ in range(a.accumulate):
            pts, label = next(feed)
            loss = F.cross_entropy(model(pts), label) / a.accumulate
            loss.backward()
            running += loss.item()
        opt.step()
        opt.zero_grad()
        if step % 22 == 21:
            print(f"step {step + 1} loss {running:.4f}")
    model.eval()
    with torch.no_grad():
        acc = (model(tx).argmax(1) == ty).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main(TrainArgs())
