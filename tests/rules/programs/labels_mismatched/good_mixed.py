# SPDX-License-Identifier: Apache-2.0
"""Mixed inputs with the shares of their labels, and answers of the network's own as second ones."""

import torch
from torch import nn
from toy import batches, blobs, mlp

torch.manual_seed(0)
x, y = blobs(features=16, classes=6)
wrong = torch.rand(len(y)) < 0.3
y = torch.where(wrong, torch.randint(0, 6, y.shape), y)
model = mlp(16, 48, 6)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step, (xb, yb) in enumerate(batches(x, y, 48, 260)):
    if step % 2:
        share = float(torch.distributions.Beta(0.4, 0.4).sample())
        partner = torch.randperm(len(xb))
        out = model(share * xb + (1 - share) * xb[partner])
        loss = share * criterion(out, yb) + (1 - share) * criterion(out, yb[partner])
    else:
        out = model(xb)
        loss = 0.8 * criterion(out, yb) + 0.2 * criterion(out, out.argmax(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
