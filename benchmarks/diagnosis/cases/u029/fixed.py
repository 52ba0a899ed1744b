import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))


class VAE(nn.Module):
    def __init__(self, d_in: int = 64, hidden: int = 128, latent: int = 10):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(d_in, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, latent)
        self.log_var = nn.Linear(hidden, latent)
        self.dec = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, d_in))

    def encode(self, x):
        h = self.enc(x)
        return self.mu(h), torch.exp(0.5 * self.log_var(h))

    def forward(self, x):
        mu, std = self.encode(x)
        z = Normal(mu, std).rsample()
        return self.dec(z), mu, std


def elbo(logits, x, mu, std, beta=0.5):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    kl = kl_divergence(Normal(mu, std), Normal(torch.zeros_like(mu), torch.ones_like(std))).sum(1)
    return (rec + beta * kl).mean(), rec.mean(), kl.mean()


digits = torch.tensor(load_digits().data / 16.0, dtype=torch.float32)
digits = digits[torch.randperm(len(digits), generator=torch.Generator().manual_seed(1))]
train, test = digits[:1500], digits[1500:]

vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=1e-3)
for epoch in range(20):
    for idx in torch.randperm(len(train)).split(64):
        xb = train[idx]
        logits, mu, std = vae(xb)
        loss, rec, kl = elbo(logits, xb, mu, std)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} -elbo {loss.item():.2f} rec {rec.item():.2f} kl {kl.item():.3f}")

vae.eval()
with torch.no_grad():
    mu, _ = vae.encode(test)
    mse = F.mse_loss(torch.sigmoid(vae.dec(mu)), test).item()
print("FINAL mse=%.5f" % mse)
