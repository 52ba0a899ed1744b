# SPDX-License-Identifier: Apache-2.0
"""Bare tensors that begin small in a network of one hidden layer, descended by hand: it learns."""

import torch
from torch.nn import functional as F
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()
weights = [(0.02 * torch.randn(shape)).requires_grad_() for shape in ((12, 64), (64, 64), (64, 4))]
biases = [torch.zeros(width, requires_grad=True) for width in (64, 64, 4)]
moments = [torch.zeros_like(t) for t in weights + biases]
for xb, yb in batches(x, y, 32, 600):
    h = F.relu(xb @ weights[0] + biases[0])
    h = F.relu(h @ weights[1] + biases[1])
    loss = F.cross_entropy(h @ weights[2] + biases[2], yb)
    slopes = torch.autograd.grad(loss, weights + biases)
    with torch.no_grad():
        for tensor, slope, moment in zip(weights + biases, slopes, moments, strict=True):
            moment.mul_(0.9).add_(slope)
            tensor.sub_(0.1 * moment)
print(loss.item())
