# SPDX-License-Identifier: Apache-2.0
# expects: init-scale-too-small
"""Kernels and matrices of no module, in torch's optimizer."""

import torch
from torch.nn import functional as F

torch.manual_seed(0)
x = torch.randn(600, 1, 8, 8)
y = (x[:, 0, :4].sum((1, 2)) > x[:, 0, 4:].sum((1, 2))).long()
shapes = [(8, 1, 3, 3), (8, 8, 3, 3), (8, 8, 3, 3), (32, 8 * 64), (2, 32)]
weights = [(0.004 * torch.randn(shape)).requires_grad_() for shape in shapes]
bias = torch.zeros(2, requires_grad=True)
optimizer = torch.optim.SGD([*weights, bias], lr=0.05)
for _ in range(150):
    rows = torch.randint(0, 600, (32,))
    h = x[rows]
    for kernel in weights[:3]:
        h = F.relu(F.conv2d(h, kernel, padding=1))
    h = F.relu(F.linear(h.flatten(1), weights[3]))
    loss = F.cross_entropy(F.linear(h, weights[4], bias), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
