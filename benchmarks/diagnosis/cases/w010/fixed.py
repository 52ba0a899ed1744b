"""Recurrent variational autoencoder for short movement trajectories."""
import os
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.lr_scheduler import StepLR


@dataclass
class VameConfig:
    n_features: int = 6
    time_window: int = 20
    zdims: int = 8
    hidden: int = 32
    batch_size: int = 64
    learning_rate: float = 3e-3
    max_epochs: int = 24
    kl_weight: float = 0.002
    scheduler: bool = False
    scheduler_step: int = 3


class Encoder(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.rnn = nn.GRU(cfg.n_features, cfg.hidden, bidirectional=True, batch_first=True)
        self.hidden_to_mu = nn.Linear(2 * cfg.hidden, cfg.zdims)
        self.hidden_to_logvar = nn.Linear(2 * cfg.hidden, cfg.zdims)

    def forward(self, x):
        _, h = self.rnn(x)
        h = torch.cat([h[0], h[1]], dim=1)
        return self.hidden_to_mu(h), self.hidden_to_logvar(h)


class Decoder(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.window = cfg.time_window
        self.rnn = nn.GRU(cfg.zdims, cfg.hidden, batch_first=True)
        self.out = nn.Linear(cfg.hidden, cfg.n_features)

    def forward(self, z):
        h, _ = self.rnn(z[:, None].expand(-1, self.window, -1))
        return self.out(h)


class RnnVae(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.encoder = Encoder(cfg)
        self.decoder = Decoder(cfg)

    def forward(self, x):
        mu, logvar = self.encoder(x)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar) if self.training else mu
        return self.decoder(z), mu, logvar


def trajectories(n, cfg, rng):
    t = np.arange(cfg.time_window) / cfg.time_window
    f = rng.uniform(0.5, 1.6, (n, 1, 1))
    ph = rng.uniform(0, 2 * np.pi, (n, 1, 1)) + np.arange(cfg.n_features)[None, None] * 0.8
    amp = rng.uniform(0.5, 1.5, (n, 1, 1))
    x = amp * np.sin(2 * np.pi * f * t[None, :, None] + ph) + 0.05 * rng.standard_normal((n, cfg.time_window, cfg.n_features))
    return torch.tensor(x, dtype=torch.float32)


def train_model(cfg, seed):
    rng = np.random.default_rng(seed)
    train, test = trajectories(1500, cfg, rng), trajectories(300, cfg, rng)
    model = RnnVae(cfg)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.learning_rate, amsgrad=True)
    if cfg.scheduler:
        scheduler = StepLR(optimizer, step_size=cfg.scheduler_step, gamma=0.2, last_epoch=-1)
    else:
        scheduler = StepLR(optimizer, step_size=cfg.scheduler_step, gamma=1, last_epoch=-1)

    for epoch in range(1, cfg.max_epochs + 1):
        model.train()
        total = 0.0
        for idx in torch.randperm(len(train)).split(cfg.batch_size):
            x = train[idx]
            recon, mu, logvar = model(x)
            kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
            loss = F.mse_loss(recon, x) + cfg.kl_weight * kl
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            total += loss.item() * len(idx)
        scheduler.step()
        print(f"Epoch {epoch}: train loss {total / len(train):.4f}")
    model.eval()
    with torch.no_grad():
        return F.mse_loss(model(test)[0], test).item()


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    print(f"FINAL mse={train_model(VameConfig(), seed):.5f}")
