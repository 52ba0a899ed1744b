import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Codebook(nn.Module):
    """Vector quantisation; the codes follow a moving average of what is assigned to them."""

    def __init__(self, n_codes, dim, decay=0.97):
        super().__init__()
        self.decay = decay
        codes = torch.randn(n_codes, dim) * 0.3
        self.register_buffer("codes", codes)
        self.register_buffer("count", torch.ones(n_codes))
        self.register_buffer("total", codes.clone())

    def forward(self, z):
        idx = torch.cdist(z.detach(), self.codes).argmin(1)
        q = self.codes[idx]
        if self.training:
            with torch.no_grad():
                hot = F.one_hot(idx, len(self.codes)).to(z.dtype)
                self.count.mul_(self.decay).add_(hot.sum(0), alpha=1 - self.decay)
                self.total.mul_(self.decay).add_(hot.t() @ z, alpha=1 - self.decay)
                self.codes.copy_(self.total / self.count.clamp_min(1e-4).unsqueeze(1))
                lonely = self.count < 0.05
                if lonely.any():
                    pick = torch.randint(len(z), (int(lonely.sum()),))
                    self.codes[lonely] = z[pick]
                    self.total[lonely] = z[pick]
                    self.count[lonely] = 1.0
        commit = F.mse_loss(z, q.detach())
        return z + (q - z).detach(), commit, idx


class VQVAE(nn.Module):
    def __init__(self, n_codes=32, dim=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv2d(32, 32, 3, 1, 1), nn.ReLU(), nn.Conv2d(32, dim, 1))
        self.vq = Codebook(n_codes, dim)
        self.dec = nn.Sequential(nn.Conv2d(dim, 32, 3, 1, 1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, 2, 1))

    def forward(self, x):
        z = self.enc(x)
        b, d, h, w = z.shape
        q, commit, idx = self.vq(z.permute(0, 2, 3, 1).reshape(-1, d))
        q = q.view(b, h, w, d).permute(0, 3, 1, 2)
        return self.dec(q), commit, idx


x = torch.tensor(load_digits().images / 16.0, dtype=torch.float32).unsqueeze(1)
x = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(0))]
train, test = x[:1400], x[1400:]
model = VQVAE()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(20):
    model.train()
    for xb in train[torch.randperm(len(train))].split(50):
        rec, commit, idx = model(xb)
        loss = F.mse_loss(rec, xb) / 0.14 + 0.25 * commit
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch}: loss {loss.item():.4f} codes in use {idx.unique().numel()}")

model.eval()
with torch.no_grad():
    rec, _, _ = model(test)
    r2 = 1 - ((rec - test) ** 2).sum() / ((test - train.mean(0)) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
