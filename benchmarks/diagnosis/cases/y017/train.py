import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
X = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)
order = torch.randperm(len(X), generator=torch.Generator().manual_seed(11))
train, test = X[order[:1450]], X[order[1450:]]


class VAE(nn.Module):
    def __init__(self, latent=10):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        self.mu = nn.Linear(64, latent)
        self.logvar = nn.Linear(64, latent)
        self.dec = nn.Sequential(
            nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64)
        )

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        rec = F.binary_cross_entropy_with_logits(self.dec(z), x, reduction="none").sum(1).mean()
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean()
        return rec, kl


vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=2e-3)
step, warmup = 0, 600
for epoch in range(80):
    vae.train()
    for idx in torch.randperm(len(train)).split(64):
        beta = min(1.0, step / warmup)
        rec, kl = vae(train[idx])
        loss = rec + beta * kl
        opt.zero_grad()
        loss.backward()
        opt.step()
        step += 1
    if epoch % 10 == 0:
        print(f"epoch {epoch} beta {beta:.2f} rec {rec.item():.2f} kl {kl.item():.2f}")

vae.eval()
with torch.no_grad():
    neg = sum(sum(vae(test)).item() for _ in range(10)) / 10
print(f"FINAL bits_per_dim={neg / 64 / math.log(2):.4f}")
