import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def bars(n):
    """12x12 binary pictures: 1-3 horizontal and vertical bars."""
    h, v = torch.rand(n, 12, 1) < 0.12, torch.rand(n, 1, 12) < 0.12
    return (h | v).float()[:, None]


class ConvVAE(nn.Module):
    def __init__(self, z=24):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), nn.ELU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ELU(), nn.Flatten(), nn.Linear(288, 128), nn.ELU())
        self.mu, self.log_var = nn.Linear(128, z), nn.Linear(128, z)
        self.dec = nn.Sequential(nn.Linear(z, 288), nn.ELU(), nn.Unflatten(1, (32, 3, 3)), nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ELU(), nn.ConvTranspose2d(16, 1, 4, 2, 1))
        nn.init.zeros_(self.log_var.weight)
        nn.init.constant_(self.log_var.bias, -2.0)

    def forward(self, x):
        h = self.enc(x)
        mu, lv = self.mu(h), self.log_var(h)
        return self.dec(mu + (0.5 * lv).exp() * torch.randn_like(mu)), mu, lv


train, test = bars(3000), bars(600)
vae = ConvVAE()
opt = torch.optim.Adamax(vae.parameters(), lr=3e-3)
for epoch in range(14):
    beta = min(1.0, epoch / 6)            # KL warm-up, so the total rises for a while
    sums = [0.0, 0.0]
    for idx in torch.randperm(len(train)).split(100):
        logits, mu, lv = vae(train[idx])
        rec = F.binary_cross_entropy_with_logits(logits, train[idx], reduction="sum")
        kl = 0.5 * (mu ** 2 + lv.exp() - 1 - lv).sum()
        opt.zero_grad()
        (rec + beta * kl).backward()
        opt.step()
        sums[0] += rec.item() / len(train)
        sums[1] += kl.item() / len(train)
    print(f"epoch {epoch} beta {beta:.2f} rec {sums[0]:.2f} kl {sums[1]:.2f}")

with torch.no_grad():
    out = torch.sigmoid(vae.dec(vae.mu(vae.enc(test))))
    r2 = 1 - ((out - test) ** 2).sum() / ((test - train.mean(0)) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
