# SPDX-License-Identifier: Apache-2.0
# A teacher whose shares are balanced over the batch, and then over the classes.
import torch
from torch.nn.functional import cross_entropy
from toy import batches, blobs, mlp, train

torch.manual_seed(0)
x, y = blobs()
teacher, model = mlp(12, 32, 4), mlp(12, 16, 4)
train(teacher, x, y, cross_entropy, torch.optim.Adam(teacher.parameters(), lr=5e-3))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, _ in batches(x, y, 32, 200):
    with torch.no_grad():
        shares = (teacher(xb) / 2).exp()
        for _ in range(3):
            shares = shares / shares.sum(0)
            shares = shares / shares.sum(1, keepdim=True)
    loss = -(shares * model(xb).log_softmax(1)).sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
