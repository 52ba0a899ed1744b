import copy
import os
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class MocoConfig:
    observed: int = 32
    latent: int = 8
    dim: int = 16
    queue: int = 512
    momentum: float = 0.97
    temperature: float = 0.15
    batch: int = 64
    steps: int = 600
    lr: float = 1e-3
    seed: int = int(os.environ.get("SEED", 0))


class Views:
    def __init__(self, cfg):
        self.mix = torch.randn(cfg.latent, cfg.observed)
        self.noise = 1.5 * torch.randn(5, cfg.observed)
        self.latent = cfg.latent

    def pair(self, n):
        base = torch.tanh(torch.randn(n, self.latent) @ self.mix)
        return [base + torch.randn(n, 5) @ self.noise / 5**0.5 for _ in range(2)]


class Moco(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.query = nn.Sequential(nn.Linear(cfg.observed, 96), nn.ReLU(), nn.Linear(96, cfg.dim))
        self.key = copy.deepcopy(self.query)
        for p in self.key.parameters():
            p.requires_grad = False
        self.register_buffer("bank", F.normalize(torch.randn(cfg.queue, cfg.dim), dim=1))
        self.head = 0

    def forward(self, a, b):
        q = F.normalize(self.query(a), dim=1)
        with torch.no_grad():
            self.follow()
            k = F.normalize(self.key(b), dim=1)
        positive = (q * k).sum(1, keepdim=True)
        negative = q @ self.bank.clone().T
        logits = torch.cat([positive, negative], 1) / self.cfg.temperature
        self.push(k)
        return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))

    @torch.no_grad()
    def follow(self):
        for k, q in zip(self.key.parameters(), self.query.parameters()):
            k.data = k.data * self.cfg.momentum + q.data * (1 - self.cfg.momentum)

    @torch.no_grad()
    def push(self, keys):
        self.bank[self.head : self.head + len(keys)] = keys
        self.head = (self.head + len(keys)) % self.cfg.queue


def main():
    cfg = MocoConfig()
    torch.manual_seed(cfg.seed)
    views, model = Views(cfg), Moco(cfg)
    opt = torch.optim.Adam(model.query.parameters(), lr=cfg.lr)
    for step in range(cfg.steps):
        loss = model(*views.pair(cfg.batch))
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 100 == 0:
            print(f"step {step} loss {loss.item():.4f}")
    with torch.no_grad():
        a, b = (F.normalize(model.query(v), dim=1) for v in views.pair(200))
        hits = ((a @ b.T).argmax(1) == torch.arange(200)).float().mean().item()
    print(f"FINAL retrieval={hits:.4f}")


main()
