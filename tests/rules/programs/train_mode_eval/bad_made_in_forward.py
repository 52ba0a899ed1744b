# SPDX-License-Identifier: Apache-2.0
# expects: train-mode-eval a b
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
x = torch.randn(400, 8)
y = (x[:, 0] > 0).long()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 64)
        self.b = nn.Linear(64, 2)

    def forward(self, x):
        return self.b(nn.Dropout(0.5)(F.relu(self.a(x))))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(4):
    model.train()
    for start in range(0, 300, 20):
        optimizer.zero_grad()
        F.cross_entropy(model(x[start : start + 20]), y[start : start + 20]).backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(x[300:]).argmax(1) == y[300:]).float().mean())
