import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

# ---- two interleaved spirals as data, a small denoising diffusion model on top
T = 50
betas = torch.linspace(1e-3, 0.12, T)
alpha_bar = torch.cumprod(1 - betas, 0)


def spirals(n):
    r = torch.rand(n).sqrt() * 2.5 + 0.3
    arm = torch.randint(0, 2, (n,)) * torch.pi
    pts = torch.stack([r * torch.cos(2 * r + arm), r * torch.sin(2 * r + arm)], 1)
    return pts / 1.5 + 0.02 * torch.randn(n, 2)


class Denoiser(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.time = nn.Embedding(T, width)
        self.inp = nn.Linear(2, width)
        self.h1 = nn.Linear(width, width)
        self.h2 = nn.Linear(width, width)
        self.out = nn.Linear(width, 2)
        self.act = nn.SiLU()

    def forward(self, x, t):
        h = self.act(self.inp(x) + self.time(t))
        h = self.act(self.h1(h)) + h
        h = self.act(self.h2(h)) + h
        return self.out(h)


def noised(x0, t, eps):
    a = alpha_bar[t][:, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


train_loader = DataLoader(TensorDataset(spirals(6000)), batch_size=60, shuffle=True, drop_last=True)
held_out = spirals(4000)

model = Denoiser()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
batches = iter(train_loader)

n_epochs = 30
for epoch in range(n_epochs):
    model.train()
    for (x0,) in batches:
        t = torch.randint(0, T, (len(x0),))
        eps = torch.randn_like(x0)
        loss = (model(noised(x0, t, eps), t) - eps).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if (epoch + 1) % 5 == 0:
        print(f"[{epoch + 1}/{n_epochs}] loss {loss.item():.4f}")

model.eval()
g = torch.Generator().manual_seed(7)
t = torch.randint(0, T, (4000,), generator=g)
eps = torch.randn(4000, 2, generator=g)
with torch.no_grad():
    mse = (model(noised(held_out, t, eps), t) - eps).square().mean().item()
print(f"FINAL mse={mse:.4f}")
