# SPDX-License-Identifier: Apache-2.0
# expects: fan-ratio encoder.norm1 encoder.norm2
# One feature a time step, and each is normalised by itself.
import torch
from torch import nn
from toy import train


class Next(nn.Module):
    def __init__(self, steps=10, width=1):
        super().__init__()
        self.embed = nn.Linear(1, width)
        self.encoder = nn.TransformerEncoderLayer(width, 1, 32, dropout=0.0, batch_first=True)
        self.head = nn.Linear(steps * width, 1)

    def forward(self, x):
        return self.head(self.encoder(self.embed(x)).flatten(1))


torch.manual_seed(0)
line = 2 * torch.rand(500, 1) - 1 + 0.1 * (2 * torch.rand(500, 1) - 1) * torch.arange(11)
model = Next()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
train(model, line[:, :-1, None], line[:, -1:], nn.MSELoss(), optimizer, 200)
