"""VQ-VAE on small digits with an EMA codebook."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Codebook(nn.Module):
    def __init__(self, size=48, dim=8, decay=0.95):
        super().__init__()
        self.decay = decay
        self.register_buffer("codes", torch.randn(size, dim))
        self.register_buffer("count", torch.ones(size))
        self.register_buffer("total", self.codes.clone())
        self.ready = False

    @torch.no_grad()
    def start_from(self, z):
        self.codes.copy_(z[torch.randperm(len(z))[: len(self.codes)]])
        self.total.copy_(self.codes)
        self.ready = True

    @torch.no_grad()
    def update(self, z, idx):
        hot = F.one_hot(idx, len(self.codes)).float()
        self.count.mul_(self.decay).add_(hot.sum(0), alpha=1 - self.decay)
        self.total.mul_(self.decay).add_(hot.t() @ z, alpha=1 - self.decay)
        self.codes.copy_(self.total / self.count.clamp(min=1e-3)[:, None])
        weak = self.count < 0.05
        if weak.any():
            fresh = z[torch.randint(0, len(z), (int(weak.sum()),))]
            self.codes[weak], self.total[weak], self.count[weak] = fresh, fresh, 1.0

    def forward(self, z):
        b, c, h, w = z.shape
        flat = z.permute(0, 2, 3, 1).reshape(-1, c)
        if self.training and not self.ready:
            self.start_from(flat)
        idx = torch.cdist(flat, self.codes).argmin(1)
        q = self.codes[idx]
        if self.training:
            self.update(flat.detach(), idx)
        q = q.view(b, h, w, c).permute(0, 3, 1, 2)
        commit = F.mse_loss(z, q.detach())
        return z + (q - z).detach(), commit, idx


class VQVAE(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, dim, 3, padding=1))
        self.quantiser = Codebook(dim=dim)
        self.decoder = nn.Sequential(nn.Conv2d(dim, 32, 3, padding=1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1))

    def forward(self, x):
        q, commit, idx = self.quantiser(self.encoder(x))
        return self.decoder(q), commit, idx


x = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 16
x = x[torch.randperm(len(x))]
train, test = x[:1450], x[1450:]
model = VQVAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(10):
    model.train()
    for xb in train[torch.randperm(len(train))].split(48):
        recon, commit, idx = model(xb)
        loss = F.mse_loss(recon, xb) + 0.05 * commit
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f} codes in use {idx.unique().numel()}")

model.eval()
with torch.no_grad():
    err = ((model(test)[0] - test) ** 2).sum()
print(f"FINAL r2={(1 - err / ((test - train.mean(0)) ** 2).sum()).item():.4f}")
