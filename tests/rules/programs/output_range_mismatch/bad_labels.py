# SPDX-License-Identifier: Apache-2.0
# expects: output-range-mismatch 2 3
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(1600, 20)
y = (x @ torch.randn(20, 6) > 1).float()
model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 6), nn.Softmax(dim=1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(300):
    rows = torch.randint(1600, (32,))
    optimizer.zero_grad()
    nn.functional.binary_cross_entropy(model(x[rows]), y[rows]).backward()
    optimizer.step()
