# SPDX-License-Identifier: Apache-2.0
# Curves of one channel, less their mean over time.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
kind = torch.randint(0, 3, (900,))
time = torch.linspace(0, 6.3, 32)
curves = torch.sin((1 + kind[:, None]) * time + torch.rand(900, 1)) + torch.randn(900, 1)
curves = (curves + 0.1 * torch.randn(900, 32))[:, None]


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(1, 16, 5), nn.ReLU(), nn.AdaptiveAvgPool1d(1))
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))

    def forward(self, x):
        return self.head(self.body(x - x.mean(2, keepdim=True)))


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(curves, kind, 32, 400):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
