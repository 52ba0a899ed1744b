import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


@dataclass
class VqConfig:
    codes: int = 48
    dim: int = 8
    slots: int = 6
    commitment: float = 0.25
    decay: float = 0.95
    lr: float = 2e-3
    epochs: int = 30
    batch: int = 64


class EmaQuantizer(nn.Module):
    def __init__(self, cfg: VqConfig):
        super().__init__()
        self.cfg = cfg
        self.register_buffer("codebook", torch.randn(cfg.codes, cfg.dim) * 0.5)
        self.register_buffer("count", torch.ones(cfg.codes))
        self.register_buffer("total", self.codebook.clone())

    def forward(self, z: torch.Tensor):
        flat = z.reshape(-1, self.cfg.dim)
        nearest = torch.cdist(flat.detach(), self.codebook).argmin(1)
        chosen = self.codebook[nearest].view_as(z)
        if self.training:
            self.refresh(flat.detach(), nearest)
        commit = F.mse_loss(z, chosen.detach())
        return z + (chosen - z).detach(), commit

    @torch.no_grad()
    def refresh(self, flat: torch.Tensor, nearest: torch.Tensor) -> None:
        onehot = F.one_hot(nearest, self.cfg.codes).float()
        self.count.lerp_(onehot.sum(0), 1 - self.cfg.decay)
        self.total.lerp_(onehot.T @ flat, 1 - self.cfg.decay)
        self.codebook.copy_(self.total / (self.count[:, None] + 1e-4))
        unused = self.count < 0.05
        if unused.any():
            fresh = flat[torch.randint(len(flat), (int(unused.sum()),))]
            self.codebook[unused], self.total[unused], self.count[unused] = fresh, fresh, 1.0


class VqAutoencoder(nn.Module):
    def __init__(self, cfg: VqConfig):
        super().__init__()
        self.shape = (cfg.slots, cfg.dim)
        self.encoder = nn.Sequential(nn.Linear(64, 96), nn.GELU(), nn.Linear(96, cfg.slots * cfg.dim))
        self.quantizer = EmaQuantizer(cfg)
        self.decoder = nn.Sequential(nn.Linear(cfg.slots * cfg.dim, 96), nn.GELU(), nn.Linear(96, 64))

    def forward(self, x: torch.Tensor):
        z = self.encoder(x).unflatten(1, self.shape)
        q, commit = self.quantizer(z)
        return self.decoder(q.flatten(1)), commit


def run(cfg: VqConfig, seed: int) -> float:
    torch.manual_seed(seed)
    x = load_digits().data[np.random.RandomState(seed).permutation(1797)] / 8.0 - 1.0
    x = torch.tensor(x, dtype=torch.float32)
    train, test = x[:1400], x[1400:]
    model = VqAutoencoder(cfg)
    opt = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    for epoch in range(cfg.epochs):
        model.train()
        for rows in torch.randperm(len(train)).split(cfg.batch):
            out, commit = model(train[rows])
            loss = F.mse_loss(out, train[rows]) + cfg.commitment * commit
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 5 == 0:
            print(f"epoch {epoch} loss {loss.item():.4f} commit {commit.item():.4f}")
    model.eval()
    with torch.no_grad():
        out, _ = model(test)
    return (1 - (out - test).pow(2).sum() / (test - test.mean(0)).pow(2).sum()).item()


if __name__ == "__main__":
    print(f"FINAL r2={run(VqConfig(), int(os.environ.get('SEED', 0))):.4f}")
