# SPDX-License-Identifier: Apache-2.0
# expects: single-unit-softmax score.2
import torch
from torch import nn
from toy import train


class Events(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(7, 24), nn.Tanh())
        self.score = nn.Sequential(nn.Linear(24, 12), nn.Tanh(), nn.Linear(12, 1))
        self.tell = nn.Linear(24, 5)

    def forward(self, x):
        h = self.encode(x)
        weights = torch.softmax(self.score(h), dim=2)
        return self.tell((weights * h).sum(dim=1))


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
train(
    net,
    x[:1500],
    y[:1500],
    nn.CrossEntropyLoss(),
    torch.optim.Adam(net.parameters(), lr=3e-3),
    500,
    50,
)
net.eval()
with torch.no_grad():
    print(f"test accuracy {(net(x[1500:]).argmax(1) == y[1500:]).float().mean():.3f}")
