import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))

pixels = torch.tensor(load_digits().data, dtype=torch.float32) / 16
pixels = pixels[torch.randperm(len(pixels))]
train, test = pixels[:1500], pixels[1500:]


class VAE(nn.Module):
    def __init__(self, latent=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 96), nn.ReLU())
        self.mu = nn.Linear(96, latent)
        self.logvar = nn.Linear(96, latent)
        self.dec = nn.Sequential(nn.Linear(latent, 96), nn.ReLU(), nn.Linear(96, 64))

    def encode(self, x):
        h = self.enc(x)
        return self.mu(h), self.logvar(h)

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp() if self.training else mu
        return self.dec(z), mu, logvar


def elbo_terms(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1).mean()
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
    return rec, kl


vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=2e-3)
EPOCHS, WARM = 60, 40

for epoch in range(EPOCHS):
    beta = min(1.0, epoch / WARM)
    vae.train()
    sums = [0.0, 0.0, 0.0]
    batches = train[torch.randperm(len(train))].split(50)
    for xb in batches:
        logits, mu, logvar = vae(xb)
        rec, kl = elbo_terms(logits, xb, mu, logvar)
        loss = rec + beta * kl
        opt.zero_grad()
        loss.backward()
        opt.step()
        for i, v in enumerate((loss, rec, kl)):
            sums[i] += v.item() / len(batches)
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} beta {beta:.2f} loss {sums[0]:.2f} reconstruction {sums[1]:.2f} kl {sums[2]:.2f}")

vae.eval()
with torch.no_grad():
    out = torch.sigmoid(vae(test)[0])
    r2 = 1 - ((out - test) ** 2).sum() / ((test - train.mean(0)) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
