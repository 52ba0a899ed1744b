# SPDX-License-Identifier: Apache-2.0
"""A sequence that is turned round and read at its first step, and one of a single step."""

import torch
from torch import nn
from toy import train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 24, batch_first=True)
        self.single = nn.LSTM(24, 24)
        self.head = nn.Linear(24, 2)

    def forward(self, x):
        out, _ = self.gru(x)
        once, _ = self.single(out.flip(1)[:, 0].unsqueeze(0))
        return self.head(once[0])


torch.manual_seed(0)
x = torch.randn(600, 6, 2)
y = (x[:, :, 0].sum(1) > 0).long()
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-2), steps=300)
