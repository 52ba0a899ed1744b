# SPDX-License-Identifier: Apache-2.0
"""The last step of two directions: of the one that runs back it is the first, which is a note."""

import torch
from torch import nn
from toy import train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 24, batch_first=True, bidirectional=True)
        self.head = nn.Linear(48, 2)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.head(out[:, -1])


torch.manual_seed(0)
x = torch.randn(600, 6, 2)
y = (x[:, :, 0].sum(1) > 0).long()
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-2), steps=300)
