import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


class Encoder(nn.Module):
    def __init__(self, n_in, n_hidden, n_latent):
        super().__init__()
        self.fc = nn.Linear(n_in, n_hidden)
        self.fc_mu = nn.Linear(n_hidden, n_latent)
        self.fc_logvar = nn.Linear(n_hidden, n_latent)

    def forward(self, x):
        h = F.relu(self.fc(x))
        return self.fc_mu(h), self.fc_logvar(h)


class Decoder(nn.Module):
    def __init__(self, n_latent, n_hidden, n_out):
        super().__init__()
        self.fc = nn.Linear(n_latent, n_hidden)
        self.out = nn.Linear(n_hidden, n_out)

    def forward(self, z):
        return torch.sigmoid(self.out(F.relu(self.fc(z))))


class VAE(nn.Module):
    def __init__(self, n_in=64, n_hidden=128, n_latent=8):
        super().__init__()
        self.encoder = Encoder(n_in, n_hidden, n_latent)
        self.decoder = Decoder(n_latent, n_hidden, n_in)

    def reparameterize(self, mu, logvar):
        return mu + torch.exp(0.5 * logvar) * torch.randn_like(mu) if self.training else mu

    def forward(self, x):
        mu, logvar = self.encoder(x)
        return self.decoder(self.reparameterize(mu, logvar)), mu, logvar


class ELBO(nn.Module):
    def __init__(self, beta=1.0, reduction="sum"):
        super().__init__()
        self.beta = beta
        self.recon = nn.BCELoss(reduction=reduction)

    def forward(self, recon, x, mu, logvar):
        kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return self.recon(recon, x) + self.beta * kld


pixels = torch.tensor(load_digits().data, dtype=torch.float32) / 16
pixels = pixels[torch.randperm(len(pixels))]
train, test = pixels[:1500], pixels[1500:]
vae, criterion = VAE(), ELBO()
optimizer = torch.optim.Adam(vae.parameters(), lr=2e-3)

for epoch in range(1, 31):
    vae.train()
    total = 0.0
    for x in DataLoader(train, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        recon, mu, logvar = vae(x)
        loss = criterion(recon, x, mu, logvar)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 10 == 0:
        print(f"====> epoch {epoch} average loss {total:.4f}")

vae.eval()
with torch.no_grad():
    recon, _, _ = vae(test)
r2 = 1 - (recon - test).square().sum() / (test - train.mean(0)).square().sum()
print(f"FINAL r2={r2.item():.4f}")
