import copy
import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


@dataclass
class ByolConfig:
    width: int = 128
    dim: int = 32
    tau: float = 0.98
    lr: float = 2e-3
    batch: int = 128
    epochs: int = 15
    probe_steps: int = 150


class Augment:
    def __call__(self, x):
        x = x * (torch.rand_like(x) > 0.25)
        return x + 0.1 * torch.randn_like(x)


class Branch(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, cfg.width), nn.BatchNorm1d(cfg.width), nn.ReLU())
        self.projector = nn.Linear(cfg.width, cfg.dim)

    def forward(self, x):
        return self.projector(self.encoder(x))


class Byol(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.tau = cfg.tau
        self.online = Branch(cfg)
        self.target = copy.deepcopy(self.online).requires_grad_(False)
        self.predictor = nn.Sequential(nn.Linear(cfg.dim, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, cfg.dim))
        self.augment = Augment()

    def forward(self, x):
        a, b = self.augment(x), self.augment(x)
        pa, pb = self.predictor(self.online(a)), self.predictor(self.online(b))
        with torch.no_grad():
            ta, tb = self.target(a), self.target(b)
        return 2 - F.cosine_similarity(pa, tb).mean() - F.cosine_similarity(pb, ta).mean()

    @torch.no_grad()
    def move_target(self):
        for t, o in zip(self.target.parameters(), self.online.parameters()):
            t.mul_(self.tau).add_(o, alpha=1 - self.tau)


def pretrain(model, x, cfg):
    learned = [*model.online.parameters(), *model.predictor.parameters()]
    opt = torch.optim.AdamW(learned, lr=cfg.lr, weight_decay=1e-4)
    for epoch in range(cfg.epochs):
        for rows in torch.randperm(len(x)).split(cfg.batch):
            if len(rows) < 8:
                continue
            loss = model(x[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
            model.move_target()
        print(f"pretrain {epoch} loss {loss.item():.4f}")


def probe(encoder, x, y, xt, yt, cfg):
    encoder.eval().requires_grad_(False)
    with torch.no_grad():
        h, ht = encoder(x), encoder(xt)
    mean, std = h.mean(0), h.std(0) + 1e-5
    h, ht = (h - mean) / std, (ht - mean) / std
    linear = nn.Linear(h.shape[1], 10)
    opt = torch.optim.Adam(linear.parameters(), lr=1e-2, weight_decay=1e-4)
    for _ in range(cfg.probe_steps):
        loss = F.cross_entropy(linear(h), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return (linear(ht).argmax(1) == yt).float().mean().item()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    x, y = load_digits(return_X_y=True)
    order = np.random.RandomState(seed).permutation(len(y))
    x, y = torch.tensor(x[order] / 16.0, dtype=torch.float32), torch.tensor(y[order])
    cfg = ByolConfig()
    model = Byol(cfg)
    pretrain(model, x[:1400], cfg)
    acc = probe(model.online.encoder, x[:1400], y[:1400], x[1400:], y[1400:], cfg)
    print(f"FINAL accuracy={acc:.4f}")


main()
