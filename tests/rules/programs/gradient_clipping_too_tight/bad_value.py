# SPDX-License-Identifier: Apache-2.0
# expects: gradient-clipping-too-tight
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
ids = torch.randint(0, 200, (800, 8))
labels = ((ids >= 100).sum(1) > 4).long()
model = nn.Sequential(
    nn.Embedding(200, 16), nn.Flatten(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 2)
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for xb, yb in batches(ids, labels, 32, 200):
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(xb), yb).backward()
    nn.utils.clip_grad_value_(model.parameters(), 1e-4)
    optimizer.step()
