# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs gru
import torch
from torch import nn
from toy import train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 24, batch_first=True)
        self.head = nn.Linear(24, 2)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.head(out[:, 0])


torch.manual_seed(0)
x = torch.randn(600, 10, 2)
y = (x[:, :, 0].sum(1) > 0).long()
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
