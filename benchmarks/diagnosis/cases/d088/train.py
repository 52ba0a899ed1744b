import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
x = x[torch.randperm(len(x))]
train, test = x[:1500], x[1500:]


class VAE(nn.Module):
    def __init__(self, z=8):
        super().__init__()
        self.enc = nn.Linear(64, 64)
        self.mu = nn.Linear(64, z)
        self.logvar = nn.Linear(64, z)
        self.dec = nn.Sequential(nn.Linear(z, 64), nn.ReLU(), nn.Linear(64, 64))

    def encode(self, x):
        h = torch.relu(self.enc(x))
        return self.mu(h), self.logvar(h)

    def sample(self, mu, logvar):
        m, s = mu.detach().numpy(), np.exp(0.5 * logvar.detach().numpy())
        return torch.from_numpy(np.random.normal(m, s).astype("float32"))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.dec(self.sample(mu, logvar)), mu, logvar


model = VAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    for xb in train[torch.randperm(1500)].split(50):
        out, mu, logvar = model(xb)
        rec = (out - xb).pow(2).sum(1).mean()
        kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
        loss = rec + 0.05 * kl
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} rec {rec.item():.3f} kl {kl.item():.3f}")

with torch.no_grad():
    out = model.dec(model.encode(test)[0])
    r2 = 1 - (out - test).pow(2).sum() / (test - train.mean(0)).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
