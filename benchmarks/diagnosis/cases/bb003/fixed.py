import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn


@dataclass(frozen=True)
class VaeConfig:
    latent: int = 8
    hidden: int = 128
    beta: float = 1.0
    lr: float = 2e-3
    epochs: int = 40
    batch: int = 64


class Encoder(nn.Module):
    def __init__(self, cfg: VaeConfig):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, cfg.hidden), nn.SiLU())
        self.mu = nn.Linear(cfg.hidden, cfg.latent)
        self.logvar = nn.Linear(cfg.hidden, cfg.latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.body(x)
        return self.mu(h), self.logvar(h)


class Vae(nn.Module):
    def __init__(self, cfg: VaeConfig):
        super().__init__()
        self.encoder = Encoder(cfg)
        self.decoder = nn.Sequential(nn.Linear(cfg.latent, cfg.hidden), nn.SiLU(), nn.Linear(cfg.hidden, 64))

    def forward(self, x: Tensor):
        mu, logvar = self.encoder(x)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.decoder(z), mu, logvar


@dataclass
class ElboLoss:
    beta: float

    def __call__(self, recon: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
        rec = F.binary_cross_entropy_with_logits(recon, x, reduction="sum") / len(x)
        kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
        return rec + self.beta * kl, kl


class Trainer:
    def __init__(self, cfg: VaeConfig, train: Tensor, test: Tensor):
        self.cfg, self.train_x, self.test_x = cfg, train, test
        self.vae = Vae(cfg)
        self.loss = ElboLoss(cfg.beta)
        self.opt = torch.optim.Adam(self.vae.parameters(), lr=cfg.lr)

    def fit(self) -> None:
        for epoch in range(self.cfg.epochs):
            for rows in torch.randperm(len(self.train_x)).split(self.cfg.batch):
                x = self.train_x[rows]
                total, kl = self.loss(*(lambda o: (o[0], x, o[1], o[2]))(self.vae(x)))
                self.opt.zero_grad(set_to_none=True)
                total.backward()
                self.opt.step()
            if epoch % 5 == 0:
                print(f"{epoch:3d} elbo {total.item():.3f} kl {kl.item():.4f}")

    @torch.no_grad()
    def r2(self) -> float:
        mu, _ = self.vae.encoder(self.test_x)
        out = torch.sigmoid(self.vae.decoder(mu))
        residual = ((out - self.test_x) ** 2).sum()
        return (1 - residual / ((self.test_x - self.test_x.mean(0)) ** 2).sum()).item()


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
pixels = load_digits().data / 16.0
order = np.random.RandomState(seed).permutation(len(pixels))
pixels = torch.tensor(pixels[order], dtype=torch.float32)
trainer = Trainer(VaeConfig(), pixels[:1400], pixels[1400:])
trainer.fit()
print(f"FINAL r2={trainer.r2():.4f}")
