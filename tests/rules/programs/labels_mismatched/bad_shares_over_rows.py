# SPDX-License-Identifier: Apache-2.0
# expects: labels-mismatched
# A written-out cross entropy with a teacher whose softmax runs over the batch.
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
        shares = (teacher(xb) / 2).softmax(0)
    loss = -(shares * model(xb).log_softmax(1)).sum(1).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
