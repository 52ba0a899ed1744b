import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
N_CODES, CODE = 32, 8


def textures(n):
    """16-point strokes built from few motifs with a random offset and scale."""
    t = torch.linspace(0, 1, 16)
    kind = torch.randint(0, 6, (n, 1))
    freq = 1 + kind % 3
    shape = torch.where(kind < 3, torch.sin(6.283 * freq * t), torch.sign(torch.sin(6.283 * freq * t)) * 0.8)
    return shape * (0.8 + 0.4 * torch.rand(n, 1)) + 0.05 * torch.randn(n, 16)


class Quantiser(nn.Module):
    """Codebook as buffers, moved by running averages of the vectors assigned to each code."""

    def __init__(self, decay=0.95):
        super().__init__()
        self.decay = decay
        e = torch.randn(N_CODES, CODE)
        self.register_buffer("codes", e)
        self.register_buffer("count", torch.ones(N_CODES))
        self.register_buffer("total", e.clone())

    def forward(self, z):
        idx = torch.cdist(z.detach(), self.codes).argmin(1)
        q = self.codes[idx]
        if self.training:
            hot = F.one_hot(idx, N_CODES).float()
            self.count.mul_(self.decay).add_(hot.sum(0), alpha=1 - self.decay)
            self.total.mul_(self.decay).add_(hot.t() @ z.detach(), alpha=1 - self.decay)
            self.codes.copy_(self.total / self.count.clamp_min(1e-2)[:, None])
            idle = self.count < 0.05
            if idle.any():
                pick = z.detach()[torch.randint(0, len(z), (int(idle.sum()),))]
                self.codes[idle], self.total[idle], self.count[idle] = pick, pick, 1.0
        commitment = F.mse_loss(z, q)
        return z + (q - z).detach(), commitment, idx


class VQ(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, CODE))
        self.quantiser = Quantiser()
        self.decoder = nn.Sequential(nn.Linear(CODE, 64), nn.ReLU(), nn.Linear(64, 16))

    def forward(self, x):
        q, commitment, idx = self.quantiser(self.encoder(x))
        return self.decoder(q), commitment, idx


model = VQ()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for step in range(1200):
    x = textures(64)
    out, commitment, idx = model(x)
    loss = F.mse_loss(out, x) + 0.25 * commitment
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f} codes in use {idx.unique().numel()}")

model.eval()
with torch.no_grad():
    x = textures(2000)
    out = model(x)[0]
    r2 = 1 - (out - x).pow(2).sum() / (x - x.mean(0)).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
