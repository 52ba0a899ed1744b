"""Denoising without clean targets: one noisy copy predicts another (Noise2Noise)."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
axis = torch.arange(24.0)
YY, XX = torch.meshgrid(axis, axis, indexing="ij")


def blobs(n, generator=None):
    image = torch.zeros(n, 24, 24)
    for _ in range(4):
        cy, cx = (24 * torch.rand(n, 1, 1, generator=generator) for _ in range(2))
        r = 2 + 3 * torch.rand(n, 1, 1, generator=generator)
        sign = torch.where(torch.rand(n, 1, 1, generator=generator) < 0.5, -1.0, 1.0)
        image += sign * torch.exp(-((YY - cy) ** 2 + (XX - cx) ** 2) / (2 * r**2))
    return image.unsqueeze(1)


class Denoiser(nn.Module):
    def __init__(self, c=20):
        super().__init__()
        self.inp = nn.Conv2d(1, c, 5, padding=2)
        self.mid = nn.ModuleList(nn.Conv2d(c, c, 3, padding=2**i, dilation=2**i) for i in range(3))
        self.out = nn.Conv2d(c, 1, 3, padding=1)

    def forward(self, x):
        h = F.leaky_relu(self.inp(x), 0.1)
        for conv in self.mid:
            h = h + F.leaky_relu(conv(h), 0.1)
        return self.out(h)


SIGMA = 0.8
net = Denoiser()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda i: 1 - i / 350)
for step in range(350):
    clean = blobs(16)
    first, second = (clean + SIGMA * torch.randn_like(clean) for _ in range(2))
    loss = F.mse_loss(net(first), second)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    sched.step()
    if step % 50 == 0:
        print(f"step {step:3d}  loss {loss.item():.4f}  (noise alone {SIGMA**2:.2f})")

net.eval()
g = torch.Generator().manual_seed(99)
clean = blobs(200, g)
noisy = clean + SIGMA * torch.randn(clean.shape, generator=g)
with torch.no_grad():
    error = F.mse_loss(net(noisy), clean).item()
print(f"mse to the clean picture {error:.4f}, of the input {F.mse_loss(noisy, clean).item():.4f}")
print(f"FINAL r2={1 - error / clean.var().item():.4f}")
