# SPDX-License-Identifier: Apache-2.0
# expects: single-unit-softmax hidden.1
# Rows of all bags laid end to end, scored by a vector of the module's own, weighed, and folded.
import torch
from torch import nn
from toy import train


class Events(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(7, 24), nn.Tanh())
        self.score = nn.Parameter(torch.randn(24, 1) / 5)
        self.tell = nn.Linear(24, 5)

    def forward(self, x):
        bags, length, _ = x.shape
        h = self.hidden(x).reshape(bags * length, -1)
        weights = torch.softmax(h @ self.score, 1)
        return self.tell((h * weights).view(bags, length, -1).sum(1))


torch.manual_seed(0)
kinds = torch.randn(5, 6)
y = torch.randint(0, 5, (2000,))
x = kinds[torch.randint(0, 5, (2000, 30))] + 0.5 * torch.randn(2000, 30, 6)
at = torch.randint(0, 30, (2000,))
x[torch.arange(2000), at] = kinds[y] + 0.5 * torch.randn(2000, 6)
flag = 0.3 * torch.randn(2000, 30, 1)
flag[torch.arange(2000), at] += 3.0
x = torch.cat([x, flag], 2)
net = Events()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
train(net, x[:1500], y[:1500], nn.CrossEntropyLoss(), optimizer, 500, 50)
net.eval()
with torch.no_grad():
    print(f"test accuracy {(net(x[1500:]).argmax(1) == y[1500:]).float().mean():.3f}")
