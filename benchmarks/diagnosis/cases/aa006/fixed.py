import os
import torch
from torch import nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

images = torch.tensor(load_digits().data, dtype=torch.float32) / 16
perm = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
train, test = images[perm[:1400]], images[perm[1400:]]


class GaussianHead(nn.Module):
    def __init__(self, inp, latent):
        super().__init__()
        self.mu = nn.Linear(inp, latent)
        self.logvar = nn.Linear(inp, latent)

    def forward(self, h):
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp() if self.training else mu
        return z, mu, logvar


class VAE(nn.Module):
    def __init__(self, latent=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 64), nn.Tanh())
        self.posterior = GaussianHead(64, latent)
        self.dec = nn.Sequential(nn.Linear(latent, 64), nn.Tanh(), nn.Linear(64, 64))

    def forward(self, x):
        z, mu, logvar = self.posterior(self.enc(x))
        return self.dec(z), mu, logvar


class ELBO(nn.Module):
    def __init__(self, sigma=0.15, beta=1.0):
        super().__init__()
        self.precision, self.beta = 0.5 / sigma**2, beta

    def forward(self, recon, x, mu, logvar):
        rec = self.precision * F.mse_loss(recon, x, reduction="none").sum(1).mean()
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp(), dim=1).mean()
        return rec + self.beta * kl, rec, kl


model, objective = VAE(), ELBO()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(50):
    model.train()
    for x in train[torch.randperm(len(train))].split(50):
        recon, mu, logvar = model(x)
        loss, rec, kl = objective(recon, x, mu, logvar)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} elbo {loss.item():.4f} (rec {rec.item():.4f} kl {kl.item():.4f})")

model.eval()
with torch.no_grad():
    recon = model(test)[0]
    r2 = 1 - ((recon - test) ** 2).sum() / ((test - train.mean(0)) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
