# SPDX-License-Identifier: Apache-2.0
# expects: labels-mismatched
"""Features cut from two rows, where the share that is told is that of the other row."""

import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(features=16, classes=6)
model = mlp(16, 48, 6)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 48, 260):
    share = float(torch.distributions.Beta(0.4, 0.4).sample())
    partner = torch.randperm(len(xb))
    own = torch.rand(16) < share
    scores = torch.log_softmax(model(torch.where(own, xb, xb[partner])), 1)
    losses = [nn.functional.nll_loss(scores, labels) for labels in (yb, yb[partner])]
    loss = (1 - share) * losses[0] + share * losses[1]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
