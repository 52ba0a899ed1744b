import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
S = 32

yy, xx = torch.meshgrid(torch.linspace(-1, 1, S), torch.linspace(-1, 1, S), indexing="ij")
clean = 0.5 + 0.3 * torch.tanh(8 * (0.5 - (xx ** 2 + yy ** 2).sqrt())) + 0.15 * torch.sin(4 * xx) * (yy > 0.2)
noisy = (clean + 0.15 * torch.randn(S, S)).view(1, 1, S, S)


class Hourglass(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        conv = lambda i, o, s=1: nn.Sequential(nn.Conv2d(i, o, 3, stride=s, padding=1), nn.BatchNorm2d(o), nn.LeakyReLU(0.2))
        self.d1, self.d2, self.d3 = conv(8, c, 2), conv(c, c, 2), conv(c, c, 2)
        self.u3, self.u2, self.u1 = conv(c, c), conv(c, c), conv(c, c)
        self.out = nn.Conv2d(c, 1, 1)

    def forward(self, z):
        h = self.d3(self.d2(self.d1(z)))
        for up in (self.u3, self.u2, self.u1):
            h = up(F.interpolate(h, scale_factor=2, mode="bilinear", align_corners=False))
        return torch.sigmoid(self.out(h))


# one picture, one fixed noise input: the network itself is the prior
z = torch.rand(1, 8, S, S) * 0.1
net = Hourglass()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
average = None
for it in range(220):
    optimizer.zero_grad()
    out = net(z + 0.01 * torch.randn_like(z))
    loss = F.mse_loss(out, noisy)
    loss.backward()
    optimizer.step()
    average = out.detach() if average is None else 0.95 * average + 0.05 * out.detach()
    if it % 40 == 0:
        print(f"{it:3d} loss {loss.item():.5f} (noise variance {0.15 ** 2:.5f})")

r2 = 1 - (average[0, 0] - clean).pow(2).mean() / clean.var(unbiased=False)
base = 1 - (noisy[0, 0] - clean).pow(2).mean() / clean.var(unbiased=False)
print(f"noisy picture itself {base.item():.4f}")
print(f"FINAL r2={r2.item():.4f}")
