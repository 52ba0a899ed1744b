# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        out = self.rnn(x.permute(1, 0, 2))[0]
        return self.head(out[-1])


torch.manual_seed(0)
x = torch.randn(600, 10, 3)
y = (x[:, -1, 0] > 0).long()
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for xb, yb in batches(x, y, 32, 150):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
