# SPDX-License-Identifier: Apache-2.0
# Weights that are drawn, and a filter with decays: -5 and multiples of pi are no weights, but
# logarithms of spreads and rates of turning, of which an exponential meets the signal.
import math

import torch
from torch import nn
from torch.nn import functional
from toy import batches, blobs


class BayesLinear(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.mean = nn.Parameter(torch.randn(outside, inside) / inside**0.5)
        self.rho = nn.Parameter(torch.full((outside, inside), -5.0))

    def forward(self, x):
        spread = functional.softplus(self.rho)
        weight = self.mean + spread * torch.randn_like(spread)
        return functional.linear(x, weight)


class Filter(nn.Module):
    def __init__(self, size, states=8):
        super().__init__()
        self.turn = nn.Parameter(math.pi * torch.arange(states).float().repeat(size, 1))
        self.decay = nn.Parameter(torch.full((size, states), -0.7))
        self.mix = nn.Parameter(torch.randn(size, states) / states**0.5)

    def forward(self, length):
        rate = -torch.exp(self.decay) + 1j * self.turn
        times = torch.arange(length) / length
        return torch.einsum("hn,hnl->hl", self.mix + 0j, torch.exp(rate[..., None] * times)).real


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.filter = Filter(1)
        self.first = BayesLinear(24, 32)
        self.last = BayesLinear(32, 4)

    def forward(self, x):
        kernel = self.filter(12)[0]
        past = torch.fft.irfft(torch.fft.rfft(x, n=24) * torch.fft.rfft(kernel, n=24), n=24)
        past = past[:, :12]
        return self.last(functional.relu(self.first(torch.cat([x, past], dim=1))))


torch.manual_seed(0)
x, y = blobs(classes=4, noise=2.0)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 150):
    loss = functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
