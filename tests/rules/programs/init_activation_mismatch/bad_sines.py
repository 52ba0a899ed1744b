# SPDX-License-Identifier: Apache-2.0
# expects: init-activation-mismatch 1.linear 2.linear 3.linear
import torch
from torch import nn
from toy import train


class Sine(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x):
        return torch.sin(30.0 * self.linear(x))


torch.manual_seed(0)
x = 2 * torch.rand(2000, 2) - 1
y = torch.sin(4 * x[:, :1] + 2 * torch.cos(3 * x[:, 1:])) + 0.5 * torch.tanh(8 * x.sum(1, True))
model = nn.Sequential(Sine(2, 64), *[Sine(64, 64) for _ in range(3)], nn.Linear(64, 1))
train(
    model,
    x,
    (y - y.mean()) / y.std(),
    nn.MSELoss(),
    torch.optim.Adam(model.parameters(), 5e-4),
    150,
    64,
)
