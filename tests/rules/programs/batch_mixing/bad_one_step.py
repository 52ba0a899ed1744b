# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing rnn
# Rows of features get an axis for one time step behind the batch, which the layer takes for time.
import torch
from torch import nn
from toy import batches


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(6, 16)
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.rnn(x.unsqueeze(1))[0][:, -1])


torch.manual_seed(0)
x = torch.randn(600, 6)
y = (x[:, :2].sum(1) > 0).long()
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 100):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
