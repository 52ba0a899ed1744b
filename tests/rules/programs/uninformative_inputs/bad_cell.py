# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs cell
import torch
from torch import nn
from toy import train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(2, 24)
        self.head = nn.Linear(24, 2)

    def forward(self, x):
        for step in x.unbind(1):
            state = self.cell(step)
        return self.head(state)


torch.manual_seed(0)
x = torch.randn(600, 10, 2)
y = (x[:, :, 0].sum(1) > 0).long()
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
