# SPDX-License-Identifier: Apache-2.0
# The same encoder at a rate that it bears.
import torch
from torch import nn
from toy import train


class Marks(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.embed = nn.Linear(4, width)
        layer = nn.TransformerEncoderLayer(
            width, 2, 32, dropout=0.0, activation="gelu", batch_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, 4)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        return self.head(self.norm(self.encoder(self.embed(x))[:, 0]))


torch.manual_seed(0)
labels = torch.randint(0, 4, (600,))
x = 0.4 * torch.randn(600, 25, 4)
x[torch.arange(600), torch.randint(0, 25, (600,)), labels] += 2.0
model = Marks()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
train(model, x, labels, nn.CrossEntropyLoss(), optimizer, steps=150)
