import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def bars(n):
    out = np.zeros((n, 1, 12, 12), dtype="float32")
    for img in out:
        a, b = np.random.randint(0, 10, 2)
        img[0, a:a + 2, :] = 1
        img[0, :, b:b + 2] = 1
    return torch.from_numpy(out)


class VAE(nn.Module):
    def __init__(self, z=6):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Flatten())
        self.mu = nn.Linear(288, z)
        self.logvar = nn.Linear(288, z)
        self.fc = nn.Linear(z, 288)
        self.up1 = nn.ConvTranspose2d(32, 16, 4, 2, 1)
        self.up2 = nn.ConvTranspose2d(16, 1, 4, 2, 1)

    def decode(self, z):
        h = F.relu(self.fc(z)).view(-1, 32, 3, 3)
        return self.up2(F.relu(self.up1(h)))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.decode(z), mu, logvar


def elbo(logits, x, mu, logvar):
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
    kl = -0.5 * (1 + logvar - mu ** 2 - logvar.exp()).sum(1)
    return rec.mean(), kl.mean()


train, test = bars(2000), bars(400)
vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=2e-3)
for epoch in range(14):
    for idx in torch.randperm(len(train)).split(64):
        x = train[idx]
        logits, mu, logvar = vae(x)
        rec, kl = elbo(logits, x, mu, logvar)
        loss = rec + kl
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch}: reconstruction {rec.item():.2f} kl {kl.item():.2f}")

with torch.no_grad():
    out, mu, _ = vae(test)
    recon = torch.sigmoid(vae.decode(mu))
    r2 = 1 - ((recon - test) ** 2).sum() / ((test - train.mean(0)) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
