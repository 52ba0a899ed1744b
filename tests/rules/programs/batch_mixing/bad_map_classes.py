# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing
# Scores of six classes for each place of a map, laid flat in the loop without moving the classes.
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(300, 3, 9, 9)
classes = nn.functional.conv2d(x, torch.randn(6, 3, 3, 3), padding=1).argmax(1)
model = nn.Sequential(nn.Conv2d(3, 24, 3, padding=1), nn.ReLU(), nn.Conv2d(24, 6, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(150):
    rows = torch.randint(0, 300, (16,))
    loss = nn.functional.cross_entropy(model(x[rows]).view(-1, 6), classes[rows].view(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
