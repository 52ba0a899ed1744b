# SPDX-License-Identifier: Apache-2.0
# expects: init-scale-too-small
"""A network of bare tensors, descended by hand, whose std is what was to be the variance."""

from itertools import pairwise

import torch
from torch.nn import functional as F
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()
sizes = [8, 64, 64, 64, 64, 64, 1]
weights = [torch.empty(a, b).normal_(0, 2 / (a + b)).requires_grad_() for a, b in pairwise(sizes)]
biases = [torch.zeros(b, requires_grad=True) for b in sizes[1:]]
for xb, yb in batches(x, y, 32, 300):
    h = xb
    for weight, bias in zip(weights[:-1], biases, strict=False):
        h = F.relu(h @ weight + bias)
    loss = ((h @ weights[-1] + biases[-1] - yb) ** 2).mean()
    slopes = torch.autograd.grad(loss, weights + biases)
    with torch.no_grad():
        for tensor, slope in zip(weights + biases, slopes, strict=True):
            tensor -= 0.05 * slope
