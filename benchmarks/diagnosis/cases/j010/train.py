import math
import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))
T = 100
betas = torch.linspace(1e-3, 0.06, T)
alpha_bar = torch.cumprod(1 - betas, 0)


def q_sample(x0, t, noise):
    a = alpha_bar[t].unsqueeze(1)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise


class TimeEmbedding(nn.Module):
    def __init__(self, dim):
        super().__init__()
        freq = torch.exp(-math.log(1000) * torch.arange(dim // 2) / (dim // 2))
        self.register_buffer("freq", freq)
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.SiLU())

    def forward(self, t):
        arg = t.float().unsqueeze(1) * self.freq
        return self.mlp(torch.cat([arg.sin(), arg.cos()], 1))


class Denoiser(nn.Module):
    def __init__(self, dim=64, width=192):
        super().__init__()
        self.time = TimeEmbedding(32)
        self.inp = nn.Linear(dim + 32, width)
        self.mid1 = nn.Linear(width, width)
        self.mid2 = nn.Linear(width, width)
        self.act = nn.SiLU()
        self.out = nn.Sequential(nn.Linear(width, dim), nn.Sigmoid())

    def forward(self, x, t):
        h = self.act(self.inp(torch.cat([x, self.time(t)], 1)))
        h = h + self.act(self.mid1(h))
        h = h + self.act(self.mid2(h))
        return self.out(h)


images = torch.tensor(load_digits().data, dtype=torch.float32) / 8 - 1
loader = DataLoader(images[:1400], batch_size=64, shuffle=True, drop_last=True)
held_out = images[1400:]
model = Denoiser()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(40):
    total = 0.0
    for x0 in loader:
        t = torch.randint(0, T, (len(x0),))
        noise = torch.randn_like(x0)
        loss = nn.functional.mse_loss(model(q_sample(x0, t, noise), t), noise)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 8 == 7:
        print(f"epoch {epoch + 1}: noise mse {total / len(loader):.4f}")

model.eval()
with torch.no_grad():
    x0 = held_out.repeat(10, 1)
    t = torch.randint(0, T, (len(x0),))
    noise = torch.randn_like(x0)
    mse = (model(q_sample(x0, t, noise), t) - noise).pow(2).mean().item()
print(f"FINAL noise_mse={mse:.4f}")
