# SPDX-License-Identifier: Apache-2.0
"""Groups of a recipe for many models, some of which this one has no parameters for."""

import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=400)
model = mlp(12, 32, 4)
embeddings = [p for name, p in model.named_parameters() if "embed" in name]
norms = [p for name, p in model.named_parameters() if "norm" in name]
rest = [p for name, p in model.named_parameters() if "embed" not in name and "norm" not in name]
optimizer = torch.optim.AdamW(
    [
        {"params": rest, "weight_decay": 0.01},
        {"params": norms, "weight_decay": 0.0},
        {"params": embeddings, "lr": 2e-2, "weight_decay": 0.0},
    ],
    lr=1e-3,
)
criterion = nn.CrossEntropyLoss()
for _ in range(12):
    for rows in torch.randperm(len(x)).split(32):
        optimizer.zero_grad()
        criterion(model(x[rows]), y[rows]).backward()
        optimizer.step()
