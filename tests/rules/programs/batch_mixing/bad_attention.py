# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing pool head
import torch
from torch import nn
from toy import train

AXIS = 0
torch.manual_seed(0)
x = torch.randn(600, 9, 8)
labels = (x[:, 0, 0] > 0).long()


class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.score = nn.Linear(8, 1)

    def forward(self, x):
        weights = torch.softmax(self.score(x), dim=AXIS)
        return (weights * x).sum(dim=1)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.GRU(8, 16, batch_first=True)
        self.down = nn.Linear(16, 8)
        self.pool = Pool()
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(self.pool(torch.tanh(self.down(self.mix(x)[0]))))


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train(model, x, labels, nn.CrossEntropyLoss(), optimizer, steps=300)
