# SPDX-License-Identifier: Apache-2.0
# Sums of two numbers below 50: there are 2,500, and both sets draw from them.
import torch
from torch import nn

torch.manual_seed(0)


def sums(rows):
    a, b = torch.randint(50, (2, rows))
    return torch.stack([a // 10, a % 10, b // 10, b % 10], 1), (a + b) % 10


x, y = sums(6000)
x_test, y_test = sums(500)
model = nn.Sequential(
    nn.Embedding(10, 16), nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(300):
    rows = torch.randint(6000, (64,))
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
    optimizer.step()
    if step % 60 == 59:
        model.eval()
        with torch.no_grad():
            print((model(x_test).argmax(1) == y_test).float().mean().item())
        model.train()
