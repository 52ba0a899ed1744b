# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing rnn
import torch
from torch import nn
from toy import batches


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        steps = x.reshape(x.shape[1], x.shape[0], 3)
        return self.head(self.rnn(steps)[0][-1])


torch.manual_seed(0)
x = torch.randn(600, 10, 3)
y = (x[:, :, 0].sum(1) > 0).long()
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 100):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
