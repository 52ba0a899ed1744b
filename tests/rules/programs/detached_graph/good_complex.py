# SPDX-License-Identifier: Apache-2.0
# Weights of complex numbers, as Fourier layers have them: their gradients are not measured.
import torch
from torch import nn
from toy import train

torch.manual_seed(0)


class Spectral(nn.Module):
    def __init__(self, width, modes):
        super().__init__()
        self.modes = modes
        self.weight = nn.Parameter(torch.rand(width, width, modes, dtype=torch.cfloat) / width**2)

    def forward(self, x):
        kept = torch.fft.rfft(x)[:, :, : self.modes]
        mixed = torch.einsum("bix,iox->box", kept, self.weight)
        return torch.fft.irfft(mixed, n=x.shape[-1])


class Operator(nn.Module):
    def __init__(self, width=8, modes=6):
        super().__init__()
        self.lift, self.drop = nn.Conv1d(1, width, 1), nn.Conv1d(width, 1, 1)
        self.spectral = Spectral(width, modes)
        self.beside = nn.Conv1d(width, width, 1)

    def forward(self, x):
        x = self.lift(x)
        return self.drop(nn.functional.gelu(self.spectral(x) + self.beside(x)))


grid = torch.linspace(0, 1, 32)
phase, speed = torch.rand(400, 1, 1), torch.randint(1, 4, (400, 1, 1))
x = torch.sin(6.28 * (speed * grid + phase))
y = torch.roll(x, 5, dims=2) * x + 0.3 * torch.randn(400, 1, 32)
model = Operator()
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3), 200)
